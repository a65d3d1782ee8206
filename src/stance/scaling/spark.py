"""Spark: documents to statements on many machines, by the same function and with the same rows as on one.

The driver reads the corpus as `stance.scaling.runs` does and stages its documents as Parquet beside the output; the
executors take them from there, so that both folders must lie where all machines see them. Who has documents in a
Spark frame already calls `score_frame`, and nothing is staged. Executors need stance installed, not the model: its
file travels to each once, and each Python process opens it once.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stance.errors import InputError, StanceError, UsageError
from stance.model.table import Table
from stance.rows import text_of, word_of
from stance.scaling.corpus import CHARACTERS, Corpus, Reject
from stance.scaling.outputs import PART, Note, rejects_of, save_note
from stance.scaling.runs import about
from stance.scaling.work import Task, columns, digest_of, kinds, open_once, score_batch, to_line
from stance.statement import Document

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

_SQL = {"string": "string", "int64": "bigint", "float64": "double"}
_METADATA = ("title", "date", "source", "speaker")
_COUNTED = ("row", "offset", "first")


def score_corpus(
    corpus: Corpus, model: Path, out: Path, *, min_confidence: float = 0.0, master: str | None = None
) -> Note:
    """Score a corpus into a new folder of Parquet parts; their order is Spark's, their rows are joblib's.

    model: a table's file. master: Spark's, as local[4] or spark://host:7077; all cores of this machine when None.
    Raises UsageError for an output that is there, StanceError where Spark or Java is missing or fails.
    """
    if out.exists() or out.suffix:
        raise UsageError("Spark writes a new folder", place=f"--out {out}", remedy="name one that is not there yet")
    task = Task(str(model), digest_of(model), corpus.unit, min_confidence, "parquet")
    staged = out.with_name(f".{out.name}.documents")
    with session(master) as spark:
        try:
            documents, rejects = _stage(corpus, staged)
            later = spark.sparkContext.accumulator([], _rejects())
            frame = spark.read.parquet(str(staged / "*.parquet"))
            _scored(frame, task, later).write.parquet(str(out))
            with rejects.open("ab") as file:
                file.writelines(map(to_line, later.value))
            rejected = sum(1 for _ in rejects.open("rb"))
            if rejected:
                shutil.move(rejects, rejects_of(out))
            statements = spark.read.parquet(str(out)).count()
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    note = Note(about(corpus, task), documents=documents, statements=statements, rejected=rejected, finished=True)
    save_note(out, note)
    return note


def score_frame(
    documents: DataFrame,
    model: Path,
    *,
    text_column: str = "text",
    unit: Any = "sentence",
    min_confidence: float = 0.0,
) -> DataFrame:
    """Statements of a Spark frame of documents: the columns of the Parquet parts, one row a statement.

    documents: ``text_column``, and where there are such columns id, title, date, source and speaker. Rows without a
    text are passed over. model: a table's file on the driver.
    """
    task = Task(str(model), digest_of(model), unit, min_confidence, "parquet")
    frame = documents.withColumnRenamed(text_column, "text") if text_column != "text" else documents
    return _scored(frame, task, None)


@contextmanager
def session(master: str | None = None) -> Iterator[SparkSession]:
    """A Spark session, stopped at the end unless it was there before. Raises StanceError where there can be none."""
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise StanceError(
            "Spark is not installed", place="--engine spark", remedy="pip install 'stance[spark]'"
        ) from None
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        remedy = "install a Java 17 runtime, as Debian's openjdk-17-jre-headless, or set JAVA_HOME"
        raise StanceError("there is no Java", place="--engine spark", remedy=remedy)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    before = SparkSession.getActiveSession()
    try:
        spark = before or _built(SparkSession.builder, master or "local[*]")
        yield spark
    except (PySparkException, Py4JError) as error:
        what = f"Spark failed ({' '.join(str(error).split())[:300]})"
        raise StanceError(what, place=f"--master {master or 'local[*]'}", remedy="see Spark's log") from error
    finally:
        if before is None and (made := SparkSession.getActiveSession()):
            made.stop()


def _built(builder: Any, master: str) -> SparkSession:
    settings = {
        "spark.log.level": "ERROR",
        "spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower(),
        # A task then takes ten seconds or so, and a slow one holds up little.
        "spark.sql.files.maxPartitionBytes": str(PART * CHARACTERS),
        # The documents of an Arrow batch are in memory at once, and one may be as long as all of a batch here.
        "spark.sql.execution.arrow.maxRecordsPerBatch": "100",
    }
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.appName("stance").master(master).getOrCreate()


def _stage(corpus: Corpus, folder: Path) -> tuple[int, Path]:
    """Write a corpus as Parquet files of documents; how many they are, and the file of what was rejected."""
    import pyarrow
    import pyarrow.parquet

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    text, number = pyarrow.string(), pyarrow.int64()
    form = pyarrow.schema(
        [
            *((name, text) for name in ("text", "id", *_METADATA)),
            ("row", pyarrow.bool_()),
            ("offset", number),
            ("first", number),
        ]
    )
    whole = 0
    writer: Any = None
    with (folder / "rejects.jsonl").open("wb") as rejects:
        for count, batch in enumerate(corpus.batches()):
            if count % PART == 0:
                if writer:
                    writer.close()
                writer = pyarrow.parquet.ParquetWriter(folder / f"{count // PART:06}.parquet", form)
            rows = [{name: getattr(document, name) for name in form.names} for document in batch.documents]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema=form))
            whole += sum(not document.offset for document in batch.documents)
            rejects.writelines(map(to_line, batch.rejects))
    if writer:
        writer.close()
    else:
        pyarrow.parquet.write_table(form.empty_table(), folder / "000000.parquet")
    return whole, folder / "rejects.jsonl"


def _scored(frame: DataFrame, task: Task, rejects: Any) -> DataFrame:
    labels = Table.load(task.model).labels
    columns_ = ", ".join(f"`{name.replace('`', '``')}` {_SQL[kind]}" for name, kind in kinds(labels).items())
    name = _ship(frame.sparkSession, task)
    return frame.mapInPandas(partial(_work, name=name, task=task, rejects=rejects), columns_)


def _ship(spark: SparkSession, task: Task) -> str:
    """Send the model to all executors, under a name that says which it is."""
    name = f"stance-{task.digest[:16]}.npz"
    folder = tempfile.mkdtemp(prefix="stance-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # not before: executors fetch it when they start
    spark.sparkContext.addFile(str(shutil.copy(task.model, Path(folder) / name)))
    return name


def _work(frames: Iterator[pd.DataFrame], *, name: str, task: Task, rejects: Any) -> Iterator[pd.DataFrame]:
    """What an executor does with its share of the documents."""
    import pandas as pd
    from pyspark import SparkFiles

    table = open_once(SparkFiles.get(name), task.digest)
    for frame in frames:
        documents, bad = _documents(frame)
        scored, worse = score_batch(documents, table, unit=task.unit, min_confidence=task.min_confidence)
        if rejects is not None and (bad or worse):
            rejects.add([*bad, *worse])
        yield pd.DataFrame(columns(scored, table.labels)).astype({"tone": float})


def _documents(frame: pd.DataFrame) -> tuple[list[Document], list[Reject]]:
    documents, rejects = [], []
    for number, row in enumerate(frame.to_dict("records")):
        name = word_of(row.get("id")) or f"row {number}"
        try:
            text = text_of(cast(dict[str, Any], row), "text", name)
        except InputError as error:
            rejects.append(Reject.of(error))
            continue
        known: dict[str, Any] = {key: word_of(row[key]) for key in _METADATA if key in row}
        counted: dict[str, Any] = {key: row[key] for key in _COUNTED if key in row}
        documents.append(Document(text, name, **known, **counted))
    return documents, rejects


def _rejects() -> Any:
    from pyspark.accumulators import AccumulatorParam

    class Rejects(AccumulatorParam[Sequence[Reject]]):  # type: ignore[misc]  # Any where pyspark is missing
        def zero(self, value: Sequence[Reject]) -> Sequence[Reject]:
            return []

        def addInPlace(self, value1: Sequence[Reject], value2: Sequence[Reject]) -> Sequence[Reject]:  # noqa: N802
            return [*value1, *value2]

    return Rejects()
