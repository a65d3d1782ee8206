"""Renew docs/screenshots: `python tests/browser/screenshots.py`. Needs Chromium and Playwright, no network."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from conftest import FLAGS, ROOT, serve
from playwright.sync_api import Browser, Page, sync_playwright

from stance.analysis import analyse
from stance.model.table import Table
from stance.report import html
from stance.service.app import create_app
from stance.service.live import Live
from stance.statement import Document
from stance.text.reading import read

SHOTS = ROOT / "docs" / "screenshots"
ARTICLE = (ROOT / "examples" / "strait.txt").read_text(encoding="utf-8")


def main() -> None:
    """Take them all."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    url, stop = serve(create_app(Live()))
    try:
        with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            take_page(browser, url)
            take_reports(browser, Path(folder))
            browser.close()
    finally:
        stop()


def take_page(browser: Browser, url: str) -> None:
    """The page of the service: empty, with an article, dark, on a phone."""
    take(tab(browser, url, 1280, 800), "start")
    page = article(tab(browser, url, 1360, 1000))
    page.locator("a.st", has_text="rejected the threat").click()
    page.evaluate("scrollTo(0, document.querySelector('#result').offsetTop - 12)")
    take(page, "article")
    page = article(tab(browser, url, 1360, 1000, color_scheme="dark"))
    page.locator("a.st", has_text="would not be intimidated").click()
    page.evaluate("scrollTo(0, document.querySelector('#result').offsetTop - 12)")
    take(page, "dark")
    page = article(tab(browser, url, 390, 844, device_scale_factor=2))
    page.locator("a.st").nth(3).click()
    take(page, "phone")


def take_reports(browser: Browser, folder: Path) -> None:
    """A report of one article as it prints, and the index of several."""
    table = Table.load()
    one = list(read(ROOT / "examples" / "strait.txt"))
    html.write(analyse(one, table), one, folder / "one.html", table=table)
    page = tab(browser, (folder / "one.html").as_uri(), 900, 1200)
    page.emulate_media(media="print")
    take(page, "report")
    many = list(year())
    html.write(analyse(many, table), many, folder / "many.html", table=table)
    take(tab(browser, (folder / "many.html").as_uri(), 1280, 1000), "series")


def year() -> list[Document]:
    """Twelve months of an invented quarrel that hardens, then eases."""
    soft = (
        "{name} said her government was ready to talk. “We welcome the offer and we thank the council,” {name} said. "
        "She said the delegation would travel on Monday. {name} praised the release of the crew."
    )
    hard = (
        "{name} said the fleet would strike back. “We reject the offer, and they will pay for it,” {name} said. "
        "She accused the other side of piracy. The agenda has not been published, {name} said."
    )
    kinds = {"Elena Varga": "sshhhhhhssss", "Ilse Tovar": "hshshshshshs", "Ruta Simm": "ssssssssshss"}
    return [
        Document(
            " ".join([soft if kinds[name][month] == "s" else hard] * 2).format(name=name),
            f"{month}-{name}", title=f"{name} in month {month + 1}", date=f"2024-{month + 1:02}-10",
        )
        for month in range(12)
        for name in kinds
    ]  # fmt: skip


def tab(browser: Browser, address: str, width: int, height: int, **settings: object) -> Page:
    """An address in a window of that size."""
    page = browser.new_context(viewport={"width": width, "height": height}, **settings).new_page()
    page.goto(address)
    return page


def article(page: Page) -> Page:
    """The example article, read."""
    page.fill("#text", ARTICLE)
    page.click("#go")
    page.wait_for_selector("a.st")
    page.wait_for_timeout(700)
    return page


def take(page: Page, name: str) -> None:
    """One picture."""
    page.wait_for_timeout(200)
    page.screenshot(path=SHOTS / f"{name}.png")
    page.context.close()


if __name__ == "__main__":
    main()
