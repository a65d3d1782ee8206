"""Runs, versions and the champion, on a real store in a temporary folder; and stores that do not answer."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stance import tracking
from stance.errors import InputError, ModelError, TrackingError, UsageError
from stance.model.evaluation import evaluate
from stance.model.params import Params
from stance.model.table import Table
from stance.model.training import train
from stance.service.live import Live

LABELS = ["conciliatory", "hawkish", "neutral"]
TEXTS = ["Talks for peace went on.", "They will attack again.", "The report has two parts.", "A threat was made."] * 15
TRUTH = ["conciliatory", "hawkish", "neutral", "hawkish"] * 15


@cache
def trained(labels=tuple(LABELS), tone=True):
    """A small real table that has its training statements right."""
    frame = corpus(tone).assign(label=truth_in(labels), group=[f"g{i // 4}" for i in range(len(TEXTS))])
    params = Params(C=(30.0,), shape_weight=(1.0,), tone_alpha=(1.0,), folds=2, min_df=1)
    return train(frame, params, jobs=1).table


def made(labels=tuple(LABELS), tone=True, bias=0.0):
    """The same, but the more bias, the more it says the last label, whatever the text."""
    table = trained(labels, tone)
    biased = table.arrays["bias"].copy()
    biased[len(labels) - 1] += bias
    return Table({**table.header, "bias": bias}, {**table.arrays, "bias": biased})


def truth_in(labels):
    return TRUTH if list(labels) == LABELS else list(labels) * (len(TEXTS) // len(labels))


def corpus(tone=True):
    tones = [1.0, -2.0, 0.0, float("nan")] * 15
    frame = pd.DataFrame({"text": TEXTS, "label": TRUTH, "tone": tones, "file": "votes.csv", "line": range(60)})
    return frame if tone else frame.drop(columns="tone")


def record(table=None, **options):
    options = {"parameters": {"C": 3, "shapes": {"min_df": 2}}, "evaluations": {}, **options}
    return tracking.record_training(table or made(), corpus=corpus(), digest="ab" * 32, card="# Card\n", **options)


def measured(table):
    p = table.score(TEXTS).probabilities
    return {"test": evaluate(table.labels, truth_in(table.labels), p, samples=50)}


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """A store with its tables made, once, for a second and a half."""
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        with tracking.store.connected():
            pass
    return folder / "mlflow.db"


@pytest.fixture
def folder(empty_store, tmp_path, monkeypatch):
    """An empty working folder with a store and a cache of its own."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(empty_store, work)
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def run_stance(capsys):
    """Runs `stance` in this process and returns what it prints."""
    from stance.cli import main

    def run_stance(*arguments):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        assert not end.value.code
        return capsys.readouterr().out

    return run_stance


@pytest.fixture
def client(folder):
    import mlflow

    return mlflow.MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")


def test_a_training_is_one_run_with_all_that_belongs_to_it(folder, client, capfd):
    made_record = record(experiment="trial", evaluations=measured(made()), metrics={"cv/macro_f1": 0.71})
    assert capfd.readouterr() == ("", "")
    run = client.get_run(made_record.run_id)
    assert run.info.status == "FINISHED"
    assert client.get_experiment(run.info.experiment_id).name == "trial"
    assert run.data.params == {"C": "3", "shapes.min_df": "2"}
    assert run.data.metrics["cv/macro_f1"] == 0.71
    assert {"test/macro_f1", "test/macro_f1_low", "test/ece", "test/f1/hawkish"} <= set(run.data.metrics)
    (dataset,) = run.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("corpus", ("ab" * 32)[:36])
    assert run.data.tags["corpus.digest"] == "ab" * 32
    files = {file.path for file in client.list_artifacts(made_record.run_id, "test")}
    assert files == {f"test/{f}" for f in ("evaluation.json", "confusion.png", "reliability.png", "coverage.png")}
    assert (folder / "mlartifacts" / made_record.run_id / "artifacts" / "card.md").read_text() == "# Card\n"
    assert sorted(p.name for p in folder.iterdir()) == ["mlartifacts", "mlflow.db"]


def test_the_commit_of_the_folder_is_tagged_and_whether_it_was_clean(folder, client):
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "start"], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    tags = client.get_run(record().run_id).data.tags
    assert (tags["mlflow.source.git.commit"], tags["git.dirty"]) == (head, "true")


@pytest.mark.parametrize("tone", [True, False])
def test_the_logged_model_predicts_as_the_table_does_with_a_signature(folder, tone):
    import mlflow

    table = made(tone=tone)
    made_record = record(table)
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    try:
        model = mlflow.pyfunc.load_model(made_record.model_uri)
    finally:
        mlflow.set_tracking_uri(None)
    assert model.metadata.signature.inputs.to_dict() == [{"type": "string", "name": "text", "required": True}]
    with pytest.raises(InputError, match="row 2: no text"):
        model.predict(pd.DataFrame({"text": ["Talks went on.", None]}))
    found = model.predict(pd.DataFrame({"text": [*TEXTS[:3], ""]}))
    scores = table.score([*TEXTS[:3], ""])
    columns = ["stance", "p_conciliatory", "p_hawkish", "p_neutral", "confidence"] + ["tone"] * tone
    assert list(found) == columns == model.metadata.signature.outputs.input_names()
    np.testing.assert_allclose(found[[f"p_{label}" for label in LABELS]], scores.probabilities)
    assert found["stance"].tolist()[:3] == ["conciliatory", "hawkish", "neutral"]
    if tone:
        np.testing.assert_allclose(found["tone"], scores.tone)


def test_registering_makes_versions_and_moves_the_challenger(folder, client):
    assert record().version is None
    assert record(register="stance").version == 1
    assert record(register="stance").version == 2
    assert int(client.get_model_version_by_alias("stance", "challenger").version) == 2
    assert client.get_model_version("stance", "2").source.startswith("models:/m-")


@pytest.mark.parametrize("name", ["a/b", "a:b", "", " ", "a@b"])
def test_a_name_that_cannot_be_registered_is_a_usage_error_before_anything_is_done(name):
    with pytest.raises(UsageError, match="--register"):
        tracking.check_name(name)


def test_labels_of_any_script_can_be_recorded(folder, client):
    table = made(labels=("жёстко (да)", "мягко"), tone=False)
    run = client.get_run(record(table, evaluations=measured(table)).run_id)
    assert run.info.status == "FINISHED"


def test_a_registered_table_comes_back_by_alias_and_by_version(folder):
    record(register="stance")
    strong = made(bias=0.1)
    record(strong, register="stance")
    newest = tracking.resolve_model("models:/stance@challenger")
    assert Table.load(newest.path).digest == strong.digest
    assert (newest.name, newest.version) == ("stance", 2)
    assert Table.load(tracking.resolve_model("models:/stance/1").path).digest == made().digest
    assert tracking.resolve_model("models:/stance/2") == newest


def test_the_service_names_the_version_that_an_alias_stands_for(folder):
    for bias in (0.0, 0.1):
        record(made(bias=bias), register="stance")
    live = Live("models:/stance@challenger")
    assert (live.model.name.name, live.model.name.version) == ("stance", "2")
    assert live.model.card.reference == "models:/stance@challenger"


def test_a_model_fetched_before_is_used_while_the_store_is_away(folder, caplog):
    record(register="stance")
    fetched = tracking.resolve_model("models:/stance@challenger")
    (folder / "mlflow.db").unlink()
    assert tracking.resolve_model("models:/stance@challenger") == fetched
    assert "no tracking store: using models:/stance@challenger as last fetched" in caplog.text
    with pytest.raises(TrackingError, match="no tracking store"):
        tracking.resolve_model("models:/stance/1")


def resolved_apart(reference):
    """What a fresh process finds, which must not load MLflow."""
    code = "import sys; from stance.tracking import resolve_model; found = resolve_model(sys.argv[1]); "
    code += "assert not {'mlflow', 'sqlalchemy'} & set(sys.modules), 'MLflow was loaded'; print(*found)"
    path = os.pathsep.join(filter(None, [str(Path(tracking.__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", code, reference], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    name, version, path = done.stdout.split()
    return tracking.Resolved(name, int(version), Path(path))


def test_a_model_fetched_before_is_found_again_without_mlflow_and_alias_by_alias(folder, client):
    record(register="stance")
    first = tracking.resolve_model("models:/stance@challenger")
    assert resolved_apart("models:/stance@challenger") == first == resolved_apart("models:/stance/1")
    record(made(bias=0.1), register="stance")
    second = tracking.resolve_model("models:/stance@challenger")
    assert resolved_apart("models:/stance@challenger") == second != first
    client.set_registered_model_alias("stance", "challenger", "1")
    assert resolved_apart("models:/stance@challenger") == first
    (folder / "mlflow.db").unlink()
    assert resolved_apart("models:/stance@challenger") == first


def test_two_versions_of_one_table_are_kept_once_and_a_damaged_copy_is_fetched_anew(folder, tmp_path):
    record(register="stance"), record(register="stance")
    one, other = (tracking.resolve_model(f"models:/stance/{version}").path for version in (1, 2))
    assert one == other
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 1
    one.write_bytes(b"damaged")
    assert Table.load(tracking.resolve_model("models:/stance/1").path).digest == made().digest


def test_the_versions_are_listed_with_aliases_and_measures(folder, run_stance):
    figures = measured(made())["test"]
    record(register="stance", evaluations=dict.fromkeys(trained().header["metrics"], figures))  # as `stance train` does
    tracking.promote(TEXTS, TRUTH)
    record(register="stance")
    record(register="other")
    found = json.loads(run_stance("models", "stance", "--format", "json"))
    assert [(v["version"], v["aliases"]) for v in found] == [(2, ["challenger"]), (1, ["champion"])]
    assert found[1]["metrics"]["cross-validation/macro_f1"] == figures.macro_f1
    assert found[1]["corpus"] == "ab" * 32
    assert found[1]["promotion"] == "there was no champion"
    header, *lines = run_stance("models").splitlines()
    assert header.split() == ["model", "aliases", "made", "F1", "cv", "F1", "test", "ECE", "test"]
    assert [line.split()[0] for line in lines] == ["models:/other/1", "models:/stance/2", "models:/stance/1"]
    assert lines[-1].split()[-3:] == [f"{x:.3f}" for x in (figures.macro_f1, figures.macro_f1, figures.ece)]
    assert lines[2].split()[1] == "champion"


def test_a_name_under_which_nothing_is_registered_is_told_what_there_is(folder):
    record(register="stance")
    with pytest.raises(ModelError, match=r"stanze in sqlite.*: no such model: there are stance"):
        tracking.list_versions("stanze")


@pytest.mark.parametrize("reference", ["models:/stance@champion", "models:/stance/7", "models:/other/1"])
def test_a_model_that_is_not_there_is_named_with_a_remedy(folder, reference):
    record(register="stance")
    with pytest.raises(ModelError) as error:
        tracking.resolve_model(reference)
    assert str(error.value).startswith(f"{reference}: no such model: see what ")


@pytest.mark.parametrize("reference", ["models:/stance", "models:/", "stance@champion", "models:/a/b", "models:/a/0"])
def test_a_malformed_reference_is_a_usage_error(reference):
    with pytest.raises(UsageError, match="not a reference to a registered model: write models:/NAME@ALIAS"):
        tracking.resolve_model(reference)


def test_a_version_whose_table_is_gone_is_a_model_error(folder):
    record(register="stance")
    shutil.rmtree(folder / "mlartifacts")
    with pytest.raises(ModelError, match=r"models:/stance/1: its table cannot be fetched"):
        tracking.resolve_model("models:/stance@challenger")


def test_the_first_challenger_becomes_champion_and_a_better_one_takes_over(folder, client):
    record(made(bias=1e4), register="stance")
    first = tracking.promote(TEXTS, TRUTH)
    assert (first.promoted, first.version, first.champion, first.reason) == (
        True,
        1,
        None,
        "there was no champion",
    )
    again = tracking.promote(TEXTS, TRUTH)
    assert (again.promoted, again.reason) == (False, "it is the champion already")
    record(made(bias=0.2), register="stance")
    better = tracking.promote(TEXTS, TRUTH)
    assert better.promoted
    assert better.comparison.interval[0] > 0
    assert str(better).startswith("models:/stance/2 is now champion: better beyond its interval: macro-F1 ")
    assert int(client.get_model_version_by_alias("stance", "champion").version) == 2
    assert json.loads(json.dumps(better.to_dict()))["champion"] == 1


def test_an_equal_challenger_is_not_promoted_and_told_why(folder, client):
    record(register="stance")
    tracking.promote(TEXTS, TRUTH)
    record(made(bias=0.2), register="stance")
    equal = tracking.promote(TEXTS, TRUTH)
    assert not equal.promoted
    assert "not better beyond its interval" in equal.reason
    assert "difference +0.000" in equal.reason
    assert int(client.get_model_version_by_alias("stance", "champion").version) == 1
    assert client.get_model_version("stance", "2").tags["promotion"] == equal.reason


def test_a_challenger_with_other_labels_is_not_compared(folder):
    record(register="stance")
    tracking.promote(TEXTS, TRUTH)
    record(made(labels=("dove", "hawk")), register="stance")
    other = tracking.promote(TEXTS, ["dove", "hawk"] * 30)
    assert (other.promoted, other.comparison) == (False, None)
    assert "its labels differ from the champion's" in other.reason


def test_promotion_names_the_row_whose_label_is_unknown(folder):
    record(register="stance")
    tracking.promote(TEXTS, TRUTH)
    record(made(bias=0.2), register="stance")
    with pytest.raises(InputError, match=r"votes.csv:3: unknown label 'hawk'"):
        tracking.promote(TEXTS[:2], ["neutral", "hawk"], places=["votes.csv:2", "votes.csv:3"])


def test_promoting_without_a_store_or_challenger_says_what_is_missing(folder):
    with pytest.raises(ModelError, match="models:/stance@challenger: no such model"):
        tracking.promote(TEXTS, TRUTH)
    (folder / "mlflow.db").unlink()
    with pytest.raises(TrackingError, match="no tracking store: train with"):
        tracking.promote(TEXTS, TRUTH)
    assert not (folder / "mlflow.db").exists()


def test_a_locked_store_is_a_tracking_error_within_seconds(folder):
    other = sqlite3.connect(folder / "mlflow.db")
    other.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    try:
        with pytest.raises(TrackingError, match="the tracking store is locked by another program: wait for it"):
            record()
    finally:
        other.close()
    assert time.monotonic() - start < 5
    assert record().run_id


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "http://user:secret@127.0.0.1:9/mlflow"])
def test_an_unreachable_server_is_a_tracking_error_within_seconds_that_keeps_its_password(folder, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    start = time.monotonic()
    with pytest.raises(TrackingError) as error:
        record()
    assert time.monotonic() - start < 8
    assert "\n" not in str(error.value)
    assert ": the tracking server does not answer: check MLFLOW_TRACKING_URI" in str(error.value)
    assert "secret" not in str(error.value)
    assert os.environ["MLFLOW_TRACKING_URI"] == uri


@pytest.mark.parametrize("uri", ["file:///tmp/mlruns", "nosuch://place", "sqlite:////proc/none/mlflow.db"])
def test_an_address_that_cannot_be_a_store_is_a_tracking_error(folder, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(TrackingError) as error:
        record()
    assert str(error.value).startswith(uri)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_database_is_a_tracking_error(folder):
    (folder / "mlflow.db").write_text("not a database, but long enough to be read as one. " * 40)
    with pytest.raises(TrackingError, match="file is not a database"):
        record()


def test_nothing_of_the_callers_settings_is_changed(folder, monkeypatch):
    import mlflow

    before = dict(os.environ)
    record()
    assert dict(os.environ) == before
    assert mlflow.get_tracking_uri() == f"sqlite:///{Path.cwd()}/mlflow.db"
    assert mlflow.active_run() is None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_ui_refuses_a_taken_port_and_a_store_that_has_its_own(folder, monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port: port {port} is taken"):
            tracking.serve_ui(port)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    with pytest.raises(UsageError, match="the store is a server: open its address"):
        tracking.serve_ui()


@contextmanager
def served(port):
    """`stance ui` as a process of its own; ended as Ctrl-C does."""
    code = f"from stance import tracking; tracking.serve_ui({port})"
    path = os.pathsep.join(filter(None, [str(Path(tracking.__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment)
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        server.out = server.communicate(timeout=30)


def test_the_ui_shows_the_runs_and_is_a_store_itself_until_it_is_ended(folder, monkeypatch, caplog, capfd):
    record(experiment="before")
    port = free_port()
    with served(port) as server:
        found = ask(f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search", {"max_results": 10})
        assert "before" in [e["name"] for e in found["experiments"]]
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        capfd.readouterr()
        over = record(experiment="over HTTP", register="stance")
        assert (over.store, over.version) == (f"http://127.0.0.1:{port}", 1)
        fetched = tracking.resolve_model("models:/stance@challenger")
        assert Table.load(fetched.path).digest == made().digest
        assert resolved_apart("models:/stance@challenger") == fetched == resolved_apart("models:/stance/1")
        assert capfd.readouterr() == ("", "")
    assert server.out[1].startswith(f"MLflow UI of sqlite:///{folder}/mlflow.db: http://127.0.0.1:{port}")
    assert tracking.resolve_model("models:/stance@challenger") == fetched
    assert "using models:/stance@challenger as last fetched" in caplog.text
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def ask(url, body, patience=40):
    """The server's answer, once it is up."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    deadline = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_importing_the_package_does_not_load_mlflow():
    code = "import sys, stance.tracking.pyfunc; sys.exit(bool({'mlflow', 'pandas', 'sklearn'} & set(sys.modules)))"
    path = str(Path(tracking.__file__).parents[2])
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})
