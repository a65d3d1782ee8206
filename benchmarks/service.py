"""Load the service beside a bare FastAPI echo and `mlflow models serve`, on this machine, in turns.

    python benchmarks/service.py [--seconds 60] [--clients 32] [--workers 1] [--rounds 6]

Clients keep their connections and ask again as soon as they are answered, with articles of 20 statements that differ
from each other. All servers are up the whole time, and each is asked for a part of the seconds in each round, so that
whatever else the machine does weighs on all of them. Writes benchmarks/service.md. Only the loopback address is used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVE = "import typer; from stance.service.command import serve; typer.run(serve)"
ECHO = """
import sys, uvicorn
from fastapi import FastAPI, Request
app = FastAPI()
@app.post("/echo")
async def echo(request: Request):
    return await request.json()
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning", workers=None)
"""
STATEMENTS = 20


@dataclass(frozen=True)
class Load:
    """What clients met: seconds of each answered request, how many not with 200; cpu: seconds of the servers."""

    seconds: list[float]
    errors: int
    duration: float
    cpu: float = 0.0

    def __add__(self, more: Load) -> Load:
        return Load(
            self.seconds + more.seconds, self.errors + more.errors, self.duration + more.duration, self.cpu + more.cpu
        )

    @property
    def cost(self) -> float:
        """Milliseconds of processor for a request, which other work on the machine changes little."""
        return 1000 * self.cpu / max(1, len(self.seconds))

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.seconds) / self.duration

    def at(self, share: float) -> float:
        """A quantile of the latency in milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "service.md")
    parser.add_argument("--without-mlflow", action="store_true", help="leave out what takes long to start")
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    targets = [Echo(), Stance()] if options.without_mlflow else [Echo(), Stance(), MLflow()]
    rows = measure(targets, articles_of(STATEMENTS), options)
    text = table(rows, options)
    print(text)
    options.out.write_text(text, encoding="utf-8")


def articles_of(n: int, count: int = 400) -> list[list[str]]:
    """Articles of n statements each, made of sentences from the corpus; no two alike."""
    files = sorted((ROOT / "data" / "corpus").glob("plain-*.jsonl"))
    texts = [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    draw = random.Random(7)
    return [draw.sample(texts, n) for _ in range(count)]


def measure(
    targets: list[Target], articles: list[list[str]], options: argparse.Namespace
) -> list[tuple[str, Load, Load]]:
    """For each kind of request what one client alone met, and what many did."""
    with ExitStack() as up:
        kinds = [
            (name, *server, [http(path, json.dumps(body(article)).encode()) for article in articles])
            for target in targets
            for server in [up.enter_context(target.start(options.workers))]
            for name, path, body in target.requests
        ]
        alone, many = ([Load([], 0, 0.0) for _ in kinds] for _ in range(2))
        for _, port, _, requests in kinds:
            asyncio.run(load(port, requests, 2, 2.0))  # warms up
        for turn in range(options.rounds):
            for i, (name, port, process, requests) in enumerate(kinds):
                seconds = options.seconds / options.rounds
                alone[i] += asyncio.run(load(port, requests, 1, min(10.0, options.seconds) / options.rounds))
                before = used(process)
                found = asyncio.run(load(port, requests, options.clients, seconds))
                found = replace(found, cpu=used(process) - before)
                many[i] += found
                print(f"{turn + 1}: {name}: {found.rate:.0f}/s, {found.errors} errors", file=sys.stderr)
        return [(kind[0], *loads) for kind, *loads in zip(kinds, alone, many, strict=True)]


def used(process: int) -> float:
    """Seconds of processor that a process and its descendants have used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") + sum(used(int(child)) for child in children)


def http(path: str, content: bytes) -> bytes:
    """A request as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    )
    return head.encode() + b"\r\n\r\n" + content


async def load(port: int, requests: list[bytes], clients: int, seconds: float) -> Load:
    """Ask for so long with so many clients."""
    found: list[float] = []
    errors = 0
    start = time.perf_counter()

    async def client(number: int) -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turn = number * 13
        while time.perf_counter() - start < seconds:
            turn += 1
            began = time.perf_counter()
            writer.write(requests[turn % len(requests)])
            if await answer(reader) == 200:
                found.append(time.perf_counter() - began)
            else:
                errors += 1
        writer.close()

    for outcome in await asyncio.gather(*(client(n) for n in range(clients)), return_exceptions=True):
        errors += isinstance(outcome, BaseException)
    return Load(found, errors, time.perf_counter() - start)


async def answer(reader: asyncio.StreamReader) -> int:
    """Read one answer; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length:
        await reader.readexactly(int(length[1]))
    else:  # chunked
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return int(head.split(b" ", 2)[1])


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own, up when it accepts connections."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, **environment})
        try:
            for _ in range(600):
                if process.poll() is not None:
                    said.seek(0)
                    raise SystemExit(f"{command[:4]} ended: {said.read().decode()[-2000:]}")
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=40)


def until_ready(port: int) -> None:
    """Wait until MLflow answers."""
    for _ in range(300):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2):
            return
        time.sleep(0.2)
    raise SystemExit("mlflow models serve does not answer")


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Target:
    """Something to load: requests by name, path and body, and how it is started."""

    requests: tuple  # type: ignore[type-arg]

    @contextmanager
    def start(self, workers: int) -> Iterator[tuple[int, int]]:
        raise NotImplementedError


class Echo(Target):
    """FastAPI that gives back what it gets."""

    requests = (("FastAPI echo of the same body", "/echo", lambda article: {"text": "\n".join(article)}),)

    @contextmanager
    def start(self, workers: int) -> Iterator[tuple[int, int]]:
        port = free_port()
        with running([sys.executable, "-c", ECHO, str(port)], port) as up:
            yield up


class Stance(Target):
    """The service."""

    requests = (
        ("stance: article cut, attributed, scored", "/v1/score", lambda article: {"text": "\n".join(article)}),
        ("stance: statements attributed, scored", "/v1/score", lambda article: {"statements": article}),
        ("stance: statements scored only", "/v1/score", lambda article: {"statements": article, "attribute": False}),
    )

    @contextmanager
    def start(self, workers: int) -> Iterator[tuple[int, int]]:
        port = free_port()
        command = [sys.executable, "-c", SERVE, "--port", str(port), "--workers", str(workers)]
        with running(command, port) as up:
            yield up


class MLflow(Target):
    """The same model under `mlflow models serve`: statements scored, neither cut nor attributed."""

    requests = (
        (
            "mlflow models serve: statements scored only",
            "/invocations",
            lambda article: {"dataframe_split": {"columns": ["text"], "data": [[text] for text in article]}},
        ),
    )

    @contextmanager
    def start(self, workers: int) -> Iterator[tuple[int, int]]:
        port = free_port()
        with tempfile.TemporaryDirectory() as folder:
            model = save_model(Path(folder))
            binaries = str(Path(sys.executable).parent)
            command = [f"{binaries}/mlflow", "models", "serve", "--model-uri", str(model), "--env-manager", "local",
                       "--port", str(port), "--host", "127.0.0.1", "--workers", str(workers)]  # fmt: skip
            path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
            with running(command, port, MLFLOW_DISABLE_TELEMETRY="true", PATH=path) as up:
                until_ready(port)  # its supervisor listens before its worker has loaded the model
                yield up


def save_model(folder: Path) -> Path:
    """The default table as an MLflow model on disk."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow

    from stance.model.table import DEFAULT
    from stance.tracking.pyfunc import CODE

    code = folder / "model.py"
    code.write_text(CODE, encoding="utf-8")
    mlflow.pyfunc.save_model(
        path=str(folder / "model"),
        python_model=str(code),
        artifacts={"table": str(DEFAULT)},
        pip_requirements=["stance"],
    )
    return folder / "model"


def table(rows: list[tuple[str, Load, Load]], options: argparse.Namespace) -> str:
    """The figures as Markdown, with what they are to be."""
    lines = [
        f"| {name} | {alone.at(0.5):.1f} ms | {alone.at(0.99):.1f} ms | {many.at(0.5):.0f} ms | {many.at(0.99):.0f} ms "
        f"| {many.rate:.0f}/s | {many.cost:.2f} ms | {many.errors} |"
        for name, alone, many in rows
    ]
    echo, ours, _, scored, *others = rows
    ratios = [
        f"{what}: {row[2].rate / mlflow[2].rate:.1f} times the requests per second of `mlflow models serve`, "
        f"{mlflow[2].cost / row[2].cost:.1f} times those per second of processor"
        for mlflow in others
        for what, row in (("Statements scored only", scored), ("Article cut, attributed, scored", ours))
    ]
    limit = 3 * echo[1].at(0.5) + 10
    machine = f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores (load {os.getloadavg()[2]:.1f})"
    return PAGE.format(
        machine=f"{machine}, Python {platform.python_version()}, "
        f"stance {version('stance')}, fastapi {version('fastapi')}, mlflow {version('mlflow')}",
        clients=options.clients, seconds=options.seconds, workers=options.workers,
        rounds=options.rounds, rows="\n".join(lines),
        p50=f"{ours[1].at(0.5):.1f} ms, at most 3 x {echo[1].at(0.5):.1f} + 10 = {limit:.1f} ms",
        ratios="".join(f"- {line}.\n" for line in ratios), errors=sum(row[2].errors for row in rows),
    )  # fmt: skip


PAGE = """# Load on the service

Written by `python benchmarks/service.py`; each with {workers} worker, asked by {clients} clients for {seconds:g} s in
{rounds} rounds, and by one client alone; articles of 20 statements, all different. Clients and servers share the
machine. MLflow's server scores statements as they are; the like of it is "statements scored only".

{machine}

| what | p50 alone | p99 alone | p50 of {clients} | p99 of {clients} | requests | CPU of servers a request | errors |
|---|---|---|---|---|---|---|---|
{rows}

- One article alone: p50 {p50}.
{ratios}- Errors: {errors}.
"""


if __name__ == "__main__":
    main()
