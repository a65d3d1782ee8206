import csv
import io
import json
import re

import pytest

from stance.errors import UsageError
from stance.report.charts import save
from stance.report.overview import write
from stance.report.summary import summarize, trace
from stance.statement import ScoredStatement, Statement

SPEAKERS = ("the envoy", "министр $x$ [bold]\x1b[31m")
DATES = {f"d{n}": f"2024-0{n}-10" for n in range(1, 6)}


def statements() -> list[ScoredStatement]:
    rows = []
    for n, document in enumerate(DATES):
        for i in range(12):
            text = f"Statement {i} of {document}."
            p = (
                {"conciliatory": 0.1, "hawkish": 0.8, "neutral": 0.1}
                if n > 2
                else {"conciliatory": 0.9, "hawkish": 0.1}
            )
            statement = Statement(document, i, text, 40 * i, 40 * i + len(text), 0, 1, "quote", SPEAKERS[i % 2])
            rows.append(ScoredStatement(statement, max(p, key=p.get), max(p.values()), p, -1.5 + n))
    return rows


def written(rows, form):
    file = io.StringIO()
    write(rows, file, form=form, title="speaker")
    return file.getvalue()


def test_the_table_shows_index_interval_and_where_the_furthest_statements_stand():
    shown = written(summarize(statements(), "speaker"), "table")
    assert "the envoy" in shown
    assert "-0.20 (-0.93 to +0.66)" in shown
    assert re.search(r"the envoy +hawkish +d4, 0-18 +Statement 0 of d4\.", shown)
    assert "\x1b[31m" not in shown
    assert "[bold]" in shown


def test_the_table_says_that_copies_were_counted_once():
    rows = statements()
    copy = Statement("copy", 0, rows[0].statement.text, 0, 1, 0, 1, "quote", SPEAKERS[0])
    again = ScoredStatement(copy, rows[0].stance, rows[0].confidence, rows[0].probabilities)
    assert "1 statement repeats other documents" in written(summarize([*rows, again]), "table")


def test_shifts_are_named_in_the_table():
    assert "toward confrontation" in written(trace(statements(), DATES), "table")


@pytest.mark.parametrize("rows", [summarize(statements(), "speaker"), trace(statements(), DATES)])
def test_csv_and_json_hold_the_same_figures(rows):
    records = list(csv.DictReader(io.StringIO(written(rows, "csv"))))
    objects = json.loads(written(rows, "json"))
    assert [json.loads(line) for line in written(rows, "jsonl").splitlines()] == objects
    assert len(records) == len(objects) == len(rows)
    for record, one in zip(records, objects, strict=True):
        assert float(record["index"]) == one["index"]["value"]
        assert float(record["index_low"]) == one["index"]["low"]
        for label, share in one.get("shares", {}).items():
            assert float(record[f"share_{label}"]) == share


def test_nothing_is_written_without_rows():
    assert written([], "table") == ""
    assert json.loads(written([], "json")) == []
    assert written([], "jsonl") == ""


@pytest.mark.parametrize("ending", [".png", ".svg"])
@pytest.mark.parametrize("by", ["speaker", "date", "course"])
def test_pictures_are_whole_and_the_same_each_time(tmp_path, ending, by):
    rows = trace(statements(), DATES) if by == "course" else summarize(statements(), by, dates=DATES)
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    save(rows, first, by=by)
    save(rows, second, by=by)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"\x89PNG" if ending == ".png" else b"<?xml")
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_a_picture_without_rows_is_empty_but_drawn(tmp_path):
    save([], tmp_path / "a.svg")
    assert (tmp_path / "a.svg").exists()


def test_other_endings_and_folders_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no picture ends in"):
        save([], tmp_path / "a.gif")
    with pytest.raises(UsageError, match="cannot be written"):
        save([], tmp_path / "nowhere" / "a.png")
