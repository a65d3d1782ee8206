"""Spark for real, on two cores of this machine: the rows are joblib's, and the registered model is a Spark function."""

import json
import os
import shutil

import pandas as pd
import pyarrow.parquet
import pytest

from stance import tracking
from stance.analysis import LONGEST, analyse
from stance.errors import StanceError, UsageError
from stance.model.table import Table
from stance.scaling import Corpus, score_corpus, spark
from stance.scaling.work import columns
from stance.statement import Document

pytest.importorskip("pyspark", reason="the extra spark is not installed")
JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
if not JAVA and not os.environ.get("CI"):
    pytest.skip("there is no Java, which Spark needs", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # pyspark and its streams warn of themselves
]
ORDER = ["document", "index"]


@pytest.fixture(scope="module")
def local():
    with spark.session("local[2]") as session:
        yield session


def parts(folder):
    """All rows of a folder of parts, in the order of the documents."""
    return pyarrow.parquet.read_table(folder).to_pandas().sort_values(ORDER, ignore_index=True)


def test_the_rows_are_those_of_joblib(local, rows, tmp_path, model, small):
    lines = rows(200).read_text().splitlines()
    lines[7], lines[90] = "no JSON", '{"text": null}'
    long = "“We will talk,” envoy Jane Roe said. Roe left.\n\n" * (LONGEST // 40)
    lines[50] = json.dumps({"id": "long", "text": long, "speaker": "A Person", "date": "2024-05-01"})
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n")
    corpus = Corpus.find([str(path)])
    one = score_corpus(corpus, model, tmp_path / "joblib", min_confidence=0.5)
    other = spark.score_corpus(corpus, model, tmp_path / "spark", min_confidence=0.5, master="local[2]")
    pd.testing.assert_frame_equal(parts(tmp_path / "spark"), parts(tmp_path / "joblib"), check_exact=True)
    assert (other.statements, other.documents, other.rejected) == (one.statements, one.documents, one.rejected)
    assert other.about == one.about
    rejects = [(tmp_path / name / "_rejects.jsonl").read_text() for name in ("spark", "joblib")]
    assert rejects[0] == rejects[1]
    assert not list(tmp_path.glob(".spark.documents"))


def test_a_frame_of_ones_own_is_scored_where_it_lies(local, model):
    words = ["We will talk.", None, "“They will pay,” the envoy said. Talks ended."]
    frame = local.createDataFrame([(text, f"d{i}") for i, text in enumerate(words)], "words string, id string")
    found = spark.score_frame(frame, model, text_column="words").toPandas().sort_values(ORDER, ignore_index=True)
    documents = [Document(words[0], "d0"), Document(words[2], "d2")]
    table = Table.load()
    expected = pd.DataFrame(columns(list(analyse(documents, table)), table.labels))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_an_output_that_is_there_is_left_alone(rows, tmp_path, model):
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match="Spark writes a new folder"):
        spark.score_corpus(Corpus.find([str(rows(1))]), model, tmp_path / "out", master="local[2]")


def test_a_failure_of_spark_is_one_line(local, model):
    with pytest.raises(StanceError, match=r"--master local\[\*\]: Spark failed") as error, spark.session():
        spark.score_frame(local.createDataFrame([("?",)], "words string"), model, text_column="none").collect()
    assert "\n" not in str(error.value)


def test_the_registered_champion_is_a_spark_function(local, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    table = Table.load()
    corpus = pd.DataFrame({"text": ["We will talk."], "label": ["conciliatory"]})
    tracking.record_training(
        table, corpus=corpus, digest="ab" * 32, parameters={}, evaluations={}, card="", register="stance"
    )
    tracking.promote(["We will talk."], ["conciliatory"])
    texts = ["We are ready to meet.", "They will pay for this attack."] * 20
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    try:
        score = mlflow.pyfunc.spark_udf(local, "models:/stance@champion", env_manager="local")
        frame = local.createDataFrame([(text,) for text in texts], "text string").repartition(2)
        found = frame.withColumn("scored", score("text")).select("text", "scored.*").toPandas()
    finally:
        mlflow.set_tracking_uri(None)
    scores = table.score(found["text"].tolist())
    assert len(found) == len(texts)
    assert found["stance"].tolist() == [table.labels[i] for i in scores.probabilities.argmax(axis=1)]
    assert found["tone"].tolist() == pytest.approx(scores.tone.tolist())
