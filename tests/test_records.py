from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.errors import InputError
from stance.records import find_files, parse, read_records

ROWS = [{"text": "The talks resumed, the envoy said.", "stance": "conciliatory"}, {"text": "b", "stance": None}]


def test_csv_and_tsv_and_jsonl_and_parquet_give_the_same_records(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,stance\n"The talks resumed, the envoy said.",conciliatory\nb,\n')
    (tmp_path / "b.tsv").write_text("text\tstance\nThe talks resumed, the envoy said.\tconciliatory\nb\t\n")
    lines = '{"text": "The talks resumed, the envoy said.", "stance": "conciliatory"}\n{"text":"b","stance":null}'
    (tmp_path / "c.jsonl").write_text(lines)
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "d.parquet")
    for file in find_files([tmp_path]):
        assert [dict(record.fields) for record in read_records(file)] == ROWS, file.name


def test_a_record_knows_the_line_it_begins_on() -> None:
    text = 'text,stance\r\n\r\n"one\r\ntwo",neutral\r\nthree,neutral\r\n'
    assert [record.line for record in parse(text, ".csv", "a.csv")] == [3, 5]


def test_quotation_marks_of_an_unquoted_tsv_belong_to_the_text() -> None:
    records = parse('text\tstance\n"We agree," he said.\tconciliatory\n', ".tsv", "a.tsv")
    assert records[0].fields["text"] == '"We agree," he said.'


def test_json_strings_may_hold_line_separators_of_unicode() -> None:
    assert len(parse('{"text": "one\u2028two"}\n{"text": "three"}\n', ".jsonl", "a.jsonl")) == 2


def test_an_unnamed_first_column_is_kept_under_its_number() -> None:
    assert list(parse(",text\n0,a\n", ".csv", "a.csv")[0].fields) == ["column 1", "text"]


@pytest.mark.parametrize(
    ("kind", "text", "what"),
    [
        (".csv", "text,stance\na,neutral\nWell, no,neutral\n", "f:3: 3 cells under a header of 2"),
        (".csv", 'text,stance\na,neutral\n"We" agree,neutral\n', "f:3: broken quoting"),
        (".csv", 'text,stance\na,neutral\n"We agree,neutral\n', "f:3: broken quoting"),
        (".csv", "text,text\na,b\n", "f:1: two columns named 'text'"),
        (".jsonl", '{"text": "a"}\n{"text": "b"\n', "f:2: broken JSON"),
        (".jsonl", '{"text": "a"}\n["b"]\n', "f:2: JSON, but not an object"),
        (".jsonl", '{"a":' * 100_000, "f:1: JSON nested too deep"),
    ],
)
def test_broken_rows_are_refused_with_their_line(kind: str, text: str, what: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse(text, kind, "f")
    assert str(refusal.value).startswith(what)


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("gone.csv", None, "no such file"),
        ("a.csv", b" \n", "empty file"),
        ("a.csv", b"text,stance\n", "no rows"),
        ("a.docx", b"words", "unknown kind of file '.docx'"),
        ("a", b"words", "a file name without an ending"),
        ("a.parquet", b"PAR1 not", "not a sound parquet file"),
        ("a.csv", b"PAR1 not", "not text but a parquet file"),
    ],
)
def test_unusable_files_are_refused_by_name(tmp_path: Path, name: str, data: bytes | None, what: str) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError) as refusal:
        read_records(path)
    assert str(refusal.value).startswith(f"{path}: {what}")
    assert refusal.value.remedy


def test_folders_give_their_data_files_in_order_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.csv", "a.jsonl", ".hidden.csv", "README.md"):
        (tmp_path / name).write_text("x")
    (tmp_path / "sub.csv").mkdir()
    assert [path.name for path in find_files([tmp_path])] == ["a.jsonl", "b.csv"]


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a folder without data: put \.csv, \.tsv"):
        find_files([tmp_path])
