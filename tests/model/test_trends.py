"""What rises and falls: found in tokens, as vectors, in the table."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import ModelError
from stance.model.explanation import explain
from stance.model.features import Trends
from stance.model.table import DEFAULT, Table
from stance.model.tokens import Tokenizer
from stance.model.training import train
from stance.model.trends import HEAT, NAMES, REACH, THINGS, Follower, read_directions, read_things

PIECES = ["prices", "wages", "fell", "rise", "not", "the", ",", ".", "but", "Velland", "12", "strongly", "zzxqj", "\n"]
texts = st.lists(st.one_of(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join), st.text()), max_size=6)


def encoded(statements):
    """Tokenizer, tokens, follower, and what it says of each type."""
    tokenizer = Tokenizer(["prices"])
    tokens = tokenizer.encode(statements)
    follower = Follower(read_directions() | read_things())
    return tokenizer, tokens, follower, np.array([follower.describe(s) for s in tokenizer.surfaces], np.int8)


def heat(text: str) -> dict[str, float]:
    """Of one statement the features that sum its trends up, with their counts."""
    _, tokens, follower, described = encoded([text])
    found = follower.heat(tokens, described)
    counts = np.bincount(found.features, found.values, len(HEAT))
    return {name: count for name, count in zip(HEAT, counts.tolist(), strict=True) if count}


def found(*statements: str) -> list[list[str]]:
    """For each statement its trends as ``word direction``, function words too."""
    tokenizer, tokens, follower, described = encoded(statements)
    trends = follower.follow(tokens, described)
    out: list[list[str]] = [[] for _ in statements]
    for at, rising in zip(trends.at, trends.rising, strict=True):
        out[tokens.rows[at]].append(f"{tokenizer.surfaces[tokens.types[at]]} {NAMES[rising]}")
    return out


# --- what is found


@pytest.mark.parametrize(
    ("text", "trends"),
    [
        ("prices fell", ["prices falling"]),
        ("falling prices", ["prices falling"]),
        ("prices did not fall", ["prices rising", "did rising", "not rising"]),
        ("prices rose and wages fell", ["prices rising", "and rising", "wages falling"]),
        ("prices rose, wages too", ["prices rising"]),
        ("fell but prices", []),
        ("prices talk", []),
        ("12 fell", []),
        ("", []),
    ],
)
def test_a_word_takes_the_direction_of_the_nearest_in_its_clause(text, trends):
    assert found(text) == [trends]


def test_no_direction_reaches_from_one_statement_into_the_next():
    assert found("prices", "fell", "wages") == [[], [], []]


def test_a_direction_reaches_no_further_than_it_should():
    near, far = (f"prices {'12 ' * (n - 1)}fell" for n in (REACH, REACH + 1))
    assert found(near, far) == [["prices falling"], []]


def test_names_have_no_direction():
    assert found("the Ostravan prices fell") == [["the falling", "prices falling"]]


def test_no_word_of_the_lexicon_goes_both_ways():
    directions = read_directions()
    forms = [form for forms in directions.values() for form in forms]
    assert len(forms) == len(set(forms)) > 200
    # Stems that commoner words share would turn these.
    assert not {"inflat", "price", "contract", "unemploy", "econom"} & {*directions["falling"], *directions["rising"]}


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("prices fell", {"hot falling": 1, "cooling": 1}),
        ("unemployment has fallen", {"cold falling": 1, "heating": 1}),
        ("uncertainty rose", {"cold rising": 1, "cooling": 1}),
        ("prices did not fall", {"hot rising": 1, "heating": 1}),
        ("growth slowed", {"hot falling": 1, "cooling": 1}),
        ("prices rose, but wages fell", {"hot rising": 1, "hot falling": 1, "cooling and heating": 1}),
        ("prices rose, wages rose, demand rose", {"hot rising": 2, "heating": 1}),
        ("prices rose and unemployment fell", {"hot rising": 1, "cold falling": 1, "heating": 1}),
        ("fell, prices", {}),
        ("tents fell", {}),
        ("prices", {}),
        ("", {}),
    ],
)
def test_things_that_rise_and_fall_add_up_to_heating_or_cooling(text, features):
    assert heat(text) == pytest.approx(features)


def test_what_a_thing_does_reaches_no_further_than_a_trend():
    near, far = (f"prices {'12 ' * (n - 1)}fell" for n in (REACH, REACH + 1))
    assert heat(near)
    assert not heat(far)


def test_no_thing_is_both_hot_and_cold():
    things = read_things()
    assert not {*things["hot"]} & {*things["cold"]}
    assert min(map(len, things.values())) > 30


# --- vectors


def test_a_feature_is_a_word_and_a_direction_and_function_words_are_none():
    block = Trends(min_df=1).fit(["The prices of bread fell.", "Prices rose."])
    words = {"price falling", "bread falling", "price rising"}
    assert set(block.get_feature_names_out()) == words | {"*hot falling", "*hot rising", "*cooling", "*heating"}
    one, two, none = block.transform(["Prices have not fallen.", "prices are up", "Prices!"]).toarray()
    np.testing.assert_array_equal(one, two)
    assert one.any()
    assert not none.any()


# --- in the table


@pytest.fixture(scope="module")
def trained(corpus, quick):
    return train(corpus, replace(quick, trend_weight=(0.7,)), jobs=1)


@given(texts)
def test_a_table_scores_as_the_pipeline_does(trained, texts):
    if texts:
        expected = trained.pipeline.predict_proba(texts)
        np.testing.assert_allclose(trained.table.score(texts).probabilities, expected, atol=1e-5)


@given(st.sampled_from(PIECES), texts)
def test_evidence_sums_to_the_logits_and_points_into_the_text(trained, first, texts):
    text = " ".join([first, *texts])
    p = trained.table.score([text]).probabilities[0]
    evidence = trained.table.explain([text])
    z = trained.table.arrays["bias"][:3].astype(float) + evidence.weights.sum(axis=0)
    np.testing.assert_allclose(z - z[0], np.log(p) - np.log(p[0]), atol=1e-5, rtol=1e-5)
    assert ((evidence.start >= 0) & (evidence.start < evidence.end) & (evidence.end <= len(text))).all()


def test_evidence_of_a_trend_spans_the_word_and_its_direction(trained):
    text = "Yesterday the meetings have fallen to three."
    spans = {c.feature: text[c.start : c.end] for c in explain(trained.table, text).contributions if c.kind == "trend"}
    assert spans["meetings falling"] == "meetings have fallen"
    assert not any(name.startswith("the ") for name in spans)


def test_evidence_of_what_trends_come_to_spans_thing_and_direction_or_all_of_them(trained):
    text = "Yesterday prices had fallen while wages were up again."
    evidence = trained.table.explain([text])
    spans = {name: text[a:b] for name, a, b in zip(evidence.names, evidence.start, evidence.end, strict=True)}
    assert spans["*hot falling"] == "prices had fallen"
    assert spans["*hot rising"] == "wages were up"
    assert spans["*cooling and heating"] == "fallen while wages were up"


def test_a_table_with_words_of_trends_alone_still_scores(trained, tmp_path):
    heated = np.ones_like(trained.table.arrays["heat_weights"]) * np.arange(trained.table.arrays["bias"].size)
    full = Table(trained.table.header, trained.table.arrays | {"heat_weights": heated.astype(np.float32)})
    full.save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as new:
        np.savez(tmp_path / "b.npz", **{name: new[name] for name in new.files if name not in ("heat_weights", *THINGS)})
    older = Table.load(tmp_path / "b.npz")
    p, q = (table.score(["Prices fell.", "They met."]).probabilities for table in (full, older))
    assert np.abs(p[0] - q[0]).max() > 1e-6
    np.testing.assert_allclose(p[1], q[1])
    older.save(tmp_path / "c.npz")
    assert Table.load(tmp_path / "c.npz").digest == older.digest


def test_a_table_with_trends_is_the_same_when_trained_again_and_when_loaded(trained, corpus, quick, tmp_path):
    again = train(corpus, replace(quick, trend_weight=(0.7,)), jobs=1)
    assert again.table.to_bytes() == trained.table.to_bytes()
    trained.table.save(tmp_path / "a.npz")
    assert Table.load(tmp_path / "a.npz").to_bytes() == trained.table.to_bytes()


def test_a_weight_of_0_leaves_nothing_in_the_file(small_path, trained, corpus, quick):
    parts = {"trend_weights", "trend_idf", "heat_weights", *NAMES, *THINGS}
    with np.load(small_path) as arrays:
        without = set(arrays.files)
    assert not parts & without
    assert not len(train(corpus, replace(quick, trend_weight=(0.0,)), jobs=1).table.arrays["trend_weights"])


def test_the_shipped_table_is_written_as_it_was_read():
    with np.load(io.BytesIO(Table.load().to_bytes())) as written, np.load(DEFAULT) as shipped:
        assert written.files == shipped.files  # not the bytes: another Python zips to others
        assert all(written[name].tobytes() == shipped[name].tobytes() for name in shipped.files)


@pytest.mark.parametrize(
    "change",
    [
        {"rising": None},
        {"trend_idf": None},
        {"trend_idf": lambda a: a[:-1]},
        {"trend_weights": lambda a: a[:, :-1]},
        {"trend_weights": lambda a: a[:-2]},
        {"trend_weights": lambda a: a * np.float32(np.nan)},
        {"heat_weights": None},
        {"heat_weights": lambda a: a[:-1]},
        {"heat_weights": lambda a: a[:, :-1]},
        {"hot": lambda a: a.astype(np.int64)},
        {"falling": lambda a: a.astype(np.int64)},
        {"falling": lambda a: np.full_like(a, 0xFF)},
    ],
    ids=str,
)
def test_trends_that_do_not_fit_are_refused_in_one_line(trained, tmp_path, change):
    trained.table.save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as old:
        arrays = dict(old)
    for name, value in change.items():
        arrays[name] = value(arrays[name]) if value else None
    np.savez(tmp_path / "b.npz", **{name: a for name, a in arrays.items() if a is not None})
    with pytest.raises(ModelError) as caught:
        Table.load(tmp_path / "b.npz")
    assert "\n" not in str(caught.value)
