import contextlib
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))
from pdfs import pdf

from stance.errors import InputError
from stance.text.extracting import extract_html, extract_pdf, reflow

PAGE = """<!DOCTYPE html><html><head><title>Envoys meet</title>
<meta property="article:published_time" content="2024-03-01T10:00:00Z">
<meta name="author" content="Mara Lindqvist"><link rel="canonical" href="https://example.org/world/envoys"></head>
<body><nav><a href="/">Home</a></nav><article><h1>Envoys meet</h1>
<p>The two envoys met on Friday &amp; said talks would <b>resume</b>.</p>
<p>“We will not wait,” the minister said.</p></article>
<script>document.write("never")</script><img src="http://127.0.0.1:9/pixel.png"></body></html>"""


def html(page: str):
    return extract_html(page.encode(), "a.html", "a.html")


def test_a_page_gives_main_text_by_paragraph_and_metadata():
    document = html(PAGE)
    assert document.text.splitlines()[-2:] == [
        "The two envoys met on Friday & said talks would resume.",
        "“We will not wait,” the minister said.",
    ]
    assert (document.title, document.date, document.author) == ("Envoys meet", "2024-03-01", "Mara Lindqvist")
    assert document.source == "https://example.org/world/envoys"
    assert "never" not in document.text
    assert "Home" not in document.text


@pytest.mark.parametrize("page", ["<math><p>Talks", "<svg></p>0<html>Talks</title>", "<svg><![CDATA[0]]><p>Talks"])
def test_pages_that_the_extractor_fails_on_are_read_whole(page):
    assert html(page).text.endswith("Talks")


def test_nothing_in_a_page_is_fetched_or_read_from_disk():
    page = (
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><head><base href="http://127.0.0.1:9/">'
        '<link rel="stylesheet" href="a.css"></head><body><p>Before &x; after the talks.</p></body></html>'
    )
    assert "root:" not in html(page).text


@pytest.mark.parametrize(
    "page",
    [
        "<p>We will talk.</p>",
        "We will talk.",
        "<html><body>" + "<div>" * 3000 + "<p>We will talk.</p>" + "</div>" * 3000,
        "<html><body><form><label>We will talk.</label></form></body></html>",
        "<div><![if x]>We will talk.<![endif]></div>",
    ],
)
def test_pages_that_are_hardly_pages_keep_their_text(page):
    assert html(page).text == "We will talk."


def test_no_date_is_made_up_from_numbers_in_the_text():
    assert html("<html><body><p>Case 1995-01 was opened, 20190304 files were seen.</p></body></html>").date is None


def test_a_page_may_declare_its_encoding():
    page = '<html><head><meta charset="windows-1251"></head><body><p>Переговоры продолжатся.</p></body></html>'
    assert extract_html(page.encode("cp1251"), "a", "a").text == "Переговоры продолжатся."


def test_a_page_without_text_is_refused():
    with pytest.raises(InputError, match="no text in this page"):
        html("<html><body><script>draw()</script></body></html>")


MARKUP = ["<![", "]]>", "<!--", "-->", "<?", "<!DOCTYPE", "CDATA[", "&#x110000;", "<math>", "<svg>", "<style>",
          "<script>", "<table>", "<template>", "</p>", "<p>", "<a", "charset=utf-7",
          "<link rel=canonical href='//[::1'>", *"<>/='&;!-[]ap0 \n\0é"]  # fmt: skip


@settings(max_examples=200, deadline=None)
@example(["<![", "0"])
@example(["<math>", "=", "<style>", "a"])
@given(st.lists(st.sampled_from(MARKUP), max_size=12))
def test_any_markup_is_read_or_refused(parts):
    with contextlib.suppress(InputError):
        assert html("".join(parts)).text.strip()


def test_a_pdf_gives_text_title_and_date():
    lines = (
        "The two envoys met on Friday and said that talks",
        "would resume in the spring, their offices con-",
        "firmed.",
    )
    document = extract_pdf(pdf(*lines), "a.pdf", "a.pdf")
    assert document.text == " ".join(lines).replace("con- ", "con")
    assert (document.title, document.date) == ("Envoys meet", "2024-03-01")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"no PDF at all", "damaged PDF"),
        (b"%PDF-1.4 cut", "damaged PDF"),
        (pdf(), "no text in this PDF"),
    ],
)
def test_pdfs_that_cannot_be_used_are_refused(data, what):
    with pytest.raises(InputError, match=what) as caught:
        extract_pdf(data, "a.pdf", "a.pdf")
    assert "\n" not in str(caught.value)


def test_a_locked_pdf_is_refused():
    import io

    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Talks."))))
    writer.encrypt("secret", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    with pytest.raises(InputError, match="password"):
        extract_pdf(buffer.getvalue(), "a.pdf", "a.pdf")


def test_short_lines_and_blank_lines_end_paragraphs_and_page_numbers_go():
    long = "The two envoys met on Friday and said that talks would resume"
    assert reflow([f"Envoys meet\n{long}\n{long}\n\n{long}.\n- 1 -", f"{long}\nsoon.\nPage 2 of 2"]).split("\n") == [
        "Envoys meet",
        f"{long} {long}",
        f"{long}. {long} soon.",
    ]


@given(st.lists(st.text(st.sampled_from("ab-.\n "), max_size=60), max_size=4))
def test_reflowing_loses_no_letter(pages):
    assert [c for c in reflow(pages) if c.isalpha()] == [c for page in pages for c in page if c.isalpha()]


def test_extraction_is_quick_enough_for_long_pages():
    paragraphs = "".join(f"<p>The envoys met for round {n} of the talks, an official said.</p>" for n in range(2000))
    start = time.process_time()
    assert html(f"<html><body><article>{paragraphs}</article></body></html>").text.count("\n") == 1999
    assert time.process_time() - start < 10
