"""The public face: what `import stance` gives, what it costs, and what it refuses."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stance
from stance.analysis import analyse
from stance.errors import InputError, ModelError, UsageError
from stance.model.table import DEFAULT, Table
from stance.statement import Document

ARTICLE = Path("examples/strait.txt")
MODEL = stance.load()


def test_importing_stance_loads_none_of_its_rooms_and_no_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import stance; "
        "print(sorted(m for m in set(sys.modules) - before if m not in ('stance', '__future__')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.strip()
    assert "stance." not in loaded
    assert "numpy" not in loaded


def test_scoring_loads_no_heavy_library() -> None:
    code = (
        "import sys, stance; stance.load().score('They left.'); "
        "print([m for m in ('sklearn', 'scipy', 'pandas', 'mlflow', 'rich', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_exported_name_is_there_and_no_other() -> None:
    assert all(getattr(stance, name) is not None for name in stance.__all__)
    assert set(stance.__all__) <= set(dir(stance))
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        stance.lode  # noqa: B018


def test_texts_are_scored_one_statement_each() -> None:
    texts = ["We are ready to meet. We will come.", "", "They threatened war."]
    said = MODEL.score(texts)
    assert [s.statement.text for s in said] == texts
    assert [s.statement.index for s in said] == [0, 1, 2]
    expected = Table.load().score(texts)
    assert np.allclose([list(s.probabilities.values()) for s in said], expected.probabilities, atol=1e-6)
    assert MODEL.score("They threatened war.")[0].stance == said[2].stance


def test_a_series_and_a_generator_of_texts_are_scored() -> None:
    texts = pd.Series(["They left.", "They came."], index=[7, 3])
    assert MODEL.score(texts).to_frame().equals(MODEL.score(t for t in texts).to_frame())


@pytest.mark.parametrize("wrong", [None, math.nan, 3, b"bytes"])
def test_what_is_no_text_is_refused_with_its_number(wrong) -> None:
    with pytest.raises(InputError, match="text 2: no text but"):
        MODEL.score(["fine", wrong])


FRAME = pd.DataFrame({"id": [1, 2], "text": ["They left.", "They came."]})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (FRAME, r"not DataFrame of shape \(2, 2\): give the column that holds the texts"),
        (FRAME[["text"]], "give the column"),
        (FRAME[["text"]].to_numpy(), r"not ndarray of shape \(2, 1\): give the column"),
        ({"text": "They left."}, "not dict: give what of it is text"),
        (ARTICLE, r"give what the file holds, or the path to statements\(\)"),
        (b"They left.", "decode it"),
        (None, "not None: give a string, or several"),
        (5, "not int: give a string, or several"),
        (np.array("They left."), "give a string, or several"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_holds_no_texts_is_refused_with_what_to_give_instead(given, told) -> None:
    with pytest.raises(InputError, match=f"^texts: strings are wanted, .*{told}"):
        MODEL.score(given)


def test_all_that_holds_texts_in_one_row_is_scored() -> None:
    column = FRAME["text"]
    expected = MODEL.score(column.tolist())
    for texts in (
        tuple(column),
        column,
        column.to_numpy(),
        np.array(list(column)),
        iter(column),
        dict(column).values(),
    ):
        assert MODEL.score(texts) == expected


@pytest.mark.parametrize("wrong", [["They left."], FRAME, None, ARTICLE])
def test_what_is_not_one_text_is_not_explained(wrong) -> None:
    with pytest.raises(InputError, match=r"text: one is wanted, not .*: give one string"):
        MODEL.explain(wrong)


@pytest.mark.parametrize("wrong", [[ARTICLE], ["They left."], FRAME, None, 5])
def test_what_is_not_one_document_is_not_cut(wrong) -> None:
    with pytest.raises(InputError, match=r"document: one is wanted, not .*: give a text, a Path or a Document"):
        MODEL.statements(wrong)


def test_a_string_is_a_text_even_where_a_file_has_that_name() -> None:
    assert [s.statement.text for s in MODEL.statements(str(ARTICLE))] == [str(ARTICLE)]


def test_wrong_settings_are_refused_by_each_way_in() -> None:
    for call in (MODEL.score, MODEL.statements):
        with pytest.raises(UsageError, match="min_confidence: 60 is no probability: give a number from 0 to 1"):
            call("They left.", min_confidence=60)
        with pytest.raises(UsageError, match=r"min_confidence: '0.6' is no probability"):
            call("They left.", min_confidence="0.6")
        assert call("They left.", min_confidence=np.float32(0.1))
    with pytest.raises(UsageError, match="unit: there is no 'paragraph': choose sentence or line"):
        MODEL.statements("They left.", unit="paragraph")
    with pytest.raises(ModelError, match="model: a model is wanted, not int"):
        stance.load(5)


def test_a_document_gives_the_statements_that_the_command_line_gives() -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    expected = list(analyse([Document(text, id="text")], MODEL.table))
    assert MODEL.statements(text) == expected
    assert [s.statement.text for s in MODEL.statements(ARTICLE)] == [s.statement.text for s in expected]
    named = MODEL.statements(Document(text, id="strait"))
    assert {s.statement.document for s in named} == {"strait"}
    assert all(text[s.statement.start : s.statement.end] == s.statement.text for s in named)


def test_less_sure_statements_are_uncertain() -> None:
    said = MODEL.statements(ARTICLE, min_confidence=0.9)
    assert all((s.stance == stance.UNCERTAIN) == (s.confidence < 0.9) for s in said)
    assert any(s.stance == stance.UNCERTAIN for s in said)


def test_a_frame_has_a_row_for_each_statement() -> None:
    said = MODEL.statements(ARTICLE)
    frame = said.to_frame()
    assert len(frame) == len(said)
    assert frame[[f"p_{label}" for label in MODEL.labels]].sum(axis=1).sub(1).abs().max() < 1e-5
    assert frame["tone"].between(-3, 3).all()
    assert said[2:4].to_frame().equals(frame[2:4].reset_index(drop=True))
    assert said[2] == list(said)[2]
    none = stance.ScoredStatements().to_frame()
    assert none.empty
    assert [c for c in frame if not c.startswith("p_")] == list(none)


def test_a_model_can_be_a_path_or_the_default() -> None:
    assert stance.load(DEFAULT).labels == stance.load(str(DEFAULT)).labels == MODEL.labels
    assert "conciliatory" in repr(MODEL)
    with pytest.raises(ModelError, match=r"nowhere\.npz: cannot read the model"):
        stance.load("nowhere.npz")


def test_explaining_says_the_same_as_scoring() -> None:
    text = "They will not accept the offer, but they would meet if the siege is lifted."
    why, scored = MODEL.explain(text), MODEL.score(text)[0]
    assert why.stance == scored.stance
    assert why.probabilities == pytest.approx(dict(scored.probabilities), abs=1e-6)
