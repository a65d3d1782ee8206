import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stance.model.tokens import NAME, NEGATION_REACH, Tokenizer, common_words, grams, normal_form, pair_keys

COMMON = common_words(["the talks were held, a no one and but they will not accept ban it from threat new may us who"])
STRANGE = [
    "",
    " ",
    "\n",
    "\n\n",
    ".",
    "\ud800",
    "\x00",
    "’",
    "'s",
    "ß İ ǅ ﬁ ²",
    "٣٤ ١",
    "a\u0301",
    "word\u200bword",
    "—",
    "N't",
]

anything = st.one_of(st.text(), st.text("aA.,’' \nU1no t"), st.sampled_from(STRANGE))


def tokens(text: str, masks: bool = True) -> list[str]:
    """The tokens of one statement as they count, names as their mask."""
    tokenizer = Tokenizer(COMMON, masks=masks)
    return [NAME if t == 0 and masks else tokenizer.surfaces[t] for t in tokenizer.encode([text]).types.tolist()]


def negated(text: str) -> list[str]:
    tokenizer = Tokenizer(COMMON)
    found = tokenizer.encode([text])
    return [tokenizer.surfaces[t] for t, n in zip(found.types.tolist(), found.negated.tolist(), strict=True) if n]


# --- names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("talks with Velland were held", ["talks", "with", NAME, "were", "held"]),
        ("talks with Jane van Roe of Port Selen", ["talks", "with", NAME, "van", NAME, "of", NAME]),
        ("Jane Roe was there", [NAME, "was", "there"]),
        ("The talks were held", ["The", "talks", "were", "held"]),
        ("it ended. The Velland envoy left", ["it", "ended", ".", "The", NAME, "envoy", "left"]),
        ("it ended. Velland left", ["it", "ended", ".", NAME, "left"]),
        ("“The Ostland fleet”", ["“", "The", NAME, "fleet", "”"]),
        ("they said: The talks", ["they", "said", ":", "The", "talks"]),
        ("I will go, and I'll stay", ["I", "will", "go", ",", "and", "I'll", "stay"]),
    ],
)
def test_a_run_of_capitals_is_one_name_unless_it_opens_a_sentence_with_a_common_word(text, expected):
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the UN said", ["the", NAME, "said"]),
        ("UN talks were held", [NAME, "talks", "were", "held"]),
        ("the U.S. said", ["the", NAME, "said"]),
        ("the U.S. Navy said", ["the", NAME, "said"]),
        ("it met Gen. Roe. They left", ["it", "met", NAME, ".", "They", "left"]),
        ("it met J. K. Roe today", ["it", "met", NAME, "today"]),
        ("US may ban it", [NAME, "may", "ban", "it"]),  # though "us" is a common word
    ],
)
def test_acronyms_initials_and_abbreviations_with_stops_belong_to_the_name(text, expected):
    assert tokens(text) == expected


def test_in_a_headline_only_uncommon_words_are_names():
    assert tokens("Velland And Ostland Will Not Accept New Threat") == [
        NAME, "And", NAME, "Will", "Not", "Accept", "New", "Threat",
    ]  # fmt: skip


def test_a_name_counts_the_same_whatever_it_is():
    one, two = Tokenizer(COMMON), Tokenizer(COMMON)
    a, b = one.encode(["talks with Velland were held"]), two.encode(["talks with the Kingdom were held"])
    assert a.types[2] == b.types[3] == 0


def test_masks_can_be_left_out():
    assert tokens("talks with Jane Roe", masks=False) == ["talks", "with", "Jane", "Roe"]


# --- words, numbers, marks


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("1,500", "<number>"),
        ("3.5", "<number>"),
        ("2024", "<number>"),
        ("10th", "<number>"),
        ("can't", "not"),
        ("won’t", "not"),
        ("Velland’s", "velland"),
        ("negotiations", "negoti"),
        ("„", '"'),
        ("»", '"'),
        (",", ","),
    ],
)
def test_a_word_counts_as_its_stem_a_number_as_any_other(surface, expected):
    assert normal_form(surface) == expected


def test_numbers_and_clock_times_are_single_tokens():
    assert tokens("it sold 1,500.75 tons at 10:30.") == ["it", "sold", "1,500.75", "tons", "at", "10:30", "."]


def test_hyphenated_words_are_their_parts():
    assert tokens("a cease-fire") == ["a", "cease", "fire"]


# --- negation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("they will not accept the new ban today", ["accept", "the", "new", "ban"]),
        ("they will not accept, and the ban", ["accept"]),
        ("they will not accept but will talk", ["accept"]),
        ("they can’t accept it", ["accept", "it"]),
        ("no one will go", ["one", "will", "go"]),
        ("nobody met.", ["met"]),
        ("never again. Talks will resume", ["again"]),
        ("they accept it", []),
    ],
)
def test_a_negation_reaches_four_tokens_or_to_the_end_of_the_clause(text, expected):
    assert NEGATION_REACH == 4
    assert negated(text) == expected


def test_a_negation_does_not_reach_the_next_statement():
    tokenizer = Tokenizer(COMMON)
    found = tokenizer.encode(["they do not", "accept it"])
    assert not found.negated[found.rows == 1].any()


# --- any text


@given(st.lists(anything, max_size=8))
@example(STRANGE)
@example([])
def test_any_strings_encode_with_rows_in_order(texts):
    found = Tokenizer(COMMON).encode(texts)
    assert found.n == len(texts)
    assert len(found.types) == len(found.rows) == len(found.negated) == len(found.raw)
    assert (np.diff(found.rows) >= 0).all()
    assert len(found.rows) == 0 or 0 <= found.rows.min() <= found.rows.max() < len(texts)


@given(st.lists(anything, max_size=8))
@example(["a U.S", "talks", "They did not", "accept", "\n", "A. ", "B"])
def test_a_statement_encodes_alike_alone_and_among_others(texts):
    tokenizer = Tokenizer(COMMON)
    together = tokenizer.encode(texts)
    for row, text in enumerate(texts):
        alone = tokenizer.encode([text])
        of_row = together.rows == row
        assert together.types[of_row].tolist() == alone.types.tolist()
        assert together.negated[of_row].tolist() == alone.negated.tolist()


@given(st.lists(anything, max_size=8))
def test_a_type_number_is_the_place_of_its_surface(texts):
    tokenizer = Tokenizer(COMMON)
    tokenizer.encode(texts)
    assert [tokenizer[surface] for surface in tokenizer.surfaces] == list(range(len(tokenizer.surfaces)))


@given(st.lists(anything, max_size=8))
def test_common_words_are_sorted_and_distinct(texts):
    words = common_words(texts)
    assert words == sorted(set(words))
    assert "" not in words


@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=6), max_size=6))
def test_pairs_are_the_neighbours_of_each_statement_with_its_edges(statements):
    rows = np.repeat(np.arange(len(statements)), [len(s) for s in statements]).astype(np.int32)
    found, keys = pair_keys(rows, np.array([n for s in statements for n in s], np.int64), 6)
    expected = [(row, pair) for row, s in enumerate(statements) for pair in zip([7, *s], [*s, 7], strict=True)]
    assert [(row, divmod(key, 8)) for row, key in zip(found.tolist(), keys.tolist(), strict=True)] == expected


@given(st.text(max_size=30), st.integers(1, 4), st.integers(0, 3))
def test_grams_have_the_lengths_asked_for(word, low, more):
    marked = f"^{word.lower().replace('’', chr(39))}$"
    found = grams(word, low, low + more)
    assert all(low <= len(g) <= low + more and g in marked for g in found)
    assert len(found) == sum(max(0, len(marked) - n + 1) for n in range(low, low + more + 1))
