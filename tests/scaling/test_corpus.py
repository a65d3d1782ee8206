"""A corpus becomes the same batches each time; what cannot be read is rejected with its place, and the rest goes on."""

import json
import os
import tracemalloc

import pyarrow
import pyarrow.parquet
import pytest

from stance import analysis
from stance.errors import InputError, UsageError
from stance.scaling import Corpus, leavings
from stance.statement import Document


def found(*paths, **options):
    batches = list(Corpus.find([str(path) for path in paths], **options).batches())
    documents = [document for batch in batches for document in batch.documents]
    return documents, [reject for batch in batches for reject in batch.rejects]


def test_batches_are_cut_by_the_input_alone(rows, small):
    one, other = (list(Corpus.find([str(rows(23))]).batches()) for _ in range(2))
    assert [len(batch.documents) for batch in one] == [5, 5, 5, 5, 3]
    assert one == other
    assert [d.id.partition("#")[2] for batch in one for d in batch.documents] == [str(i) for i in range(23)]


def test_a_batch_holds_few_long_documents(tmp_path):
    for i in range(4):
        (tmp_path / f"{i}.txt").write_text("A line of a long text.\n" * 15_000)
    assert [len(batch.documents) for batch in Corpus.find([str(tmp_path)]).batches()] == [2, 2]


def test_bytes_read_grow_up_to_the_size_of_the_corpus(rows, tmp_path, small):
    rows(30), rows(40, "more.jsonl")
    table = pyarrow.table({"text": ["We will talk.", "We will not talk."] * 10})
    pyarrow.parquet.write_table(table, tmp_path / "last.parquet")
    corpus = Corpus.find([str(tmp_path)])
    read = [batch.read for batch in corpus.batches()]
    assert read == sorted(read)
    assert 0 < read[0] <= read[-1] == corpus.size


BAD = [
    ('{"text": "fine"}\n{"text": \n{"text": "too"}\n', 2, "broken JSON"),
    ('{"text": "fine"}\n{"text": null}\n{"text": "too"}\n', 2, "no text in column 'text'"),
    ('{"text": "fine"}\n{"text": 3}\n{"text": "too"}\n', 2, "column 'text' holds int"),
    ('{"text": "fine"}\n["text"]\n{"text": "too"}\n', 2, "not a JSON object"),
    ('{"text": "fine"}\n{"words": "?"}\n{"text": "too"}\n', 2, "no column 'text'"),
    (b'{"text": "fine"}\n{"text": "\x81"}\n{"text": "too"}\n', 2, "unreadable encoding (byte 0x81"),
    ("text,id\nfine,1\na,b,c\ntoo,2\n", 3, "3 cells under a header of 2"),
    ('text,id\nfine,1\n"a"b,2\ntoo,3\n', 3, "broken row"),
    (b"text,id\nfine,1\n\x8d,2\ntoo,3\n", 3, "unreadable encoding (byte 0x8d"),
    ("text,id\nfine,1\n,2\ntoo,3\n", 3, "no text in column 'text'"),
]


@pytest.mark.parametrize(("content", "line", "reason"), BAD, ids=[f"{reason}" for _, _, reason in BAD])
def test_a_bad_row_is_rejected_with_its_line_and_the_rest_goes_on(tmp_path, content, line, reason):
    data = content if isinstance(content, bytes) else content.encode()
    path = tmp_path / ("a.csv" if data.startswith(b"text") else "a.jsonl")
    path.write_bytes(data)
    documents, ((place, why),) = found(path)
    assert [d.text for d in documents] == ["fine", "too"]
    assert place == f"{path}:{line}"
    assert why.startswith(reason)


def test_a_text_of_parquet_that_is_no_utf8_is_rejected_alone(tmp_path):
    path = tmp_path / "a.parquet"
    raw = pyarrow.array([b"fine", b"\xff\xfe", b"too"])
    pyarrow.parquet.write_table(
        pyarrow.table({"text": pyarrow.Array.from_buffers(pyarrow.string(), 3, raw.buffers())}), path
    )
    documents, rejects = found(path)
    assert [(d.text, d.id) for d in documents] == [("fine", f"{path}:1"), ("too", f"{path}:3")]
    assert rejects == [(f"{path}:2", "a text that is no UTF-8")]


def test_files_that_cannot_be_read_are_rejected_and_the_others_are_read(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_text("We will talk.")
    (tmp_path / "c.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "d.txt").symlink_to(tmp_path / "nowhere.txt")
    (tmp_path / "e.txt").write_bytes(b"fine\n\x81")
    (tmp_path / "f.csv").write_text("words\nno such column\n")
    (tmp_path / "g.txt").write_text("We will not talk.")
    documents, rejects = found(tmp_path)
    assert [d.text for d in documents] == ["We will talk.", "We will not talk."]
    assert [place.removeprefix(f"{tmp_path}/") for place, _ in rejects] == [
        "a.txt", "c.parquet", "d.txt", "e.txt:2", "f.csv:1"]  # fmt: skip
    assert [why.split(" (")[0] for _, why in rejects] == [
        "empty", "damaged Parquet file", "cannot be read", "unreadable encoding", "no column 'text'"]  # fmt: skip


def test_a_corpus_that_is_not_there_is_said_before_the_run(tmp_path):
    with pytest.raises(InputError, match="not found"):
        Corpus.find([str(tmp_path / "none.jsonl")])


def test_a_long_document_comes_in_pieces_that_make_the_whole(tmp_path):
    text = "“We will talk,” envoy Jane Roe said. Roe left.\n\n" * 30_000
    (tmp_path / "long.txt").write_text(text)
    pieces, rejects = found(tmp_path)
    assert not rejects
    assert len(pieces) > 2
    assert "".join(piece.text for piece in pieces) == text
    assert all(len(piece.text) <= analysis.LONGEST and piece.text.endswith("\n\n") for piece in pieces)
    statements = [s for piece in pieces for s in analysis.told(piece)]
    assert [s.index for s in statements] == list(range(len(statements)))
    assert all(text[s.start : s.end] == s.text for s in statements)
    assert statements == list(analysis.told(Document(text, str(tmp_path / "long.txt"))))


def test_a_row_too_long_to_be_one_statement_is_rejected(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "a word " * 100_000, "id": "x"}) + '\n{"text": "fine"}\n')
    documents, rejects = found(path, unit="line")
    assert [d.text for d in documents] == ["fine"]
    assert rejects == [(f"{path}#x", "a row of 700,000 characters is no statement")]


def test_nothing_but_bad_rows_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"words": "no such column here"}\n' * 50_000)
    tracemalloc.start()
    try:
        rejected = sum(len(batch.rejects) for batch in Corpus.find([str(path)]).batches())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rejected == 50_000
    assert peak < 8e6


def test_folders_are_read_in_the_order_of_their_paths_and_not_held(tmp_path):
    names = ["a/b.txt", "a-b.txt", "a.txt", "a/c/z.txt", "a/c.txt", "B/1.txt", "é.txt", "a0.txt"]
    names += [f"many/letter-{i:04}.txt" for i in range(2000)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("We will talk.")
    (tmp_path / "linked").symlink_to(tmp_path / "a")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.txt").write_text("We will not talk.")
    corpus = Corpus.find([str(tmp_path)])
    assert [name for name, _ in corpus.files] == sorted(f"{tmp_path}/{name}" for name in names)
    assert corpus.size == sum(size for _, size in corpus.files) == 13 * len(names)
    assert len(corpus.listing) < 20 * len(names)


@pytest.mark.skipif(os.geteuid() == 0, reason="no rights hold root back")
def test_a_folder_that_may_not_be_listed_is_rejected(tmp_path):
    (tmp_path / "a.txt").write_text("We will talk.")
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0)
    documents, ((place, reason),) = found(tmp_path)
    (tmp_path / "locked").chmod(0o700)
    assert [d.text for d in documents] == ["We will talk."]
    assert place == f"{tmp_path}/locked"
    assert reason.startswith("cannot be read (")


def test_what_the_run_itself_writes_is_no_part_of_the_corpus(rows, tmp_path):
    path, out = rows(3), tmp_path / "out.jsonl"
    for left in leavings(out):
        left.write_text('{"text": "not this"}\n')
    (tmp_path / "out.jsonl-mine.txt").write_text("But this.")
    corpus = Corpus.find([str(tmp_path)], apart_from=leavings(out))
    assert [name for name, _ in corpus.files] == [f"{tmp_path}/out.jsonl-mine.txt", str(path)]
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "part-000000.parquet").write_text("not this")
    names = [name for name, _ in Corpus.find([str(tmp_path)], apart_from=leavings(parts)).files]
    assert f"{parts}/part-000000.parquet" not in names
    with pytest.raises(UsageError, match="would be written over while it is read"):
        Corpus.find([str(path)], apart_from=leavings(path))


def test_the_fingerprint_changes_with_the_files(rows, tmp_path):
    path = rows(3)
    before = Corpus.find([str(path)]).fingerprint
    assert Corpus.find([str(path)]).fingerprint == before
    path.write_text(path.read_text() + '{"text": "More."}\n')
    assert Corpus.find([str(path)]).fingerprint != before
    assert Corpus.find(["-"]).fingerprint is None
