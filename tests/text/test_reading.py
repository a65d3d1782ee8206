import contextlib
import io
import json
import math
import os
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stance.errors import InputError, StanceWarning
from stance.text.reading import read, read_stream

TALKS = "The envoy said talks would resume.\n“We will not wait,” the minister said.\n"
anything = st.text(st.characters(exclude_categories=["Cs"]))


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def refusal(path, **options) -> str:
    with pytest.raises(InputError) as caught:
        list(read(path, **options))
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.place
    assert caught.value.remedy
    return message


def from_bytes(data: bytes, name: str = "-", **options):
    return list(read_stream(io.BytesIO(data), name, **options))


# --- whole files


def test_a_text_file_is_one_document_named_by_its_path(tmp_path):
    path = written(tmp_path, "a.txt", TALKS)
    [document] = read(path)
    assert (document.text, document.id, document.title) == (TALKS, path, None)


@given(anything)
@example("a\r\nb\rc\n\x00\x0b\x1c\x85\u2028e\u0301\u00e9\u00ad\u200b")
def test_text_is_what_read_text_gives(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(b"The envoys met and talked at length. " + text.encode())
    [document] = read(path)
    assert document.text == path.read_text(encoding="utf-8")


def test_markdown_front_matter_is_metadata_and_leaves_offsets_as_they_are(tmp_path):
    content = "---\ntitle: 'Envoys: meet'\ndate: 2024-05-01\n---\n# Talks\n\nThey will resume.\n"
    [document] = read(written(tmp_path, "a.md", content))
    assert (document.title, document.date) == ("Envoys: meet", "2024-05-01")
    assert len(document.text) == len(content)
    assert document.text.split() == ["#", "Talks", "They", "will", "resume."]
    assert document.text.index("They") == content.index("They")


def test_a_rule_at_the_head_of_markdown_is_no_front_matter(tmp_path):
    content = "---\nWe will talk again on Monday.\n---\nThe end.\n"
    [document] = read(written(tmp_path, "a.md", content))
    assert document.text == content


def test_very_long_lines_are_read_whole(tmp_path):
    text = "talks resume " * 500_000
    assert next(read(written(tmp_path, "a.txt", text))).text == text
    row = next(read(written(tmp_path, "a.csv", f'text\n"{text}"\n')))
    assert row.text == text


# --- tables

ROWS = [
    {
        "id": "x1",
        "text": "We will talk.",
        "date": "2024-05-01",
        "speaker": "the envoy",
        "source": "Wire",
        "author": "Mara Lindqvist",
        "title": "T",
    },
    {
        "id": "",
        "text": 'They said "no",\nthen left.',
        "date": "",
        "speaker": "",
        "source": "",
        "author": "",
        "title": "",
    },
]


def table(form: str) -> bytes:
    import csv

    buffer = io.StringIO(newline="")
    if form == "jsonl":
        return "\n".join(json.dumps(row) for row in ROWS).encode()
    writer = csv.DictWriter(buffer, list(ROWS[0]), delimiter={"tsv": "\t", "semicolons.csv": ";"}.get(form, ","))
    writer.writeheader()
    writer.writerows(ROWS)
    return buffer.getvalue().encode("utf-16" if form == "utf16.csv" else "utf-8-sig")


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "semicolons.csv", "utf16.csv"])
def test_each_row_is_a_document_with_its_metadata(tmp_path, form):
    path = written(tmp_path, f"rows.{form}", table(form))
    first, second = read(path)
    assert (first.id, first.text) == (f"{path}#x1", "We will talk.")
    assert (first.date, first.speaker, first.source, first.title) == ("2024-05-01", "the envoy", "Wire", "T")
    assert first.author == "Mara Lindqvist"
    assert (second.id, second.text) == (
        f"{path}:{2 if form == 'jsonl' else 3}",
        'They said "no",\nthen left.',
    )
    assert second.date is second.speaker is second.source is second.title is None


def test_parquet_rows_are_documents(tmp_path):
    import datetime

    path = str(tmp_path / "rows.parquet")
    pq.write_table(
        pa.table({"quote": ["One.", "Two."], "date": [datetime.datetime(2024, 5, 1), None], "n": [1, 2]}),
        path,
    )
    first, second = read(path, text_column="quote")
    assert (first.text, first.id, first.date) == ("One.", f"{path}:1", "2024-05-01")
    assert (second.text, second.id, second.date) == ("Two.", f"{path}:2", None)
    assert "no column 'text' (there are: quote, date, n)" in refusal(path)


def test_whole_numbers_that_parquet_holds_as_floats_name_rows_as_numbers(tmp_path):
    path = str(tmp_path / "rows.parquet")
    ids = [1.0, None, 2.5, 1e300, -0.0]  # pandas makes floats of a column of whole numbers of which some are missing
    pq.write_table(pa.table({"text": [*"abcde"], "id": ids}), path)
    names = ["#1", ":2", "#2.5", "#1e+300", "#0"]
    assert [d.id for d in read(path)] == [path + name for name in names]


@given(st.lists(anything.filter(lambda text: text.strip() and text not in ("NaN", "nan")), min_size=1, max_size=5))
def test_cells_come_back_as_they_were_written(texts):
    import csv

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerows([["n", "text"], *([n, text] for n, text in enumerate(texts))])
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    assert [d.text for d in from_bytes(buffer.getvalue().encode(), form="csv")] == texts
    assert [d.text for d in from_bytes(lines.encode(), form="jsonl")] == texts


@settings(max_examples=300)
@given(st.binary(max_size=300), st.sampled_from(["text", "markdown", "csv", "tsv", "jsonl"]))
def test_any_bytes_are_read_or_refused_in_one_line(data, form):
    with contextlib.suppress(InputError):
        documents = from_bytes(data, form=form)
        assert documents
        assert all(document.text for document in documents)


def test_half_a_surrogate_pair_does_not_reach_the_output():
    [document] = from_bytes(b'{"text": "one \\ud800 two", "title": "\\udfff"}')
    assert (document.text, document.title) == ("one \ufffd two", "\ufffd")


def test_quotation_marks_of_a_tsv_without_quoting_belong_to_the_text():
    documents = from_bytes(b'n\ttext\n1\t"We will talk," they said.\n2\t"Never ends\n', "t.tsv")
    assert [document.text for document in documents] == ['"We will talk," they said.', '"Never ends']


def test_line_numbers_count_blank_lines_and_lines_inside_cells():
    documents = from_bytes(b'\n\ntext,n\n"a\nb",1\n\nc,2\n', "t.csv")
    assert [document.id for document in documents] == ["t.csv:4", "t.csv:7"]


def test_the_first_id_that_stands_twice_is_told_and_no_row_is_lost(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("id,text\na,one\n,two\n,three\nb,four\na,five\nb,six\n")
    with pytest.warns(StanceWarning) as told:
        found = list(read(table))
    assert [d.text for d in found] == ["one", "two", "three", "four", "five", "six"]
    assert [str(w.message) for w in told] == [
        f"{table}:6: id 'a' stands on line 2 too: give each row its own, or summaries take them for one"
    ]


def test_ids_that_differ_or_stand_in_two_files_are_no_matter(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,text\n1,one\n2,two\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(read(tmp_path))) == 4


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_memory_stays_flat_over_a_long_table(tmp_path, form):
    row = {"csv": f"{'talks ' * 20}\n", "jsonl": json.dumps({"text": "talks " * 20}) + "\n"}[form]
    path = written(tmp_path, f"long.{form}", ("text\n" if form == "csv" else "") + row * 20_000)
    tracemalloc.start()
    count = sum(1 for _ in read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 500_000 < os.path.getsize(path) / 4


# --- folders, patterns, standard input


def test_a_folder_is_read_in_order_and_passes_over_other_files(tmp_path):
    for name in ("b.txt", "a/z.md", "a/c.txt", ".git/x.txt", "image.png", ".hidden.txt"):
        written(tmp_path, name, "Talks.")
    assert [os.path.relpath(d.id, tmp_path) for d in read(tmp_path)] == ["a/c.txt", "a/z.md", "b.txt"]


def test_each_file_is_read_once_however_often_it_is_named(tmp_path):
    for name in ("b.txt", "a/c.txt", "a[1].txt"):
        written(tmp_path, name, "Talks.")
    found = [os.path.relpath(d.id, tmp_path) for d in read([f"{tmp_path}/*.txt", f"{tmp_path}/**"])]
    assert found == ["a[1].txt", "b.txt", "a/c.txt"]
    assert [d.id for d in read(tmp_path / "a[1].txt")] == [str(tmp_path / "a[1].txt")]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (TALKS.replace("\n", "\r\n").encode(), TALKS),
        (TALKS.encode("utf-16"), TALKS),
        (b'{"text": "We will talk."}\n', "We will talk."),
        (b"id,text\n1,We will talk.\n", "We will talk."),
        (b"<!doctype html><p>We will talk.</p>", "We will talk."),
        (b"One comma, one text\nand more.", "One comma, one text\nand more."),
    ],
)
def test_standard_input_is_read_as_what_it_looks_like(data, text):
    stream = io.BytesIO(data)
    [document] = read("-", stdin=stream)
    assert document.text == text
    assert document.id.startswith("-")
    assert not stream.closed


def test_a_pipe_gives_rows_before_it_ends():
    reader, writer = os.pipe()
    os.write(writer, b'{"text": "One."}\n{"text": "Two."}\n')
    os.close(writer)
    with open(reader, "rb") as stream:
        assert [d.text for d in read("-", stdin=stream)] == ["One.", "Two."]
        assert not stream.closed


# --- refusals


def test_a_missing_file_gets_a_suggestion(tmp_path):
    path = written(tmp_path, "speech.txt", "Talks.")
    assert refusal(tmp_path / "speach.txt").endswith(f"not found: did you mean {path!r}?")
    assert "no folder" in refusal(tmp_path / "nowhere" / "a.txt")
    assert "nothing is fetched" in refusal("https://example.org/a.html")
    assert "no file matches" in refusal(str(tmp_path / "*.pdf"))


def test_names_are_checked_before_the_first_file_is_read(tmp_path):
    good = written(tmp_path, "a.txt", "Talks.")
    with pytest.raises(InputError, match="not found"):
        next(read([good, tmp_path / "b.txt"]))


def test_a_folder_without_readable_files_is_refused(tmp_path):
    written(tmp_path, "image.png", b"\x89PNG")
    assert "no readable file in this folder" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.txt", b"", "a.txt: empty"),
        ("a.txt", b"\xef\xbb\xbf \n\n", "a.txt: no text in it"),
        ("a.csv", b"text,n\n", "a.csv: no rows"),
        ("a.jsonl", b"\n\n", "a.jsonl: no rows"),
        ("a.txt", bytes(range(256)), "a.txt: binary, not text"),
        ("a.txt", "no mark".encode("utf-16-le"), "a.txt: binary, not text"),
        ("a.docx", b"PK\x03\x04\x14\x00", "a.docx: not text but a zip archive or an Office file"),
        ("a.txt", b"fine\n\x81\x8d", "a.txt:2: unreadable encoding (byte 0x81"),
        ("a.jsonl", b'{"text": "fine"}\n{"text": "\x81"}', "a.jsonl:2: unreadable encoding (byte 0x81"),
        ("a.txt", b"\xff\xfea\x00b", "a.txt:1: unreadable encoding (broken UTF-16"),
        ("a.csv", b"id,Text\n1,a\n", "a.csv:1: no column 'text' (there are: id, Text)"),
        ("a.csv", b"id,text\n1,a\n2,\n", "a.csv:3: no text in column 'text'"),
        ("a.csv", b"id,text\n1,nan\n", "a.csv:2: no text in column 'text'"),
        ("a.csv", b"id,text\n1\n", "a.csv:2: no text in column 'text'"),
        ("a.csv", b"id,text\n1,yes, they said\n", "a.csv:2: 3 cells under a header of 2"),
        ("a.csv", b'id,text\n1,a\n2,"yes," they said\n', "a.csv:3: broken row"),
        ("a.csv", b'id,text\n1,"never closed\n2,b\n', "a.csv:2: broken row"),
        ("a.jsonl", b'{"text": "a"}\n\n{"text": "b"\n', "a.jsonl:3: broken JSON"),
        ("a.jsonl", b'["a"]\n', "a.jsonl:1: not a JSON object"),
        ("a.jsonl", b'{"body": "a"}\n', "a.jsonl:1: no column 'text' (there are: body)"),
        ("a.jsonl", b'{"text": NaN}\n', "a.jsonl:1: no text in column 'text'"),
        ("a.jsonl", b'{"text": null}\n', "a.jsonl:1: no text in column 'text'"),
        ("a.jsonl", b'{"text": 5}\n', "a.jsonl:1: column 'text' holds int, not text"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl:1: broken JSON (too deep or too long)"),
        ("a.jsonl", b"9" * 10_000, "a.jsonl:1: broken JSON (too deep or too long)"),
        ("a.parquet", b"PAR1 and no more PAR1", "a.parquet: damaged Parquet file"),
    ],
)
def test_what_cannot_be_used_is_refused_with_place_and_remedy(tmp_path, name, content, what):
    path = written(tmp_path, name, content)
    assert refusal(path).removeprefix(f"{tmp_path}{os.sep}").startswith(what)


def test_nan_in_parquet_is_refused(tmp_path):
    path = str(tmp_path / "a.parquet")
    pq.write_table(pa.table({"text": [math.nan, 1.0]}), path)
    assert ":1: no text in column 'text'" in refusal(path)


def test_reading_loads_no_heavy_library():
    code = "import sys, stance.text.reading; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"csv", "json", "numpy", "pandas", "pyarrow", "pypdf", "trafilatura", "lxml"} & set(loaded)
