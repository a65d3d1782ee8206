"""Which statements are put first: uncertain ones, of many kinds, none twice, none that is labelled."""

import csv
import io

import numpy as np
import pytest

from stance.errors import InputError
from stance.improve.pool import Candidate, read_candidates, without, write_form
from stance.improve.suggest import choose, suggest, uncertainty, vectors
from stance.model.corpus import read_labelled, read_texts
from stance.model.sklearn import StanceClassifier

FRAME = read_labelled(["data/corpus/plain-headlines.jsonl"])
TABLE = StanceClassifier(frame_weight=0.0).fit(FRAME["text"][:200], FRAME["label"][:200]).table_
POOL = [Candidate(f"p:{i}", text) for i, text in enumerate(read_texts("data/corpus/headlines.jsonl"))]


def test_what_is_suggested_is_less_sure_than_the_rest() -> None:
    chosen = suggest(POOL, TABLE, 20)
    doubt = dict(
        zip((c.place for c in POOL), uncertainty(TABLE.score([c.text for c in POOL]).probabilities), strict=True)
    )
    assert len({c.place for c in chosen}) == 20
    assert np.mean([doubt[c.place] for c in chosen]) > np.mean(list(doubt.values())) + 0.1
    assert [doubt[c.place] for c in chosen] == sorted((doubt[c.place] for c in chosen), reverse=True)


def test_like_statements_are_not_suggested_together() -> None:
    texts = [f"The border post at gate {i} stays closed." for i in range(30)]
    texts += ["Grain ships sailed again.", "The envoy thanked her hosts.", "Rebels seized a bridge at dawn."]
    doubt = np.r_[np.full(30, 0.9), np.full(3, 0.8)]
    chosen = choose(doubt, vectors(texts), 4)
    assert {30, 31, 32} <= set(chosen.tolist())


def test_it_is_the_same_each_time() -> None:
    assert suggest(POOL, TABLE, 10) == suggest(POOL, TABLE, 10)


@pytest.mark.parametrize("n", [1, 3, 500])
def test_any_number_can_be_asked_for(n) -> None:
    pool = POOL[:50]
    assert len(suggest(pool, TABLE, n)) == min(n, sum(len(c.text.split()) >= 4 for c in pool))


def test_a_pool_of_one_sentence_in_many_copies_does_not_matter() -> None:
    pool = [Candidate(f"p:{i}", "The talks were put off again.") for i in range(9)]
    assert len(suggest(pool, TABLE, 4)) == 4


def test_nothing_to_label_is_said() -> None:
    with pytest.raises(InputError, match="no statement of 4 words or more"):
        suggest([Candidate("a:1", "Too short.")], TABLE)


def test_rows_of_tables_and_sentences_of_texts_are_read_once_each(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("text\nThey met. They spoke.\nThey  met.\n")
    (tmp_path / "b.txt").write_text("They left. they MET.")
    found = read_candidates([tmp_path / "a.csv", tmp_path / "b.txt"])
    assert [c.text for c in found] == ["They met. They spoke.", "They met.", "They left."]
    assert found[0].place == f"{tmp_path}/a.csv:2"
    assert found[2].place == f"{tmp_path}/b.txt#1"


def test_what_is_labelled_is_left_out() -> None:
    left = list(without(POOL, [POOL[0].text.upper(), "something else"]))
    assert left == POOL[1:]


def test_the_form_is_a_csv_that_training_reads_when_it_is_filled_in(tmp_path) -> None:
    file = io.StringIO()
    write_form(suggest(POOL, TABLE, 6), file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert [set(row) for row in rows] == [{"text", "stance", "tone", "place"}] * 6
    assert {row["stance"] for row in rows} == {""}
    path = tmp_path / "filled.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows({**row, "stance": "neutral"} for row in rows)
    assert set(read_labelled([path])["label"]) == {"neutral"}
