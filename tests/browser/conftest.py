"""A real Chromium, a running service, and reports on disk. Without a browser the tests are skipped; in CI they fail."""

import os
import shutil
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KEY = "a-key-for-tests-only-0123456789"


def missing(what):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; CI must run the browser tests")
    pytest.skip(what)


@pytest.fixture(scope="session")
def chromium():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install -e '.[dev]'")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        missing("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def serve(app):
    """Serve an app in a thread; its address, and how to stop it."""
    import uvicorn

    from stance.service.server import bind

    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()

    def stop():
        server.should_exit = True
        thread.join()

    return f"http://127.0.0.1:{listener.getsockname()[1]}", stop


@pytest.fixture(scope="session")
def services(chromium):
    """Addresses of a service that is open and of one with a key."""
    from stance.service.app import create_app
    from stance.service.guard import Doors
    from stance.service.live import Live

    live = Live()
    started = [serve(create_app(live, doors=doors)) for doors in (Doors(), Doors(key=KEY))]
    yield [url for url, _ in started]
    for _, stop in started:
        stop()


class Tab:
    """A page that takes note of what must not happen: errors, dialogs, requests to elsewhere."""

    def __init__(self, page, home):
        self.page, self.home, self.faults = page, home, []
        page.set_default_timeout(15_000)
        page.on("console", lambda message: message.type == "error" and self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: (self.faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", self._check)

    def _check(self, request):
        if not request.url.startswith((self.home, "file:", "data:", "blob:")):
            self.faults.append(f"asked {request.url}")

    def read(self, text):
        """Paste a text and have it read."""
        self.page.fill("#text", text)
        self.page.click("#go")
        self.page.wait_for_selector("a.st")
        return self.page


@pytest.fixture
def open_tab(chromium, services):
    """Open the page of the service, or another address, in a fresh context."""
    opened = []

    def opener(address=None, *, faults=(), **settings):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        tab = Tab(context.new_page(), address or services[0])
        tab.page.goto(address or services[0])
        opened.append((tab, context, faults))
        return tab

    yield opener
    for tab, context, faults in opened:
        context.close()
        assert [fault for fault in tab.faults if not any(known in fault for known in faults)] == []


@pytest.fixture(scope="session")
def article():
    return (ROOT / "examples" / "strait.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """A report of one article, and one of several over time."""
    from stance.analysis import analyse
    from stance.model.table import Table
    from stance.report import html
    from stance.statement import Document
    from stance.text.reading import read

    folder, table = tmp_path_factory.mktemp("reports"), Table.load()
    one = list(read(ROOT / "examples" / "strait.txt"))
    html.write(analyse(one, table), one, folder / "one.html", table=table)
    soft = "Elena Varga said her government was ready to talk. “We welcome the offer and thank them,” Varga said. "
    hard = "Elena Varga said the fleet would strike back. “We reject the offer, and they will pay,” Varga said. "
    many = [
        Document(
            (hard if month > 3 else soft) * 3, f"{month}.txt", title=f"Month <b>{month}</b>", date=f"2024-{month:02}-10"
        )
        for month in range(1, 7)
    ]
    html.write(analyse(many, table), many, folder / "many.html", table=table)
    return folder
