import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stance.errors import InputError
from stance.rows import read_rows

ROWS = [{"text": "The talks resumed, the envoy said.", "stance": "conciliatory"}, {"text": "b", "stance": None}]


def read(data: str | bytes, form: str = "csv", column: str | None = None, **also):
    data = data.encode() if isinstance(data, str) else data
    return list(read_rows(io.BufferedReader(io.BytesIO(data)), "f", form, column, **also))


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("column", [None, "text"])
@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("csv", 'text,stance\n"The talks resumed, the envoy said.",conciliatory\nb,\n'),
        ("csv", " text ; stance\nThe talks resumed, the envoy said.;conciliatory\nb\n"),
        ("csv", "text|stance\r\nThe talks resumed, the envoy said.|conciliatory\r\nb|\r\n"),
        ("tsv", "text\tstance\nThe talks resumed, the envoy said.\tconciliatory\nb\t\n"),
        (
            "jsonl",
            '{"text": "The talks resumed, the envoy said.", "stance": "conciliatory"}\n{"text":"b","stance":null}',
        ),
    ],
)
def test_the_formats_of_text_give_the_same_rows_with_all_columns(form, data, column):
    assert [row.fields for row in read(data, form, column)] == ROWS


def test_parquet_gives_all_columns_or_those_wanted():
    data = parquet(pa.Table.from_pylist([row | {"n": 1} for row in ROWS]))
    assert read(data, "parquet") == [(n, row | {"n": 1}) for n, row in enumerate(ROWS, 1)]
    assert read(data, "parquet", "stance", also=("n", "id")) == [
        (1, {"stance": "conciliatory", "n": 1}),
        (2, {"stance": None, "n": 1}),
    ]


def test_a_row_knows_the_line_it_begins_on():
    text = 'text,stance\r\n\r\n"one\r\ntwo",neutral\r\nthree,neutral\r\n'
    assert [row.line for row in read(text)] == [3, 5]
    assert [row.line for row in read('\n{"text": "a"}\n\n{"text": "b"}', "jsonl")] == [2, 4]


def test_rows_without_a_filled_cell_are_passed_over():
    assert read(",,\ntext,stance\n,\n \na,neutral\n,\n") == [(5, {"text": "a", "stance": "neutral"})]


def test_the_separator_is_the_one_that_makes_the_wanted_column():
    assert read("id;text;place, if known\n1;a;b\n", column="text")[0].fields["text"] == "a"
    assert list(read("id;text;stance, tone\n1;a;b\n")[0].fields) == ["id", "text", "stance, tone"]


def test_quotation_marks_of_a_tsv_without_quoting_belong_to_the_text():
    rows = read('text\tstance\n"We agree," he said.\tconciliatory\n', "tsv")
    assert rows[0].fields["text"] == '"We agree," he said.'


def test_json_strings_may_hold_line_separators_of_unicode_and_control_characters():
    rows = read('{"text": "one\u2028two"}\n{"text": "three\tfour"}\n', "jsonl")
    assert [row.fields["text"] for row in rows] == ["one\u2028two", "three\tfour"]


def test_a_column_without_a_name_is_kept_under_its_number():
    assert list(read(",text\n0,a\n")[0].fields) == ["column 1", "text"]


def test_columns_that_nobody_wants_may_share_a_name():
    assert read("n,text,n\n1,a,2\n", column="text")[0].fields["text"] == "a"


@pytest.mark.parametrize(
    ("form", "data", "what"),
    [
        ("csv", "text,stance\na,neutral\nWell, no,neutral\n", "f:3: 3 cells under a header of 2: "),
        ("csv", 'text,stance\na,neutral\n"We" agree,neutral\n', "f:3: broken row (',' expected after '\"'): "),
        ("csv", 'text,stance\na,neutral\n"We agree,neutral\n', "f:3: broken row (unexpected end of data): "),
        ("csv", "\ntext,text\na,b\n", "f:2: two columns named 'text': "),
        ("jsonl", '{"text": "a"}\n{"text": "b"\n', "f:2: broken JSON (Expecting ',' delimiter): "),
        ("jsonl", '{"text": "a"}\n["b"]\n', "f:2: not a JSON object: "),
        ("jsonl", '{"a":' * 100_000, "f:1: broken JSON (too deep or too long): "),
        ("parquet", b"PAR1 not", "f: damaged Parquet file ("),
        ("parquet", parquet(pa.table([["a"], ["b"]], names=["text", "text"])), "f: two columns named 'text': "),
    ],
)
@pytest.mark.parametrize("column", [None, "text"])
def test_what_is_broken_is_refused_with_its_line(form, data, what, column):
    with pytest.raises(InputError) as refusal:
        read(data, form, column)
    assert str(refusal.value).startswith(what)
    assert refusal.value.remedy


def test_only_a_column_that_is_wanted_must_be_there():
    data = parquet(pa.table({"body": ["a"]}))
    for form, table in (("csv", "body\na\n"), ("tsv", "body\na\n"), ("jsonl", '{"body": "a"}'), ("parquet", data)):
        assert read(table, form)[0].fields == {"body": "a"}
        with pytest.raises(InputError, match=r"no column 'text' \(there are: body\): name one with --text-column"):
            read(table, form, "text")
