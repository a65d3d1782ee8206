import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from stance.errors import InputError
from stance.model.calibration import kept_evaluations
from stance.model.corpus import digest, groups, split
from stance.model.params import Params
from stance.model.regression import fit_shares
from stance.model.search import fit_classifier, make_blocks, make_folds
from stance.model.table import Table
from stance.model.training import train
from stance.report.card import card

VERBS = {
    "yes": ["accepts", "welcomes", "signs"],
    "no": ["rejects", "refuses", "attacks"],
    "maybe": ["studies", "counts"],
}
CORPUS = Path(__file__).parents[2] / "data" / "corpus" / "ordinary-news-mix.jsonl"
THINGS = ["offer", "treaty", "pact", "plan", "border", "list", "bill", "port"]


def frame(labels: Sequence[str] = ("yes", "no"), **columns) -> pd.DataFrame:
    """Some plain labelled statements, none near another."""
    rows = [
        {"text": f"The council {verb} the {thing} with {i} {other}s and {verb[::-1]}", "label": label}
        for label in labels
        for i, (verb, thing, other) in enumerate(
            (v, t, o) for v in VERBS[label] for t, o in zip(THINGS, THINGS[3:] + THINGS[:3], strict=True)
        )
    ]
    return pd.DataFrame(rows).assign(file="votes.csv", line=range(2, len(rows) + 2), **columns)


def refusal(rows: pd.DataFrame, params: Params) -> str:
    with pytest.raises(InputError) as caught:
        train(rows, params, jobs=1)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- the same data, the same table


def test_training_again_in_another_process_gives_the_same_bytes(small_path, quick, tmp_path):
    code = f"""
import sys
from pathlib import Path
from stance.model.corpus import read_labelled
from stance.model.params import Params
from stance.model.search import make_folds
from stance.model.training import train
frame = read_labelled([Path({str(CORPUS)!r})])
train(frame, {quick!r}, jobs=1).table.save(sys.argv[1])
"""
    again = tmp_path / "again.npz"
    # Other hashes of strings.
    settings = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", code, str(again)], check=True, env=settings)
    assert again.read_bytes() == small_path.read_bytes()


def test_the_header_says_what_the_table_was_made_of(small, corpus):
    header = small.table.header
    assert header["corpus"] == {"digest": digest(corpus), "rows": len(corpus), "groups": groups(corpus).nunique()}
    assert header["counts"] == corpus["label"].value_counts().to_dict()
    assert header["chosen"] == small.chosen
    assert set(header["versions"]) == {"stance", "python", "numpy", "scipy", "scikit-learn"}
    assert header["metrics"]["test"]["macro_f1"] == small.evaluations["test"].macro_f1


def test_it_is_measured_by_kinds_of_rows_and_the_card_of_the_table_shows_them(quick, tmp_path):
    rows = frame(("yes", "no", "maybe"))
    rows["desk"] = ["north", "south"] * (len(rows) // 2)
    rows["id"] = [f"row {i}" for i in range(len(rows))]
    result = train(rows, quick, jobs=1)
    for evaluation in result.evaluations.values():
        assert set(evaluation.slices) == {"desk"}
        assert sum(row["n"] for row in evaluation.slices["desk"].values()) == evaluation.n
    result.table.save(tmp_path / "desks.npz")
    header = Table.load(tmp_path / "desks.npz").header
    assert re.search(r"cross-validation \| desk \| north \| \d+ \| .* to ", card(header, kept_evaluations(header)))


# --- label smoothing


def certainty(smoothing: float) -> float:
    """Mean confidence in rows that it has learnt, none of them unclear."""
    rows = frame(("yes", "no", "maybe"))
    table = train(rows, Params(smoothing=smoothing, C=(30.0,), folds=2), jobs=1).table
    return float(table.score(rows["text"].tolist()).probabilities.max(axis=1).mean())


def test_smoothed_labels_leave_doubt_and_the_temperature_does_not_take_it_away():
    assert certainty(0.0) > 0.95
    assert 0.75 < certainty(0.2) < 0.9


@pytest.mark.parametrize(
    ("meaning_weight", "tol", "share"),
    [
        (0.0, 1e-6, 0.05),
        (0.5, 2e-4, 0.001),
    ],  # ours stops earlier; word vectors take longest, so there both stop as early
)
def test_without_smoothing_it_is_the_logistic_regression_of_scikit_learn(meaning_weight, tol, share):
    rows = frame(("yes", "no", "maybe"))
    blocks = make_blocks(Params(meaning_weight=(meaning_weight,)))
    X, truth = blocks.fit_transform(rows["text"].tolist()), rows["label"].to_numpy(str)
    ours = fit_classifier(X, truth, 3.0, 0.0, Params(smoothing=0)).coef_
    theirs = LogisticRegression(C=3.0, class_weight="balanced", tol=tol, max_iter=1000).fit(X, truth).coef_
    assert np.abs(ours - theirs).max() < share * np.abs(theirs).max()


@pytest.mark.parametrize("labels", [("a", "b", "c"), ("a", "b")])
def test_shares_of_labels_give_what_copies_of_the_rows_give_in_scikit_learn(labels):
    rng = np.random.default_rng(0)
    X = sp.random(200, 30, 0.3, format="csr", dtype=np.float32, random_state=0)
    targets = rng.dirichlet(np.ones(len(labels)), 200) * rng.uniform(0.5, 2, (200, 1))
    ours = fit_shares(X, targets, np.array(labels), C=2.0, tol=1e-7)
    theirs = LogisticRegression(C=2.0, tol=1e-7, max_iter=5000)
    theirs.fit(sp.vstack([X] * len(labels)), np.repeat(labels, 200), sample_weight=targets.T.ravel())
    assert np.abs(ours.coef_ - theirs.coef_).max() < 0.005
    assert np.abs(ours.predict_proba(X) - theirs.predict_proba(X)).max() < 0.002
    assert ours.classes_.tolist() == theirs.classes_.tolist()


# --- groups


def test_a_scenario_is_never_on_both_sides(corpus, small):
    learn, test = split(corpus)
    assert set(learn["group"]).isdisjoint(test["group"])
    assert small.evaluations["test"].n == len(test)
    assert small.evaluations["cross-validation"].n == len(learn)


def test_near_duplicates_stay_together_where_no_group_is_given():
    twins = pd.concat([frame(), frame().assign(text=lambda f: f["text"] + " today")], ignore_index=True)
    ids = groups(twins).tolist()
    assert ids[: len(ids) // 2] == ids[len(ids) // 2 :]
    learn, test = split(twins)
    assert {text.removesuffix(" today") for text in learn["text"]}.isdisjoint(
        text.removesuffix(" today") for text in test["text"]
    )


def test_folds_keep_groups_together(quick):
    truth = np.array(["yes", "no"] * 30)
    ids = np.array([f"g{i // 4}" for i in range(60)])
    for learn, test in make_folds(truth, ids, replace(quick, folds=5)):
        assert set(ids[learn]).isdisjoint(ids[test])


# --- data that cannot train a model


def test_one_label_is_refused(quick):
    assert "only one label, 'yes'" in refusal(frame(["yes"]), quick)


def test_no_rows_are_refused(quick):
    assert "no rows" in refusal(frame()[:0], quick)


def test_a_label_with_one_row_is_refused(quick):
    rows = frame()
    lone = rows.iloc[[0]].assign(label="maybe", text="It studies the question")
    assert "only 1 row labelled 'maybe'" in refusal(pd.concat([rows, lone], ignore_index=True), quick)


def test_one_group_for_all_is_refused(quick):
    assert "one scenario" in refusal(frame(group="same"), quick)


def test_one_group_for_each_label_is_refused(quick):
    rows = frame()
    assert "all rows labelled 'no' belong to one group" in refusal(rows.assign(group=rows["label"]), quick)


def test_two_rows_of_each_label_are_enough(quick):
    rows = frame().groupby("label").head(2)
    training = train(rows, quick, jobs=1)
    assert training.table.labels == ("no", "yes")


def test_too_few_rows_for_a_test_leave_it_out(quick):
    rows = frame().groupby("label").head(2)
    assert list(train(rows, quick, jobs=1).evaluations) == ["cross-validation"]


# --- tone


def test_without_tone_there_is_no_tone_head(quick):
    training = train(frame(), quick, jobs=1)
    assert not training.table.has_tone
    assert training.table.score(["It rejects the offer"]).tone is None


def test_tone_may_be_missing_in_some_rows(quick):
    tone = frame()["label"].map({"yes": 1.5, "no": -2.0})
    training = train(frame(tone=tone.where(tone.index % 3 > 0)), quick, jobs=1)
    friendly, harsh = training.table.score(["It welcomes the treaty", "It attacks the treaty"]).tone
    assert harsh < friendly


@pytest.mark.parametrize("known", [0, 1])
def test_fewer_than_two_tones_are_as_none(quick, known):
    tone = np.full(len(frame()), np.nan)
    tone[:known] = 1.0
    assert not train(frame(tone=tone), quick, jobs=1).table.has_tone


@pytest.mark.parametrize("side", ["learn", "test"])
def test_tone_on_one_side_of_the_test_only_is_no_crash(quick, side):
    rows = frame(["yes", "no", "maybe"])
    learn, test = split(rows)
    chosen = learn if side == "learn" else test
    rows["tone"] = np.where(rows.index.isin(chosen.index), 1.0, np.nan)
    training = train(rows, quick, jobs=1)
    assert training.table.has_tone == (side == "learn")


# --- labels and parameters


@pytest.mark.parametrize("labels", [("yes", "no"), ("yes", "no", "maybe")])
def test_labels_of_ones_own_are_learnt(quick, labels):
    table = train(frame(labels), quick, jobs=1).table
    assert table.labels == tuple(sorted(labels))
    for label in labels:
        p = table.score([f"The council {VERBS[label][0]} the treaty"]).probabilities[0]
        assert table.labels[p.argmax()] == label


def test_without_refit_the_rows_kept_aside_stay_unseen(corpus, quick):
    table = train(corpus.iloc[:200], replace(quick, refit=False), jobs=1).table
    assert table.header["rows"] == len(split(corpus.iloc[:200])[0])


def test_the_search_tries_every_candidate_and_takes_the_best(quick):
    training = train(frame(), replace(quick, C=(0.001, 10.0), shape_weight=(1.0, 0.5)), jobs=1)
    best = max(training.tried, key=lambda row: row["macro_f1"])
    assert training.chosen["C"] == best["C"]
    assert {row["C"] for row in training.tried} == {0.001, 10.0}


def test_progress_counts_up_to_its_total(quick):
    steps = []
    train(frame(), quick, jobs=1, progress=lambda done, total, what: steps.append((done, total, what)))
    assert [done for done, _, _ in steps] == list(range(len(steps)))
    assert all(done <= total and what for done, total, what in steps)
    assert steps[-1][2] == "done"


def test_about_goes_into_the_header(quick):
    assert train(frame(), quick, jobs=1, about={"name": "votes"}).table.header["name"] == "votes"


@pytest.mark.parametrize("text", ["", " ", "\n", "…", "x" * 3000])
def test_strange_texts_among_the_rows_are_no_crash(quick, text):
    rows = frame()
    rows.loc[0, "text"] = text
    table = train(rows, quick, jobs=1).table
    assert np.isfinite(table.score([text]).probabilities).all()


def test_a_trained_table_survives_its_file(quick, tmp_path):
    table = train(frame(["yes", "no", "maybe"]), quick, jobs=1).table
    table.save(tmp_path / "votes.npz")
    loaded = Table.load(tmp_path / "votes.npz")
    assert loaded.header == table.header | {"params": loaded.header["params"]}
    assert loaded.digest == table.digest
