"""A run writes what the command prints, whatever the processes, the format and the ends it met on the way."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from stance.analysis import analyse
from stance.errors import ModelError, StanceError, UsageError
from stance.model.table import DEFAULT, Table
from stance.report.render import write
from stance.scaling import Corpus, Progress, score_corpus
from stance.scaling.corpus import Batch
from stance.scaling.runs import AHEAD, in_order
from stance.scaling.work import columns, open_once, score_batch
from stance.statement import Document
from stance.text.reading import read

ROOT = Path(__file__).parents[2]


def printed(path, form, **options):
    """What `stance score` prints."""
    table, file = Table.load(), io.StringIO(newline="")
    write(analyse(read(str(path)), table, **options), file, form=form, labels=table.labels, tone=True)
    return file.getvalue()


def files(folder):
    """Name -> content of all that a run left; hidden files are its scaffolding."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(("form", "jobs"), [("jsonl", 1), ("csv", 2)])
def test_a_file_holds_what_the_command_prints(rows, tmp_path, model, small, form, jobs):
    path, out = rows(42), tmp_path / f"out.{form}"
    note = score_corpus(Corpus.find([str(path)]), model, out, jobs=jobs, min_confidence=0.6)
    assert out.read_bytes().decode() == printed(path, form, min_confidence=0.6)
    assert (note.documents, note.statements, note.rejected, note.finished) == (42, 59, 0, True)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"out.{form}", f"out.{form}.run.json", "rows.jsonl"]


def test_parquet_parts_hold_the_same_statements(rows, tmp_path, model, small):
    path, out = rows(42), tmp_path / "out"
    score_corpus(Corpus.find([str(path)]), model, out, jobs=2)
    names = sorted(p.name for p in out.glob("*.parquet"))
    assert names == ["part-000000.parquet", "part-000001.parquet", "part-000002.parquet"]
    found = pyarrow.parquet.read_table(out).to_pydict()
    table = Table.load()
    assert found == columns(list(analyse(read(str(path)), table)), table.labels)


def test_an_empty_result_still_has_its_columns(tmp_path, model):
    (tmp_path / "bad.jsonl").write_text("no JSON\n")
    corpus = Corpus.find([str(tmp_path / "bad.jsonl")])
    note = score_corpus(corpus, model, tmp_path / "out")
    assert (note.statements, note.rejected) == (0, 1)
    assert "stance" in pyarrow.parquet.read_table(tmp_path / "out").column_names
    assert json.loads((tmp_path / "out" / "_rejects.jsonl").read_text())["reason"].startswith("broken JSON")
    score_corpus(corpus, model, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith('"document","index"')
    assert (tmp_path / "out.csv.rejects.jsonl").exists()


def test_rejects_stand_in_the_order_of_the_corpus_and_the_run_goes_on(rows, tmp_path, model, small):
    path = rows(40)
    lines = path.read_text().splitlines()
    for at in (3, 17, 18, 39):
        lines[at] = '{"text": '
    path.write_text("\n".join(lines) + "\n")
    out = tmp_path / "out.jsonl"
    note = score_corpus(Corpus.find([str(path)]), model, out, jobs=2)
    rejects = [json.loads(line) for line in (tmp_path / "out.jsonl.rejects.jsonl").read_text().splitlines()]
    assert [reject["place"] for reject in rejects] == [f"{path}:{at + 1}" for at in (3, 17, 18, 39)]
    assert (note.documents, note.rejected) == (36, 4)


KILLED = """
import os, sys
from pathlib import Path
from stance.model.table import DEFAULT
from stance.scaling import Corpus, corpus, outputs, score_corpus
corpus.ITEMS, outputs.PART, batches = 5, 3, 0
def progress(_):
    global batches
    batches += 1
    if batches == int(sys.argv[3]):
        os.kill(os.getpid(), 9)
score_corpus(Corpus.find([sys.argv[1]]), DEFAULT, Path(sys.argv[2]), jobs=2, resume=True, progress=progress)
"""


def killed(path, out, batches):
    """A run that is killed, as by `kill -9`, after so many batches; its code."""
    words = [sys.executable, "-c", KILLED, str(path), str(out), str(batches)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    # The processes of the run hold these streams too: this ends only when they do.
    return subprocess.run(words, check=False, capture_output=True, env=environment, timeout=60)


@pytest.mark.parametrize("name", ["out.jsonl", "out"])
def test_a_run_killed_again_and_again_ends_in_the_bytes_of_an_unbroken_one(rows, tmp_path, model, small, name):
    path = rows(60)
    lines = path.read_text().splitlines()
    lines[10] = lines[44] = "broken"
    path.write_text("\n".join(lines) + "\n")
    (tmp_path / "whole").mkdir(), (tmp_path / "broken").mkdir()
    score_corpus(Corpus.find([str(path)]), model, tmp_path / "whole" / name)
    out = tmp_path / "broken" / name
    for batches in (2, 5, 4):
        assert killed(path, out, batches).returncode == -signal.SIGKILL
        assert not out.is_file()
    note = score_corpus(Corpus.find([str(path)]), model, out, resume=True)
    assert (note.documents, note.rejected) == (58, 2)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    if name == "out":
        whole, broken = whole / name, broken / name
    assert files(broken) == files(whole)
    assert score_corpus(Corpus.find([str(path)]), model, out, resume=True) == note  # nothing is left to do
    assert files(broken) == files(whole)


def test_what_a_dying_run_wrote_behind_its_note_is_cut_off(rows, tmp_path, model, small):
    path, out = rows(60), tmp_path / "out.jsonl"
    killed(path, out, 5)
    part = tmp_path / ".out.jsonl.part"
    with part.open("ab") as file:
        file.write(b'{"document": "half a li')
    score_corpus(Corpus.find([str(path)]), model, out, resume=True)
    assert out.read_text() == printed(path, "jsonl")


def test_a_run_is_resumed_only_with_the_same_model_options_and_corpus(rows, tmp_path, model, small):
    path, out = rows(60), tmp_path / "out.jsonl"
    killed(path, out, 5)
    before = files(tmp_path)

    def refused(what, corpus=None, model=model, **options):
        with pytest.raises(UsageError, match=what):
            score_corpus(corpus or Corpus.find([str(path)]), model, out, **{"resume": True, **options})
        assert files(tmp_path).items() >= before.items()

    refused("stopped after 21 statements: add --resume", resume=False)
    refused("begun with another min confidence", min_confidence=0.5)
    refused("begun with another unit", corpus=Corpus.find([str(path)], unit="line"))
    refused("begun with another corpus", corpus=Corpus.find([str(rows(60, "other.jsonl"))]))
    table = Table.load()
    table.arrays["bias"] = table.arrays["bias"] + 1
    table.save(tmp_path / "other.npz")
    refused("begun with another model", model=tmp_path / "other.npz")
    refused("standard input cannot be read again", corpus=Corpus.find(["-"]))


@pytest.mark.parametrize("name", ["out.txt", "out.parquet", "rows.jsonl.gz"])
def test_an_output_that_says_no_format_is_refused(rows, tmp_path, model, name):
    with pytest.raises(UsageError, match=r"neither .jsonl nor .csv nor a folder"):
        score_corpus(Corpus.find([str(rows(1))]), model, tmp_path / name)


def test_a_folder_with_other_things_in_it_is_left_alone(rows, tmp_path, model):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "part-000000.parquet").write_text("precious")
    with pytest.raises(UsageError, match="a folder with something in it"):
        score_corpus(Corpus.find([str(rows(1))]), model, tmp_path / "mine")
    assert files(tmp_path / "mine") == {"part-000000.parquet": b"precious"}


def test_an_output_that_cannot_be_written_is_one_line(rows, tmp_path, model):
    with pytest.raises(StanceError, match=r"--out .*: cannot be written \(no such file or directory\)"):
        score_corpus(Corpus.find([str(rows(1))]), model, tmp_path / "none" / "out.jsonl")
    with pytest.raises(ModelError):
        score_corpus(Corpus.find([str(rows(1))]), tmp_path / "none.npz", tmp_path / "out.jsonl")
    assert not list(tmp_path.glob("out*"))


def test_a_finished_file_is_made_anew_without_resume(rows, tmp_path, model):
    out = tmp_path / "out.jsonl"
    for n in (2, 3):
        score_corpus(Corpus.find([str(rows(n))]), model, out)
        assert out.read_text() == printed(tmp_path / "rows.jsonl", "jsonl")


def test_no_more_is_read_than_a_few_batches_ahead():
    read = 0

    def batches():
        nonlocal read
        for _ in range(100):
            read += 1
            yield Batch()

    results = in_order(batches(), lambda documents: documents, 2)
    for taken in range(1, 20):
        next(results)
        assert read <= taken + 2 * AHEAD
    results.close()


def test_a_killed_process_is_one_line_that_says_what_to_do():
    with pytest.raises(StanceError, match="a process was killed, as for want of memory: give fewer --jobs"):
        list(in_order([Batch()], lambda _: os._exit(1), 1))


def test_a_document_at_fault_is_rejected_and_the_others_of_its_batch_are_scored():
    documents = [Document("We will talk.", "a"), Document(None, "b"), Document("We will not talk.", "c")]
    scored, rejects = score_batch(documents, Table.load())
    assert [s.statement.document for s in scored] == ["a", "c"]
    ((place, reason),) = rejects
    assert place == "b"
    assert reason.startswith("cannot be analysed (")


def test_a_model_that_changes_during_the_run_is_refused(tmp_path):
    Table.load().save(tmp_path / "model.npz")
    with pytest.raises(ModelError, match="the model was changed during the run"):
        open_once(str(tmp_path / "model.npz"), "0" * 64)


def test_progress_tells_rate_and_time_left_of_this_run_alone():
    progress = Progress(statements=3000, rejected=0, seconds=10.0, share=0.5, before=1000, share_before=0.25)
    assert progress.rate == 200
    assert progress.left == 20.0
    assert Progress(0, 0, 1.0, 0.0).left is None


def test_progress_is_told_after_each_batch(rows, tmp_path, model, small):
    told = []
    score_corpus(Corpus.find([str(rows(22))]), DEFAULT, tmp_path / "out.jsonl", progress=told.append)
    assert [p.statements for p in told] == sorted(p.statements for p in told)
    assert len(told) == 5
    assert told[-1].share == 1.0
    assert told[0].rate > 0
