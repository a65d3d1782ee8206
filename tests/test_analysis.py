import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.analysis import analyse, batches, judge, told
from stance.errors import UsageError
from stance.model.table import BATCH, Table
from stance.statement import UNCERTAIN, Document

ARTICLE = "“We will talk. We want to,” envoy Jane Roe said.\n\nOstland rejected the offer."


@pytest.fixture(scope="module")
def table(small) -> Table:
    return small.table


def test_statements_come_in_order_and_point_into_their_document(table):
    documents = [Document(ARTICLE, "a"), Document("Talks ended.", "b")]
    scored = list(analyse(documents, table))
    assert [(s.statement.document, s.statement.index) for s in scored] == [("a", 0), ("a", 1), ("a", 2), ("b", 0)]
    for s in scored:
        text = ARTICLE if s.statement.document == "a" else "Talks ended."
        assert text[s.statement.start : s.statement.end] == s.statement.text
    assert scored[0].statement.speaker == "Jane Roe"


def test_each_gets_the_most_likely_label_its_probability_and_a_tone(table):
    for s in analyse([Document(ARTICLE, "a")], table):
        assert tuple(s.probabilities) == table.labels
        assert s.confidence == max(s.probabilities.values()) == s.probabilities[s.stance]
        assert sum(s.probabilities.values()) == pytest.approx(1, abs=3e-6)
        assert -3 <= s.tone <= 3


def test_lines_and_rows_are_statements_if_asked_for(table):
    text = "One line. Two sentences.\nAnother line."
    lines = [s.statement.text for s in analyse([Document(text, "a")], table, unit="line")]
    rows = [s.statement.text for s in analyse([Document(f" {text}\n", "a", row=True)], table, unit="line")]
    sentences = [s.statement.text for s in analyse([Document(text, "a", row=True)], table)]
    assert lines == ["One line. Two sentences.", "Another line."]
    assert rows == [text]
    assert sentences == ["One line.", "Two sentences.", "Another line."]


def test_a_row_of_two_paragraphs_keeps_its_quotation(table):
    [s] = analyse([Document("“We will talk,” envoy Jane Roe said.\nIt rained.", "a", row=True)], table, unit="line")
    assert (s.statement.voice, s.statement.speaker) == ("quote", "Jane Roe")


@given(st.floats(0, 1))
def test_below_the_wanted_confidence_a_statement_is_uncertain(table, least):
    for s in analyse([Document(ARTICLE, "a")], table, min_confidence=least):
        assert (s.stance == UNCERTAIN) == (s.confidence < least)
        assert UNCERTAIN not in s.probabilities


@pytest.mark.parametrize("least", [-0.1, 1.01, float("nan")])
def test_a_confidence_that_is_no_probability_is_refused(table, least):
    with pytest.raises(UsageError, match="no probability"):
        analyse([], table, min_confidence=least)


def test_the_first_result_comes_before_the_second_document_is_read(table):
    read = []

    def documents():
        for i in range(5000):
            read.append(i)
            yield Document("Talks ended.", str(i))

    scored = analyse(documents(), table)
    assert not read
    next(scored)
    assert read == [0]
    for _ in range(3000):
        next(scored)
    assert len(read) <= 3001 + BATCH


@given(st.integers(0, 5000))
def test_batches_leave_nothing_out(n):
    found = list(batches(range(n)))
    assert [i for batch in found for i in batch] == list(range(n))
    assert all(1 <= len(batch) <= BATCH for batch in found)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_any_documents_are_no_crash(table, texts):
    documents = [Document(text, str(i), row=bool(i % 2)) for i, text in enumerate(texts)]
    for unit in ("sentence", "line"):
        for s in analyse(documents, table, unit=unit):
            assert texts[int(s.statement.document)][s.statement.start : s.statement.end] == s.statement.text


def test_nothing_to_judge_is_nothing_judged(table):
    assert list(analyse([], table)) == list(judge([], table)) == []


QUOTATIONS = [
    "“Let us simply meet,” Foreign Minister Haddon said{}",
    "“Let us simply meet,” said Haddon, “and talk at length,” he said{}",
    "“Our door is open at any hour,” Ms Veren told reporters by telephone{}",
    "“We will answer every shot with ten. And we will not wait,” General Osk warned{}",
]
TAILS = [
    " in a speech, days after his army shelled the border town and tensions rose sharply.",
    ", presenting a warm offer of peace talks and a historic agreement to end the war.",
    " as the militia vowed revenge, bombed a “peaceful” market and threatened all-out war.",
]


def test_what_the_reporter_adds_to_an_indirect_speech_sways_nothing_but_a_clause_around_it_stays():
    cases = [
        ("The talks will go on, the envoy of Marran said on Monday,", " as his planes bombed the port."),
        ("The talks will go on, said the envoy of Marran,", " whose army had shelled the town."),
        ("The talks, said the envoy of Marran, will go on.", ""),
        ("The envoy of Marran said on Monday that the talks, as bombs fell, would go on.", ""),
    ]
    for text, tail in cases:
        [statement] = told(Document(text + tail, "a"))
        assert statement.voice == "reported"
        assert text.startswith(statement.judged) if tail else statement.judged == text


@pytest.mark.parametrize("quotation", QUOTATIONS)
@pytest.mark.parametrize("unit", ["sentence", "line"])
def test_what_the_reporter_adds_to_a_quotation_sways_nothing(table, quotation, unit):
    def judged(tail: str) -> list[tuple[dict[str, float], float | None]]:
        scored = analyse([Document(quotation.format(tail), "a")], table, unit=unit)
        return [(dict(s.probabilities), s.tone) for s in scored]

    first, *others = [judged(tail) for tail in TAILS]
    assert all(other == first for other in others)


def test_what_stands_before_the_cue_counts(table):
    kind, harsh = "Talks can go on,” the envoy said in Northport.", "We will bomb them,” the envoy said in Northport."
    for before in ("“", "At the meeting, “"):
        a, b = (next(analyse([Document(before + rest, "a")], table)) for rest in (kind, harsh))
        assert a.probabilities != b.probabilities


PIECES = [*"“”\"'.,:— \n", "Roe", "said", "he", "We will talk", "amid war", "told"]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_what_is_judged_opens_the_statement_and_holds_the_content(pieces):
    text = " ".join(pieces)
    for s in told(Document(text, "a")):
        assert s.text.startswith(s.judged)
        assert s.judged_end is None or s.content_end <= s.judged_end < s.end


def test_pieces_of_a_long_document_are_judged_as_the_whole_is(table):
    text = "“We can meet,” Jane Roe said, as guns fired.\n\n" * 12_000
    found = list(told(Document(text, "a")))
    assert {text[s.start : s.judged_end] for s in found} == {"“We can meet,” Jane Roe said"}
