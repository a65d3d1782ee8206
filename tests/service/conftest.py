"""Apps in this process, and services in processes of their own on the loopback address."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from stance.service.app import create_app
from stance.service.guard import Doors
from stance.service.live import Live

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-tests-only-0123456789"
HASTY = """
import sys
from stance.service.app import create_app
from stance.service.guard import Limits
from stance.service.journal import open_journal
from stance.service.live import Live
from stance.service.server import bind, run

listener = bind("127.0.0.1", 0)
open_journal()
app = create_app(Live(), limits=Limits(arrival=1.0, stall=1.0))
print("http://%s:%s" % listener.getsockname(), file=sys.stderr)
run(app, listener)
"""
"""A service that waits a second, not ten."""


@pytest.fixture(scope="session")
def live():
    return Live()


@pytest.fixture(scope="session")
def article():
    return (ROOT / "examples" / "strait.txt").read_text(encoding="utf-8")


def client_of(app):
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.fixture(scope="session")
def client(live):
    with client_of(create_app(live)) as client:
        yield client


@pytest.fixture(scope="session")
def keyed(live):
    with client_of(create_app(live, doors=Doors(key=KEY, hosts=frozenset({"stance.example"})))) as client:
        yield client


@pytest.fixture
def make_client():
    """A client of an app with settings of its own; its lifespan is not run."""
    return lambda live, **settings: client_of(create_app(live, **settings))


class Service:
    """A running `stance serve`: its address, its process and what it wrote."""

    def __init__(self, process, log):
        self.process, self.log = process, log
        self.port = self._port()
        self.url = f"http://127.0.0.1:{self.port}"

    def _port(self):
        for _ in range(600):
            found = re.search(r"http://127\.0\.0\.1:(\d+)", self.said())
            if found:
                return int(found[1])
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)
        raise AssertionError(f"not up: {self.said()}")

    def said(self):
        return self.log.read_text(encoding="utf-8")

    def lines(self):
        """The structured part of the log."""
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)


@pytest.fixture
def serve(tmp_path):
    """Start a service with options: `with serve("--workers", "2") as service`; `hasty` ones wait for a second only."""

    @contextmanager
    def started(*options, hasty=False):
        log = tmp_path / f"log-{time.monotonic_ns()}"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *(["-c", HASTY] if hasty else ["-m", "stance.cli", "serve", "--port", "0", *options])],
                stderr=file, stdout=file, env=environment,
            )  # fmt: skip
        try:
            service = Service(process, log)
            yield service
            service.stop()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    return started


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    return path
