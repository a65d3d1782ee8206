"""Two tables on the same rows: the same one twice, a better one, other labels."""

import pandas as pd
import pytest

from stance.errors import InputError, ModelError
from stance.improve.compare import compare_tables
from stance.model.corpus import read_labelled
from stance.model.sklearn import StanceClassifier

FRAME = read_labelled(["data/corpus/plain-headlines.jsonl"])
OLD, NEW, TEST = FRAME[:60], FRAME[:400], FRAME[400:]


def fitted(frame):
    return StanceClassifier(frame_weight=0.0).fit(frame["text"], frame["label"]).table_


A, B = fitted(OLD), fitted(NEW)


def test_a_model_is_no_better_than_itself() -> None:
    result = compare_tables(A, A, TEST)
    assert result.comparison.difference == 0
    assert not result.comparison.better
    assert result.differences == ()
    assert "B is not better beyond its interval" in result.to_text()


def test_more_labels_make_a_better_model() -> None:
    result = compare_tables(A, B, TEST, top=5)
    c = result.comparison
    assert c.better
    assert c.interval[0] > 0
    assert len(result.differences) == 5
    assert "B is better beyond its interval" in result.to_text()
    assert "B is worse beyond its interval" in compare_tables(B, A, TEST).to_text()
    turned = compare_tables(B, A, TEST).comparison
    assert turned.difference == pytest.approx(-c.difference)
    assert (turned.only_a, turned.only_b) == (c.only_b, c.only_a)


def test_differences_are_rows_of_the_file_with_both_predictions() -> None:
    result = compare_tables(A, B, TEST, top=3)
    for d in result.differences:
        file, line = d.place.rsplit(":", 1)
        row = TEST[(TEST["file"] == file) & (TEST["line"] == int(line))].iloc[0]
        assert (row["text"], row["label"]) == (d.text, d.truth)
        assert d.a == max(d.p_a, key=d.p_a.get)
        assert d.b == max(d.p_b, key=d.p_b.get)
    assert result.to_dict()["differing"][0]["place"] == result.differences[0].place


def test_the_order_of_labels_does_not_matter() -> None:
    from stance.model.table import Table

    order = [2, 0, 1]
    arrays = {k: v[..., order] if k.endswith(("bias", "_weights")) else v for k, v in B.arrays.items()}
    turned = Table({**B.header, "labels": [B.labels[i] for i in order]}, arrays)
    assert compare_tables(B, turned, TEST).comparison.difference == 0


def test_models_of_other_labels_are_refused() -> None:
    other = StanceClassifier(frame_weight=0.0, min_df=1).fit(["up", "down"] * 3, ["+", "-"] * 3).table_
    with pytest.raises(ModelError, match="different labels"):
        compare_tables(A, other, TEST)
    strange = TEST.assign(label="odd")
    with pytest.raises(InputError, match="unknown label 'odd'"):
        compare_tables(A, B, pd.DataFrame(strange))
