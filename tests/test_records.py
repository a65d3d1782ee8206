from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.errors import InputError
from stance.records import find_files, read_records

ROWS = [{"text": "The talks resumed, the envoy said.", "stance": "conciliatory"}, {"text": "b", "stance": None}]


def test_all_kinds_of_files_give_the_same_records(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,stance\n"The talks resumed, the envoy said.",conciliatory\nb,\n')
    (tmp_path / "b.tsv").write_text("text\tstance\nThe talks resumed, the envoy said.\tconciliatory\nb\t\n")
    lines = '{"text": "The talks resumed, the envoy said.", "stance": "conciliatory"}\n{"text":"b","stance":null}'
    (tmp_path / "c.jsonl").write_text(lines)
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "d.parquet")
    files = find_files([tmp_path])
    assert [file.name for file in files] == ["a.csv", "b.tsv", "c.jsonl", "d.parquet"]
    for file in files:
        assert [dict(record.fields) for record in read_records(file)] == ROWS, file.name


def test_a_file_that_is_named_twice_or_lies_in_a_folder_named_too_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\na\n")
    (tmp_path / "b.csv").write_text("text\nb\n")
    named = [tmp_path / "b.csv", tmp_path, tmp_path / "b.csv"]
    assert [file.name for file in find_files(named)] == ["b.csv", "a.csv"]


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("gone.csv", None, "no such file"),
        ("a.csv", b"", "empty file"),
        ("a.csv", b" \n", "no rows"),
        ("a.csv", b"text,stance\n", "no rows"),
        ("a.docx", b"words", "unknown kind of file '.docx'"),
        ("a", b"words", "a file name without an ending"),
        ("a.parquet", b"PAR1 not", "damaged Parquet file"),
        ("a.csv", b"PAR1 not", "not text but a Parquet file"),
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


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder, not a file: name the file in it"):
        read_records(tmp_path)


def test_folders_give_their_data_files_in_order_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.csv", "a.jsonl", ".hidden.csv", "README.md", "about.json"):
        (tmp_path / name).write_text("x")
    (tmp_path / "sub.csv").mkdir()
    assert [path.name for path in find_files([tmp_path])] == ["a.jsonl", "b.csv"]


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a folder without data: put \.csv, \.tsv"):
        find_files([tmp_path])
