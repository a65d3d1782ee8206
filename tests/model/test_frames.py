"""Frames: matching the lexicon, reading who furthers or hinders what, and the table that carries both."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.model.features import Frames
from stance.model.frames import MOST, WAYS, Reader
from stance.model.matching import FILES, FOLDER, Lexicon, check_parts, digest, lexical_form, read_lexicon
from stance.model.tokens import Tokenizer

LEXICON = read_lexicon()
READER = Reader(LEXICON)
PARTICLES = ("down", "off", "back", "out", "up", "aside", "over", "home", "with", "away", "through", "against", "as")
WORDS = sorted(
    {
        word
        for name in FILES
        for line in (FOLDER / f"{name}.tsv").read_text("utf-8").split("\n")[1:]
        for word in line.split("\t")[0].strip("=").split()
    }
    | {"the", "a", "of", "to", "and", "but", ",", ".", "although", "were", "by", "had", "he", "Rome", "it", "that"}
)
COMMON = {word for word in WORDS if word.islower()}


def read(texts):
    """Tokens as written, and what is read in them: (statement, name, value, first token, token after the last)."""
    tokenizer = Tokenizer(COMMON)
    tokens = tokenizer.encode(texts)
    described = np.array([READER.describe(surface) for surface in tokenizer.surfaces], np.int64)
    found = READER.read(tokens, described)
    surfaces = [tokenizer.surfaces[t] for t in tokens.types]
    names = [READER.names[f] for f in found.features]
    return surfaces, tokens, list(zip(found.rows, names, found.values, found.start, found.end, strict=True))


def frames(text):
    """Names of the frames of a text, with the words that they stand on."""
    surfaces, _, found = read([text])
    return {(name, " ".join(surfaces[start:end])) for _, name, _, start, end in found}


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("They rejected the offer.", "reject>coop", "rejected the offer"),
        ("They will not reject the offer.", "rejectN>coop", "reject the offer"),
        ("They lifted the curfew.", "remove>conf", "lifted the curfew"),
        ("The curfew was lifted.", "passive:remove>conf", "curfew was lifted"),
        (
            "The talks in the northern province of the country were then called off.",
            "passive:end>coop",
            "talks in the northern province of the country were then called off",
        ),
        ("No sanctions were lifted.", "passive:removeN>conf", "sanctions were lifted"),
        ("They called the talks off.", "end>coop", "called the talks"),
        ("They called off the talks.", "end>coop", "called off the talks"),
        ("They agreed to resume talks and trade.", "restore>coop", "resume talks and trade"),
        ("They opposed the lifting of the ban.", "removeN>conf", "lifting of the ban"),
        ("They did not oppose the lifting of the ban.", "remove>conf", "lifting of the ban"),
        ("The army attacked the town.", "act-3", "attacked"),
        ("They condemned the film.", "lone-2", "condemned"),
        ("We accuse them of an attack.", "accuse-of", "accuse"),
        ("They were sorry that the army had violated the truce.", "background-", "violated the truce"),
        ("They had rejected the offer.", "background-", "rejected the offer"),
        ("They threatened to end the truce.", "threaten-to>-", "end the truce"),
        ("He called on Rome to stop the shelling.", "press:one:stop+", "called on <name> to stop the shelling"),
        ("It was no longer needed.", "still", "It was no longer needed ."),
        ("All military options are on the table.", "idiom:hawkish", "All military options"),
        ("Analysts are divided.", "neutral:analyst", "Analysts"),
    ],
)
def test_frame_is_read_with_its_span(text, name, words):
    assert (name, words) in frames(text)


@pytest.mark.parametrize(
    ("hawkish", "conciliatory"),
    [
        ("They rejected the offer.", "They accepted the offer."),
        ("They rejected talks.", "They rejected calls for a strike."),
        ("They imposed sanctions.", "They lifted sanctions."),
        ("They will not apologise.", "They will apologise."),
        ("We want peace, but we will resume the shelling.", "We resumed the shelling, but we want peace."),
        ("Although they signed the treaty, they resumed the shelling.",
         "Although they resumed the shelling, they signed the treaty."),
        ("The truce was broken.", "The siege was broken."),
        ("They refused to end the siege.", "They refused to resume the siege."),
        ("They rejected demands for a truce.", "They rejected demands for a boycott."),
        ("They vetoed a bill to lift the ban.", "They vetoed a bill to extend the ban."),
        ("They refused.", "They agreed."),
        ("No truce with them.", "No war with them."),
        ("They will not return to the table.", "They will return to the table."),
        ("They demanded an apology.", "They agreed to the demand."),
        ("They welcomed the boycott.", "They welcomed the truce."),
        ("Police kept mediators out.", "Police let mediators in."),
        ("They let no monitors in.", "They let the monitors in."),
        ("They would not settle the dispute.", "They would settle the dispute."),
        ("They rejected calls from Rome to resume talks.", "They rejected calls from Rome to resume the shelling."),
        ("He urged Rome against a truce.", "He urged Rome against a boycott."),
        ("They, although they signed a truce, resumed the shelling, he said.",
         "They, although they resumed the shelling, signed a truce, he said."),
        ("Rome must end the shelling.", "Both sides must end the shelling."),
        ("Without a truce, they resumed the shelling.", "Without a shot, they signed a truce."),
        ("They boycotted the truce.", "They boycotted the war."),
        ("They voted down the amnesty bill.", "They voted down the sanctions bill."),
        ("They vetoed a bill lifting the ban.", "They vetoed a bill imposing the ban."),
        ("Under no circumstances will we accept a truce.", "Under no circumstances will we accept a war."),
        ("They left without signing a truce.", "They left without firing a shot."),
        ("They neither apologised nor helped.", "They neither attacked nor threatened."),
        ("They approved the sanctions.", "They approved the truce."),
        ("They dropped the truce.", "They dropped the sanctions."),
        ("They ordered the shelling.", "They ordered a suspension of the shelling."),
        ("They scaled back the aid.", "They scaled back the shelling."),
        ("They embraced war.", "They dismissed talk of war."),
    ],
)  # fmt: skip
def test_pairs_that_differ_in_one_thing_have_opposite_main_directions(hawkish, conciliatory):
    assert "main-" in {name for name, _ in frames(hawkish)}
    assert "main+" in {name for name, _ in frames(conciliatory)}


def test_appeal_to_both_sides_counts_as_conciliatory_and_pressure_on_one_as_hawkish():
    assert "main+" in {n for n, _ in frames("He asked both sides to stop the shelling.")}
    assert "main-" in {n for n, _ in frames("He asked Rome to stop the shelling.")}
    assert "main+" in {n for n, _ in frames("He did not ask Rome to disarm first.")}


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("It is unclear who would attack.", "asked-", "attack"),
        ("They opened talks with those who attacked them.", "aside-", "attacked"),
        ('"We will lift the ban," he said of the siege that he resumed.', "own+", "lift the ban"),
        ("They want peace, but we will resume the shelling.", "yielded+", "want peace"),
        ("We will lift the ban if they resume talks.", "aside+", "resume talks"),
        ("They talk peace; he said they had resumed the shelling.", "own-", "resumed the shelling"),
        ("They lifted the ban and resumed the shelling.", "lead+", "lifted the ban"),
        ("We will not open the border without an apology until they apologise.", "barred", None),
    ],
)
def test_what_is_not_the_statements_own_move_is_set_apart(text, name, words):
    assert any(found == name and words in (None, span) for found, span in frames(text)), frames(text)


def test_no_name_is_a_word_of_the_lexicon():
    assert {n for n, _ in frames("They met during the spring in Peace River, home of Ban Sanctions")} <= {
        n for n, _ in frames("They met during the spring in Rome, home of Oslo")
    }


def test_lines_of_the_lexicon_have_known_classes_and_no_double():
    classes = Counter()
    for name in (*FILES, "irregular"):
        with open(FOLDER / f"{name}.tsv", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
        assert all(row[0] == row[0].strip().lower() and row[0] for row in rows)
        if name != "irregular":
            assert all(len(row) == 3 for row in rows), name
            assert max(Counter(tuple(row[:2]) for row in rows).values()) == 1, name
            classes.update(row[1] for row in rows)
    assert {"further", "hinder", "coop", "conf", "neg", "hawkish", "analyst"} <= set(classes)


def test_compiling_the_lexicon_is_deterministic():
    assert digest(read_lexicon()) == digest(LEXICON)


def match_slowly(surfaces, rows):
    """Longest entry first, from left to right, word by word: what Lexicon.match must equal, partings aside."""
    entries, forms = {}, LEXICON.parts["forms"]

    def walk(node, path):
        for edge, (entry, after) in zip(LEXICON.parts["edges"], LEXICON.parts["nodes"], strict=True):
            if edge // len(forms) == node:
                if entry:
                    entries[(*path, edge % len(forms))] = entry
                walk(after, (*path, edge % len(forms)))

    described = [LEXICON.describe(s) for s in surfaces]
    for form in {d[0] for d in described if d[2]}:
        walk(int(LEXICON.parts["roots"][form, 1]), (form,))
    out, i = [], 0
    while i < len(surfaces):
        path = [d[0] for d, row in zip(described[i:], rows[i:], strict=True) if row == rows[i]]
        sizes = [n for n in range(2, len(path) + 1) if tuple(path[:n]) in entries]
        size = max(sizes, default=1)
        entry = entries[tuple(path[:size])] if sizes else described[i][1]
        if entry:
            out.append((i, i + size, entry))
        i += size if entry else 1
    return out


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from([w for w in WORDS if w not in PARTICLES]), max_size=12), max_size=4))
def test_matching_equals_a_walk_from_left_to_right(texts):
    tokenizer = Tokenizer((), masks=False)
    tokens = tokenizer.encode([" ".join(words) for words in texts])
    described = np.array([LEXICON.describe(s) for s in tokenizer.surfaces], np.int64)
    hits = LEXICON.match(tokens.types, tokens.rows, described)
    surfaces = [tokenizer.surfaces[t] for t in tokens.types]
    found = list(zip(hits.at.tolist(), hits.end.tolist(), hits.entry.tolist(), strict=True))
    assert found == match_slowly(surfaces, tokens.rows.tolist())


def test_forms_of_a_word_are_one():
    assert {lexical_form(w, {}) for w in ("Mobilize", "mobilise", "mobilising", "mobilized")} == {"mobilis"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=40), max_size=6))
def test_any_batch_reads_as_its_statements_one_by_one(texts):
    _, tokens, found = read(texts)
    starts = np.searchsorted(tokens.rows, np.arange(len(texts)))
    expected = []
    for row, text in enumerate(texts):
        tokenizer = Tokenizer(COMMON)
        alone = tokenizer.encode([text])
        described = np.array([READER.describe(s) for s in tokenizer.surfaces], np.int64)
        r = READER.read(alone, described)
        expected += [(row, READER.names[f], v, s + starts[row], e + starts[row])
                     for f, v, s, e in zip(r.features, r.values, r.start, r.end, strict=True)]  # fmt: skip
    assert sorted(found) == sorted(expected)
    for row, _, value, start, end in found:
        assert 0 <= start < end <= len(tokens.types)
        assert (tokens.rows[start:end] == row).all()
        assert value > 0


def test_counts_are_cut_and_all_occurrences_share_the_loss():
    tokenizer = Tokenizer(["they", "rejected", "talks", "offers", "and"])
    tokens = tokenizer.encode(["rejected talks. " * 5])
    described = np.array([READER.describe(s) for s in tokenizer.surfaces], np.int64)
    counted = READER.read(tokens, described).counted()
    values = counted.values[counted.features == READER.names.index("reject>coop")]
    np.testing.assert_allclose(values, [MOST / 5] * 5)


def test_a_reading_knows_which_way_its_statement_goes():
    tokenizer = Tokenizer(["they", "rejected", "accepted", "the", "talks", "a", "threat", "but", "it", "rains"])
    tokens = tokenizer.encode(["They rejected the talks.", "It rains.", "They rejected talks, but accepted the talks."])
    described = np.array([READER.describe(s) for s in tokenizer.surfaces], np.int64)
    for found in (READER.read(tokens, described), READER.read(tokens, described).counted()):
        ways = [{WAYS[way] for way in found.ways[found.rows == row]} for row in range(3)]
        assert ways == [{"toward conflict"}, {"neither way"}, {"toward cooperation"}]


def test_block_counts_each_frame_once_more_by_the_way_of_its_statement():
    texts = ["They rejected the offer.", "They rejected the offer, but accepted the talks.", "It rains."]
    plain, whole = Frames(ways=0, min_df=1).fit(texts), Frames(ways=0.5, min_df=1).fit(texts)
    n = len(plain.get_feature_names_out())
    names = whole.get_feature_names_out().tolist()
    X = whole.transform(texts).toarray()
    np.testing.assert_array_equal(X[:, :n], plain.transform(texts).toarray())
    assert X[:, n:].sum() == pytest.approx(0.5 * X[:, :n].sum())
    assert X[:, names.index("reject>coop toward conflict")].tolist() == [0.5, 0, 0]
    yielded = [name for name in names if name.startswith("yielded-")]
    assert yielded == ["yielded-", "yielded- toward cooperation"]


def test_block_keeps_frames_found_often_enough_and_names_them():
    texts = ["They rejected the offer.", "They rejected talks.", "They lifted the curfew."]
    block = Frames(min_df=2).fit(texts)
    names = block.get_feature_names_out().tolist()
    assert "reject>coop" in names
    assert "remove>conf" not in names
    X = block.transform([*texts, ""])
    assert X.shape == (4, len(names))
    assert X[:, names.index("reject>coop")].toarray().ravel().tolist() == [1, 1, 0, 0]
    assert X[3].nnz == 0


@pytest.mark.parametrize(
    "change",
    [
        {"cue_list": np.array([10_000], np.int32)},
        {"edges": LEXICON.parts["edges"][::-1].copy()},
        {"edges": LEXICON.parts["edges"].astype(np.int32)},
        {"roots": LEXICON.parts["roots"] - 1},
        {"entries": LEXICON.parts["entries"] * 50},
        {"entries": LEXICON.parts["entries"][:, :3].copy()},
        {"cue_start": LEXICON.parts["cue_start"][:-1].copy()},
        {"irregular": ["nothing"]},
        {"kinds": [""]},
    ],
)
def test_lexicon_from_outside_is_refused_when_it_makes_no_sense(change):
    check_parts(LEXICON.parts)
    with pytest.raises(ValueError, match="lexicon makes no sense"):
        check_parts({**LEXICON.parts, **change})


def test_lexicon_has_no_persons_and_only_plain_text():
    for path in sorted(Path(FOLDER).glob("*.tsv")):
        assert path.read_bytes().decode("utf-8").endswith("\n")
    assert isinstance(LEXICON, Lexicon)
