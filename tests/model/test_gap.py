from pathlib import Path

import pytest

from stance.errors import InputError
from stance.model.corpus import read_texts
from stance.model.gap import gap

CORPUS = Path(__file__).parents[2] / "data" / "corpus"
SPOKEN = read_texts(CORPUS / "spoken.jsonl")
HISTORY = read_texts(CORPUS / "crisis-history.jsonl")


def test_two_genres_are_told_apart_by_their_words() -> None:
    report = gap(SPOKEN, HISTORY)
    assert report.n == min(len(SPOKEN), len(HISTORY))
    assert report.accuracy > 0.9
    assert report.interval[0] < report.accuracy < report.interval[1]
    assert report.p_value < 1e-6
    assert "we" in report.authored_words
    assert "of the" in report.reference_words


def test_two_halves_of_one_genre_are_not_told_apart() -> None:
    report = gap(SPOKEN[::2], SPOKEN[1::2])
    assert report.interval[0] < 0.55
    assert report.p_value > 0.01


def test_the_same_texts_and_seed_give_the_same_report() -> None:
    assert gap(SPOKEN[:100], HISTORY, seed=3) == gap(SPOKEN[:100], HISTORY, seed=3)


def test_names_do_not_tell_texts_apart() -> None:
    renamed = [text.replace("Russia", "Ruritania").replace("China", "Cathay") for text in HISTORY]
    words = gap(HISTORY, renamed).authored_words
    assert not {"russia", "china"} & set(words)


def test_repeated_texts_count_once() -> None:
    with pytest.raises(InputError, match=r"^reference: only 1 different text: give at least 20"):
        gap(SPOKEN, ["The same sentence."] * 500)


def test_the_report_reads_as_text_and_as_a_dict() -> None:
    report = gap(SPOKEN, HISTORY)
    assert report.to_text().startswith(f"told apart {report.accuracy:.3f} [")
    assert "p < 1e-16" in report.to_text()
    assert report.to_dict()["n"] == report.n
