"""The corpus that ships with the project, and its data sheet."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from stance.model.checking import CheckReport, check
from stance.model.corpus import read_labelled
from stance.model.sheet import data_sheet, filled
from stance.statement import STANCES

DATA = Path(__file__).parents[1] / "data"
FORMS = {"reported", "act", "quote", "speech", "headline", "communique", "tweet"}
FIELDS = {"id", "scenario", "text", "stance", "tone", "form", "topic", "actors", "hard"}


@pytest.fixture(scope="module")
def corpus() -> pd.DataFrame:
    return read_labelled([DATA / "corpus"])


@pytest.fixture(scope="module")
def report() -> CheckReport:
    return check([DATA / "corpus"])


def test_the_corpus_passes_its_check(report: CheckReport) -> None:
    assert report.errors == ()


def test_near_duplicates_across_scenarios_are_rarer_than_one_in_a_thousand(report: CheckReport) -> None:
    near = [warning for warning in report.warnings if "nearly the words" in warning]
    assert len(near) < report.n / 1000, near


def test_length_and_digits_do_not_give_the_stance_away(report: CheckReport) -> None:
    for trait in ("length", "digits"):
        figures = report.predictability[trait]
        assert figures["macro_f1"] < figures["chance_macro_f1"] + 0.05, trait


def test_the_stances_are_balanced(report: CheckReport) -> None:
    assert set(report.counts) == set(STANCES)
    assert min(report.counts.values()) > 0.28 * report.n


def test_every_line_has_the_fields_that_the_sheet_names() -> None:
    for path in sorted((DATA / "corpus").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            row = json.loads(line)
            place = f"{path.name}:{number}"
            assert set(row) == FIELDS, place
            assert row["form"] in FORMS, place
            assert re.fullmatch("[0-9a-f]{12}", row["id"]), place
            assert isinstance(row["hard"], bool), place
            assert all(isinstance(actor, str) for actor in row["actors"]), place
            assert row["text"] == row["text"].strip(), place
            assert "\n" not in row["text"], place


def test_no_scenario_is_spread_over_files(corpus: pd.DataFrame) -> None:
    files = corpus.groupby("group")["file"].nunique()
    assert list(files[files > 1].index) == []


def test_the_data_sheet_is_current(corpus: pd.DataFrame) -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    current = filled(text, "counts", data_sheet(corpus), "data/README.md")
    assert text == current, "run: python -m stance.model.sheet data/README.md data/corpus"


def test_the_codebook_defines_every_stance() -> None:
    codebook = (DATA / "CODEBOOK.md").read_text(encoding="utf-8")
    assert all(f"| `{stance}` |" in codebook for stance in STANCES)
