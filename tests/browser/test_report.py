"""Reports: files that need no service, no network and, to be read, no script."""

import re


def address(reports, name):
    return (reports / name).as_uri()


def test_a_report_does_what_the_page_does(open_tab, reports):
    page = open_tab(address(reports, "one.html")).page
    page.locator("a.st", has_text="Brandl rejected").click()
    assert "rejected" in page.locator(".why.on blockquote mark").all_inner_texts()
    page.click(".filter.con")
    assert page.locator("a.st:not(.off)").count() < page.locator("a.st").count()
    with page.expect_download() as caught:
        page.click(".save[data-form=csv]")
    assert caught.value.suggested_filename == "strait-txt.csv"


def test_a_report_without_script_still_shows_text_and_reasons(open_tab, reports):
    page = open_tab(address(reports, "one.html"), java_script_enabled=False).page
    assert page.locator("a.st").count() == 20
    assert page.locator(".why:visible").count() == 0
    page.locator("a.st").nth(14).click()
    assert page.locator("#w14").is_visible()


def test_a_report_is_one_file_that_asks_for_nothing(reports):
    content = (reports / "one.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=\"(?!#|data:,)", content)
    assert "default-src 'none'" in content


def test_a_report_prints_the_article_and_the_indices(open_tab, reports):
    page = open_tab(address(reports, "one.html")).page
    page.emulate_media(media="print")
    assert page.locator("a.st").first.is_visible()
    assert page.locator("table.indices").is_visible()
    assert page.locator(".save").first.is_hidden()
    assert page.locator(".whys").is_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_folder_gives_an_index_with_courses_and_pages(open_tab, reports):
    page = open_tab(address(reports, "many.html")).page
    assert page.locator("figure svg text").count() >= 6
    assert page.locator("figure svg path.haw").count() >= 1
    assert page.locator("figcaption").all_inner_texts() == ["Elena Varga"]
    links = page.locator("table.wide th a")
    assert links.all_inner_texts() == [f"Month <b>{month}</b>" for month in range(1, 7)]
    links.nth(4).click()
    page.wait_for_selector("a.st")
    assert page.locator(".about").inner_text() == "Month <b>5</b> · 2024-05-10"
    page.click("nav.up a")
    page.wait_for_selector("figure")
