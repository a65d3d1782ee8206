import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.analysis import analyse
from stance.report.explanation import explained
from stance.report.html import Look, Shown
from stance.report.render import FORMATS, color, tone_bar, visible, write
from stance.statement import STANCES, UNCERTAIN, Document, ScoredStatement, Statement


def said(
    text: str, stance: str = "hawkish", document: str = "a.txt", index: int = 0, tone: float | None = -1.2, **more
) -> ScoredStatement:
    probabilities = {label: 0.9 if label == stance else 0.05 for label in STANCES}
    statement = Statement(document, index, text, 0, len(text), 0, len(text), **more)
    return ScoredStatement(statement, stance, 0.9, probabilities, tone)


def written(scored, form: str, labels=STANCES, tone: bool = True) -> str:
    file = io.StringIO()
    write(iter(scored), file, form=form, labels=labels, tone=tone)
    return file.getvalue()


TWO = [
    said("We will strike.", speaker="Roe", speaker_full="Jane Roe", target="Velland", voice="quote"),
    said('They "may" talk,\nhe said; é…', "conciliatory", index=1, tone=2.0),
]

strange = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


# --- JSON and CSV


def test_json_lines_are_one_object_a_statement():
    lines = written(TWO, "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [s.to_dict() for s in TWO]
    assert "é…" in lines[1]  # not escaped


def test_json_is_one_list_of_the_same_objects():
    assert json.loads(written(TWO, "json")) == [s.to_dict() for s in TWO]


def test_csv_has_a_column_for_each_label_and_quotes_what_needs_it():
    rows = list(csv.DictReader(io.StringIO(written(TWO, "csv"))))
    assert [row["text"] for row in rows] == [s.statement.text for s in TWO]
    assert [float(row["p_hawkish"]) for row in rows] == [0.9, 0.05]
    assert [row["tone"] for row in rows] == ["-1.2", "2.0"]
    assert rows[0]["speaker_full"] == "Jane Roe"
    assert list(rows[0])[-6:] == ["confidence", *(f"p_{label}" for label in STANCES), "tone", "text"]


@pytest.mark.parametrize(("form", "expected"), [("jsonl", ""), ("json", "[]\n"), ("table", "")])
def test_nothing_scored_is_nothing_written(form, expected):
    assert written([], form) == expected


def test_csv_of_nothing_is_its_header():
    assert written([], "csv").startswith('"document","index","start","end",')
    assert written([], "csv").count("\n") == 1


@given(st.lists(strange, max_size=3))
def test_any_text_comes_back_from_json_and_csv(texts):
    scored = [said(text, index=i) for i, text in enumerate(texts)]
    assert [json.loads(line)["text"] for line in written(scored, "jsonl").split("\n")[:-1]] == texts
    back = [row["text"] for row in csv.DictReader(io.StringIO(written(scored, "csv"), newline=""))]
    assert back == texts


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("table", "json")])
def test_statements_are_written_as_they_come(form):
    file = io.StringIO()

    def coming():
        yield said("We will strike.")
        assert "We will strike." in file.getvalue()

    write(coming(), file, form=form, labels=STANCES, tone=True)


# --- the table for a terminal


def test_a_table_names_the_document_and_ends_with_its_counts():
    lines = written(TWO, "table").rstrip().split("\n")
    assert lines[0] == "a.txt"
    assert lines[-1] == "2 statements: 1 conciliatory, 1 hawkish, 0 neutral"


def test_a_table_shows_stance_certainty_tone_speaker_and_text():
    [row] = [line for line in written(TWO, "table").split("\n") if "strike" in line]
    assert row.split("We will")[0].split() == ["hawkish", "90%", "█│", "Jane", "Roe", "→", "Velland"]


def test_several_documents_end_with_counts_for_each():
    other = [said("Talks resume.", "neutral", "b.txt"), said("Talks go on.", "neutral", "b.txt", 1)]
    lines = written([*TWO, *other], "table").rstrip().split("\n")
    assert [line.split() for line in lines[-5:] if "─" not in line] == [
        ["document", "statements", "conciliatory", "hawkish", "neutral"],
        ["a.txt", "2", "1", "1", "0"],
        ["b.txt", "2", "0", "0", "2"],
        ["all", "4", "1", "1", "2"],
    ]


def test_documents_of_one_statement_share_a_table():
    table = written([said(f"Statement {i}.", document=f"rows.csv:{i}") for i in range(5)], "table")
    assert table.count("statement\n") <= 1
    assert "rows.csv:3" in table
    assert table.rstrip().endswith("5 statements: 0 conciliatory, 5 hawkish, 0 neutral")


def test_uncertain_statements_are_counted_when_there_are_any():
    assert "uncertain" not in written(TWO, "table")
    assert written([*TWO, said("Well.", UNCERTAIN, index=2)], "table").rstrip().endswith("0 neutral, 1 uncertain")


def test_without_tone_there_is_no_bar():
    assert "tone" in written(TWO, "table")
    table = written([said("We will strike.", tone=None)], "table", tone=False)
    assert "tone" not in table
    assert "│" not in table


@given(strange, strange, strange)
def test_no_text_reaches_the_terminal_with_control_characters_or_mark_up(text, speaker, document):
    scored = [said(text, document=document, speaker=speaker, index=i) for i in range(2)]
    table = written(scored, "table")
    assert all(c.isprintable() or c == "\n" for c in table)
    assert "[bold red]x[/]" in written([said("[bold red]x[/]", document="[red]a[/]")], "table")


def test_a_table_keeps_the_whole_text():
    text = " ".join(f"word{i}" for i in range(200)) + " " + "x" * 300
    joined = "".join(written([said(text)], "table").split())
    assert "".join(text.split()) in joined.replace("hawkish90%█│", "")


# --- parts


@pytest.mark.parametrize("label", [*STANCES, UNCERTAIN])
def test_each_stance_has_its_own_color(label):
    others = {color(other, STANCES) for other in (*STANCES, UNCERTAIN) if other != label}
    assert color(label, STANCES) not in others


def test_labels_of_ones_own_have_colors_too():
    labels = [f"label {i}" for i in range(9)]
    assert len({color(label, labels) for label in labels}) == 5


@given(st.floats(-3, 3))
def test_the_bar_is_seven_cells_and_grows_with_the_tone(tone):
    bar = tone_bar(tone).plain
    assert len(bar) == 7
    assert bar[3] == "│"
    cells = sum({"█": 2, "▌": 1, "▐": 1}.get(c, 0) for c in bar)
    assert cells == round(2 * abs(tone))
    assert not (bar[4:].strip() if tone < 0 else bar[:3].strip())


def test_no_tone_is_an_empty_bar():
    assert tone_bar(None).plain == tone_bar(0.0).plain == "   │   "


@given(strange)
def test_what_is_visible_stays_and_the_rest_is_shown(text):
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown


def test_an_explained_quotation_is_shown_whole_though_its_tail_is_not_weighed(small):
    text = "“We will talk,” envoy Jane Roe said, amid threats of war."
    scored = analyse([Document(text, "a")], small.table)
    [(s, why)] = explained(scored, small.table)
    shown = Shown(0, s, why, Look(small.table.labels))
    assert "".join(piece for piece, _, _ in shown.words) == text
    assert all(c.end <= text.index(", amid") for c in why.contributions)
