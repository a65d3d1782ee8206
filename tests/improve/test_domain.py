"""Recipes and football reports are flagged, diplomatic texts are not."""

from pathlib import Path

import pytest

from stance.analysis import analyse
from stance.improve.domain import NAMED, Domain, watch
from stance.model.corpus import read_labelled, read_texts
from stance.model.sklearn import StanceClassifier
from stance.model.table import Table
from stance.statement import Document
from stance.text.reading import read

TABLE = Table.load()
DOMAIN = Domain(TABLE)
OFF_TOPIC = sorted([*Path("examples/off-topic").glob("*.txt"), *Path("tests/improve/off-topic").glob("*.txt")])


def fit(path):
    return DOMAIN.fit([Path(path).read_text(encoding="utf-8")], str(path))


def test_texts_about_something_else_are_flagged() -> None:
    assert len(OFF_TOPIC) == 24
    missed = [path.name for path in OFF_TOPIC if not fit(path).outside]
    assert not missed


@pytest.mark.parametrize("path", ["examples/strait.txt", "examples/briefing.txt"])
def test_diplomatic_articles_are_not_flagged(path) -> None:
    assert not fit(path).outside


def test_the_training_data_themselves_are_near_what_is_expected() -> None:
    texts = read_texts("data/corpus/ordinary-news-mix.jsonl")
    assert abs(DOMAIN.fit(texts).distance) < 0.4
    tens = [DOMAIN.fit(texts[i : i + 10]) for i in range(0, len(texts), 10)]
    assert not any(f.outside for f in tens)


def test_an_empty_text_and_one_of_names_and_numbers_are_not_flagged() -> None:
    assert not DOMAIN.fit([]).outside
    assert not DOMAIN.fit(["", "Geneva 1954 ..."]).outside


def test_a_table_without_word_shapes_knows_its_domain_too() -> None:
    frame = read_labelled([Path("data/corpus/ordinary-news-mix.jsonl"), Path("data/corpus/ordinary-un-speeches.jsonl")])
    model = StanceClassifier(shape_weight=0.0, frame_weight=0.0, min_df=1).fit(frame["text"], frame["label"])
    domain = Domain(model.table_)
    recipe = Path("examples/off-topic/recipe-noodles.txt").read_text(encoding="utf-8")
    assert domain.fit([recipe]).distance > domain.fit(frame["text"].tolist()[:50]).distance + 1


def test_watching_changes_nothing_and_warns_of_each_strange_document() -> None:
    warnings: list[str] = []
    paths = ["examples/off-topic/recipe-lentil-soup.txt", "examples/strait.txt"]
    watched = list(watch(analyse(read(paths), TABLE), TABLE, warnings.append))
    assert watched == list(analyse(read(paths), TABLE))
    assert len(warnings) == 1
    assert warnings[0].startswith("examples/off-topic/recipe-lentil-soup.txt: unlike the texts")


def test_of_many_strange_documents_the_number_is_said() -> None:
    text = Path("examples/off-topic/recipe-noodles.txt").read_text(encoding="utf-8")
    documents = [Document(text, id=f"{i}.txt") for i in range(NAMED + 3)]
    warnings: list[str] = []
    list(watch(analyse(documents, TABLE), TABLE, warnings.append))
    assert len(warnings) == NAMED + 1
    assert warnings[-1].startswith(f"{NAMED + 3} of {NAMED + 3} documents")
