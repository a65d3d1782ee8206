"""Services in processes of their own: signals, reloads under load, slow bodies, several workers."""

import json
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from stance.errors import ModelError, UsageError
from stance.model.table import Table
from stance.service.command import read_key
from stance.service.live import Live
from stance.service.server import bind

KEY = "a-key-for-tests-only-0123456789"


def ask(url, body=None, *, method=None, timeout=30):
    """Status and JSON of one request on a connection of its own."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data, headers, method=method), timeout=timeout
        ) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


class Load:
    """Clients that ask all the time; what they were answered."""

    def __init__(self, url, clients=6):
        self.url, self.answers, self.failures, self.on = url, [], [], True
        self.threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self):
        while self.on:
            try:
                self.answers.append(ask(self.url, {"text": "They will talk. We will fight on, he said."}))
            except OSError as error:
                self.failures.append(repr(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.on = False
        for thread in self.threads:
            thread.join()

    def until(self, digest, seconds=20):
        """Wait until the last twelve answers came from one model."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            last = self.answers[-12:]
            if len(last) == 12 and all(body["model"]["digest"] == digest for _, body in last):
                return
            time.sleep(0.05)
        raise AssertionError(f"never answered by {digest}")


@pytest.fixture
def tables(tmp_path):
    """A model file, and the content and digest of two models for it, the second with its first two labels swapped."""
    table = Table.load()
    first, second, *rest = table.labels
    other = Table({**table.header, "name": "other", "labels": [second, first, *rest]}, table.arrays)
    found = []
    for name, one in (("first", table), ("second", other)):
        one.save(tmp_path / f"{name}.npz")
        found.append((tmp_path / f"{name}.npz", one.digest))
    path = tmp_path / "model.npz"
    path.write_bytes(found[0][0].read_bytes())
    return path, found


def put(path, source):
    part = path.with_suffix(".part")
    part.write_bytes(source.read_bytes())
    part.replace(path)


def check_whole(load, models):
    """No request was lost, and each was answered by one model from beginning to end."""
    assert load.failures == []
    assert {status for status, _ in load.answers} == {200}
    assert {body["model"]["digest"] for _, body in load.answers} == {digest for _, digest in models}
    for _, body in load.answers:
        assert all(list(s["probabilities"]) == body["model"]["labels"] for s in body["statements"])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_reload_under_load_loses_no_request(serve, tables, key_file, workers):
    path, models = tables
    options = ("--model", str(path), "--api-key-file", str(key_file), "--workers", str(workers))
    with serve(*options) as service, Load(service.url + "/v1/score") as load:
        load.until(models[0][1])
        put(path, models[1][0])
        status, name = ask(service.url + "/v1/model/reload", method="POST")
        assert (status, name["digest"]) == (200, models[1][1])
        load.until(models[1][1])
        put(path, models[0][0])
        service.process.send_signal(signal.SIGHUP)
        load.until(models[0][1])
    check_whole(load, models)


def test_a_model_that_cannot_be_loaded_leaves_the_old_one(serve, tables, key_file):
    path, models = tables
    with serve("--model", str(path), "--api-key-file", str(key_file)) as service:
        path.write_bytes(b"not a model")
        status, problem = ask(service.url + "/v1/model/reload", method="POST")
        assert status == 409
        assert "not a usable model table" in problem["detail"]
        service.process.send_signal(signal.SIGHUP)
        assert ask(service.url + "/v1/score", {"text": "a"})[1]["model"]["digest"] == models[0][1]
        assert re.search(r'stance_model_reloads_total\{result="failed"\} [12]', figures(service))


def figures(service):
    request = urllib.request.Request(service.url + "/metrics", headers={"authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def children_of(service):
    pid = service.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_workers_end_with_a_parent_that_was_killed(serve):
    with serve("--workers", "2") as service:
        children = children_of(service)
        service.process.kill()
        service.process.wait()
        end = time.monotonic() + 10
        while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_workers_add_up_their_figures_and_replace_their_dead(serve):
    with serve("--workers", "2") as service:
        for _ in range(20):
            assert ask(service.url + "/v1/score", {"text": "a"})[0] == 200
        assert 'stance_requests_total{method="POST",route="/v1/score",status="200"} 20.0' in figures(service)
        children = children_of(service)
        assert len(children) == 2
        os.kill(children[0], signal.SIGKILL)
        end = time.monotonic() + 20
        while "worker died" not in service.said() and time.monotonic() < end:
            time.sleep(0.05)
        assert [ask(service.url + "/healthz")[0] for _ in range(10)] == [200] * 10
        assert service.stop() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_lets_requests_in_flight_finish(serve, workers):
    answers = []
    with serve("--workers", str(workers)) as service:
        body = {"text": "The two sides agreed to meet again in the capital on Friday. " * 1500, "explain": True}
        asking = threading.Thread(target=lambda: answers.append(ask(service.url + "/v1/score", body)))
        asking.start()
        time.sleep(0.4)
        assert answers == [], "the request was over before the stop"
        service.process.send_signal(signal.SIGTERM)
        asking.join()
        service.stop()
        with pytest.raises(OSError):  # noqa: PT011  (refused or reset, as the system likes)
            ask(service.url + "/healthz", timeout=2)
    ((status, answer),) = answers
    assert (status, len(answer["statements"])) == (200, 1500)
    assert "Traceback" not in service.said()


def send(service, data, *, wait=15.0):
    """What comes back for raw bytes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=wait) as connection:
        connection.sendall(data)
        got = b""
        while b"\r\n\r\n" not in got and (part := connection.recv(65536)):
            got += part
        return got


RAW = {
    "no HTTP": b"hello there\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a negative length": b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n{}",
    "a huge length": b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n{}",
    "bad chunks": b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"zz\r\n{}\r\n0\r\n\r\n",
    "huge headers": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "an endless chunked body": b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"ffff\r\n" + b"a" * 65535 + b"\r\n"
    + (b"ffff\r\n" + b"a" * 65535 + b"\r\n") * 40,
    "a body that never comes": b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 500\r\n\r\n{",
}  # fmt: skip


def test_hostile_bytes_are_answered_4xx_and_the_service_lives(serve):
    with serve() as service:
        for name, data in RAW.items():
            try:
                assert send(service, data)[:12].startswith(b"HTTP/1.1 4"), name
            except (BrokenPipeError, ConnectionResetError):
                assert name in ("huge headers", "an endless chunked body"), name  # closed while we still sent
        assert ask(service.url + "/v1/score", {"text": "We will talk."})[0] == 200
        assert "Traceback" not in service.said()


def test_a_key_is_read_and_a_poor_one_refused(tmp_path):
    path = tmp_path / "key"
    path.write_text(f"  {KEY}\n")
    assert read_key(path) == KEY
    assert read_key(None) is None
    for content in ("", "short", "with a space in the middle", "ü" * 20):
        path.write_text(content)
        with pytest.raises(UsageError, match="--api-key-file"):
            read_key(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_key(tmp_path / "nowhere")


def test_a_port_in_use_and_a_foreign_address_are_usage_errors():
    with bind("127.0.0.1", 0) as taken, pytest.raises(UsageError, match="cannot listen there"):
        bind("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UsageError, match="cannot listen there"):
        bind("203.0.113.7", 0)


def test_a_missing_model_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="cannot read the model"):
        Live(str(tmp_path / "none.npz"))
