"""The page of the service in a real browser."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from pdfs import pdf

from stance.model.table import Table
from stance.scorer import Scorer
from stance.statement import Document

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NAUGHTY = (
    "<script>alert(1)</script> The envoy said “<img src=x onerror=alert(2)>”.\n\n"
    '"><svg onload=alert(3)> warned that javascript:alert(4) {{7*7}} would follow. </script><b id=bold>Talks</b> ended.'
)


def texts(page, selector="a.st"):
    """The words of statements, without what is there for screen readers alone."""
    script = """all => all.map(one => { const copy = one.cloneNode(true);
        for (const aid of copy.querySelectorAll('.vh, .mark')) aid.remove(); return copy.textContent; })"""
    return page.eval_on_selector_all(selector, script)


def drop(page, name, content, kind="text/plain"):
    data = page.evaluate_handle(
        """([name, bytes, kind]) => { const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type: kind })); return data; }""",
        [name, list(content), kind],
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    page.dispatch_event("body", "drop", {"dataTransfer": data})


def test_a_newcomer_is_told_what_to_do_and_what_the_colours_mean(open_tab):
    page = open_tab().page
    assert "Paste an article" in page.inner_text("h1")
    assert page.inner_text(".guide").count("moves toward") == 2
    assert page.is_visible("#go")
    page.click("#example")
    page.wait_for_selector("a.st")
    assert len(texts(page)) > 5
    assert page.is_hidden(".guide")


def test_a_pasted_article_is_shown_whole_and_judged_as_the_library_does(open_tab, article):
    page = open_tab().read(article)
    scored = Scorer(Table.load()).statements(Document(article, "-"))
    assert texts(page) == [s.statement.text for s in scored]
    assert page.eval_on_selector_all("a.st", "all => all.map(one => one.dataset.stance)") == [s.stance for s in scored]
    assert page.locator(".ribbon svg rect").count() > 5
    assert "Varga" in page.inner_text(".articles .who >> nth=5")


def test_a_click_shows_probabilities_and_the_words_that_made_them(open_tab, article):
    page = open_tab().read(article)
    statement = page.locator("a.st", has_text="Brandl rejected the threat.")
    statement.click()
    why = page.locator(".why.on")
    assert why.count() == 1
    shares = [int(text.rstrip("%")) for text in why.locator("table").nth(0).locator("td.n").all_inner_texts()]
    assert 99 <= sum(shares) <= 101
    assert "rejected" in why.locator("blockquote mark").all_inner_texts()
    assert why.locator("blockquote").inner_text() == "Brandl rejected the threat."
    assert "rejected" in why.locator("table.words").inner_text()
    assert statement.get_attribute("aria-current") == "true"
    statement.click()
    assert page.locator(".why.on").count() == 0


def test_filters_by_stance_and_speaker_leave_the_rest_readable_but_plain(open_tab, article):
    page = open_tab().read(article)
    total = page.locator("a.st").count()
    page.click(".filter.haw")
    shown = page.locator("a.st:not(.off)")
    assert 0 < shown.count() < total
    assert set(shown.evaluate_all("all => all.map(one => one.dataset.stance)")) == {"hawkish"}
    assert page.inner_text("#shown") == f"{shown.count()} of {total} statements shown"
    page.click(".filter.haw")
    page.locator(".chip", has_text="Varga").first.click()
    assert set(shown.evaluate_all("all => all.map(one => one.dataset.speaker)")) == {"Elena Varga"}
    assert page.input_value("#speaker") == "Elena Varga"
    page.select_option("#speaker", "")
    assert page.locator("a.st.off").count() == 0
    assert page.inner_text("#shown") == ""


def test_a_dropped_file_is_read(open_tab, article):
    page = open_tab().page
    drop(page, "strait.txt", article.encode())
    page.wait_for_selector("a.st")
    assert page.locator("a.st").count() == 20
    assert page.is_hidden("#drop")


def test_an_old_encoding_a_page_and_a_pdf_are_read(open_tab, tmp_path):
    page = open_tab(faults=["422"]).page
    drop(page, "old.txt", "“Naïve,” the envoy said.".encode("cp1252"))
    page.wait_for_selector("a.st")
    assert texts(page) == ["“Naïve,” the envoy said."]
    saved = tmp_path / "saved.html"
    saved.write_text("<html><body><script>alert(1)</script><article><p>The two sides agreed to talk.</p></article>")
    page.set_input_files("#file", saved)
    page.wait_for_selector("a.st:has-text('agreed')")
    assert texts(page) == ["The two sides agreed to talk."]
    drop(page, "report.pdf", pdf("The envoys met on Friday."), "application/pdf")
    page.wait_for_selector("a.st:has-text('envoys')")
    assert texts(page) == ["The envoys met on Friday."]
    drop(page, "broken.pdf", b"%PDF-1.7", "application/pdf")
    page.wait_for_selector("#problem:not([hidden])")
    assert "damaged PDF" in page.inner_text("#problem")
    drop(page, "table.xlsx", b"PK", "application/vnd.ms-excel")
    assert "table.xlsx: not a text, a page or a PDF" in page.inner_text("#problem")


def test_everything_works_by_keyboard(open_tab, article):
    page = open_tab().page
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    page.evaluate("text => { document.activeElement.value = text }", article)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("a.st")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('a.st')"):
            break
    assert page.evaluate("document.activeElement.id") == "s0"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.locator(".why.on").get_attribute("id") == "w0"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator(".why.on").get_attribute("id") == "w2"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "s1"
    page.keyboard.press("Escape")
    assert page.locator(".why.on").count() == 0
    assert page.evaluate("document.activeElement.id") == "s1"


def test_a_screen_reader_hears_the_judgement_with_the_statement(open_tab, article):
    page = open_tab().read(article)
    page.get_by_role("link", name="hawkish, ").first.wait_for()
    assert page.get_by_role("button", name="hawkish").count() >= 1
    assert page.get_by_role("region", name="Why, and who").count() == 1
    assert page.get_by_role("textbox", name="Article").count() == 1
    assert page.get_by_role("combobox", name="Speaker").count() == 1


def test_dark_mode_is_dark(open_tab, article):
    page = open_tab(color_scheme="dark").read(article)
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert red + green + blue < 120


def test_a_phone_shows_text_first_and_the_reason_in_a_sheet(open_tab, article):
    page = open_tab(**PHONE).read(article)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("a.st").nth(12).tap()
    sheet = page.locator(".whys").bounding_box()
    assert sheet["y"] + sheet["height"] == pytest.approx(844, abs=2)
    assert page.locator("a.st").nth(12).bounding_box()["y"] < sheet["y"]
    page.locator(".why.on .close").tap()
    assert page.locator(".whys").is_hidden()


def test_script_in_a_text_stays_text(open_tab):
    page = open_tab().read(NAUGHTY)
    page.locator("a.st").first.click()
    page.wait_for_timeout(200)
    assert "<script>alert(1)</script>" in texts(page)[0]
    assert page.locator("#result img, #result #bold, #result svg[onload]").count() == 0
    assert "{{7*7}}" in page.inner_text(".articles")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_downloads_are_what_the_command_line_writes(open_tab, article, form):
    page = open_tab().read(article)
    with page.expect_download() as caught:
        page.click(f".save[data-form={form}]")
    saved = caught.value
    content = saved.path().read_text(encoding="utf-8")
    assert saved.suggested_filename.endswith(f".{form}")
    if form == "json":
        assert json.loads(content) == [s.to_dict() for s in Scorer(Table.load()).statements(Document(article, "-"))]
    else:
        assert content.splitlines()[0].replace(chr(34), "").startswith("document,index,start,end,speaker,")
        assert content.count("\n") == 21


def test_what_is_wrong_is_said_beside_the_form(open_tab):
    page = open_tab(faults=["413"]).page
    page.click("#go")
    assert page.inner_text("#problem") == "Paste a text first, or open a file."
    page.evaluate("document.querySelector('#text').value = 'We agree. They do not.\\n'.repeat(3000)")
    page.click("#go")
    page.wait_for_selector("#problem:has-text('more than 5,000 statements')")


def test_a_service_with_a_key_asks_for_it(open_tab, services):
    page = open_tab(services[1], faults=["401"]).page
    page.fill("#text", "They will talk.")
    page.click("#go")
    page.wait_for_selector("#key")
    assert "no valid key" in page.inner_text("#problem")
    page.fill("#key", "a-key-for-tests-only-0123456789")
    page.click("#go")
    page.wait_for_selector("a.st")
    assert page.is_hidden("#problem")
