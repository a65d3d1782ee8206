import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import InputError
from stance.report.summary import Index, Poles, design_effect, difference, period_of, stance_index, summarize, trace
from stance.statement import UNCERTAIN, ScoredStatement, Statement

LABELS = {"h": "hawkish", "c": "conciliatory", "n": "neutral"}


def said(
    stance: str,
    text: str,
    document: str = "a",
    speaker: str | None = None,
    target: str | None = None,
    confidence: float = 0.8,
    sure: bool = True,
    tone: float | None = None,
) -> ScoredStatement:
    label = LABELS[stance]
    rest = (1 - confidence) / 2
    probabilities = {name: confidence if name == label else rest for name in LABELS.values()}
    statement = Statement(document, 0, text, 5, 5 + len(text), 5, 5 + len(text), "quote", speaker, None, target)
    return ScoredStatement(statement, label if sure else UNCERTAIN, confidence, probabilities, tone)


def many(stances: str, document: str, speaker: str | None = None) -> list[ScoredStatement]:
    return [said(stance, f"{document} {n}", document, speaker) for n, stance in enumerate(stances)]


stances = st.lists(st.sampled_from("hcn"), min_size=1, max_size=60).map("".join)
clusters = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)).map(lambda t: (t[0], t[1], sum(t))),
    min_size=1,
    max_size=8,
).filter(lambda triples: sum(triple[2] for triple in triples))


# --- groups


@given(stances)
def test_the_index_is_the_hawkish_less_the_conciliatory_share(text):
    [row] = summarize(many(text, "a"))
    assert row.index.value == pytest.approx((text.count("h") - text.count("c")) / len(text))
    assert row.counts == {label: text.count(key) for key, label in LABELS.items()}
    assert sum(row.shares.values()) == pytest.approx(1)
    assert row.n == row.index.n == len(text)


@given(stances)
def test_exchanging_the_poles_mirrors_the_index(text):
    [row] = summarize(many(text, "a"))
    [mirror] = summarize(many(text.translate(str.maketrans("hc", "ch")), "a"))
    assert mirror.index.value == -row.index.value
    assert (mirror.index.low, mirror.index.high) == pytest.approx((-row.index.high, -row.index.low))


def test_uncertain_statements_count_over_all_but_not_among_the_sure():
    rows = [said("h", "one"), said("h", "two"), said("c", "three", confidence=0.4, sure=False)]
    [row] = summarize(rows)
    assert row.index.value == pytest.approx(1 / 3)
    assert (row.index_confident.value, row.index_confident.n, row.uncertain) == (1, 2, 1)


def test_the_statements_shown_are_the_surest_of_their_label():
    [row] = summarize([said("h", "milder", confidence=0.6), said("h", "harsher", confidence=0.9), said("n", "so")])
    assert list(row.extremes) == ["hawkish"]
    assert (row.extremes["hawkish"].statement.text, row.extremes["hawkish"].statement.start) == ("harsher", 5)


def test_mean_tone_passes_over_statements_without_one():
    assert summarize([said("h", "one", tone=-2), said("n", "two", tone=1), said("n", "three")])[0].tone == -0.5
    assert summarize([said("h", "one")])[0].tone is None


def test_groups_by_speaker_and_pair_leave_a_rest_without_name():
    rows = [
        said("h", "one", speaker="the envoy", target="Northland"),
        said("h", "two", speaker="the envoy"),
        said("c", "three", speaker="the minister", target="Southland"),
        said("n", "four"),
    ]
    assert [(r.name, r.n) for r in summarize(rows, "speaker")] == [("the envoy", 2), ("the minister", 1), (None, 1)]
    assert [(r.name, r.n) for r in summarize(rows, "pair")] == [
        ("the envoy -> Northland", 1),
        ("the minister -> Southland", 1),
        (None, 2),
    ]


def test_groups_by_date_come_in_time_and_may_be_coarser_than_days():
    rows = many("h", "b") + many("c", "a") + many("n", "c") + many("n", "undated")
    dates = {"a": "2024-05-01", "b": "2024-06-02T10:00:00Z", "c": "2024-05-09", "undated": None}
    assert [row.name for row in summarize(rows, "date", dates=dates)] == [
        "2024-05-01",
        "2024-05-09",
        "2024-06-02",
        None,
    ]
    assert [row.n for row in summarize(rows, "date", dates=dates, period="month")] == [2, 1, 1]


def test_dates_may_be_filled_while_documents_are_read():
    dates: dict[str, str | None] = {}

    def stream():
        for document in ("a", "b"):
            dates[document] = f"2024-05-0{len(dates) + 1}"
            yield from many("h", document)

    assert [row.name for row in summarize(stream(), "date", dates=dates)] == ["2024-05-01", "2024-05-02"]


def test_a_model_with_other_labels_has_counts_and_with_its_poles_named_an_index():
    other = ScoredStatement(said("h", "rates rise").statement, "tight", 0.9, {"loose": 0.1, "tight": 0.9})
    assert summarize([other])[0].index is None
    assert summarize([other])[0].counts == {"loose": 0, "tight": 1}
    assert summarize([other], poles=Poles("tight", "loose"))[0].index.value == 1


def test_nothing_gives_no_rows():
    assert summarize([]) == []
    assert trace([], {}) == []


# --- copies


@given(stances)
def test_a_syndicated_copy_changes_no_total(text):
    article = [said(s, f"Sentence {n}.", "a", "the envoy") for n, s in enumerate(text)]
    copy = [said(s, f"SENTENCE  “{n}” ", "b", "the envoy") for n, s in enumerate(text)]
    [once], [twice] = summarize(article, "speaker"), summarize(article + copy, "speaker")
    assert (twice.n, twice.counts, twice.index, twice.copies) == (once.n, once.counts, once.index, len(text))
    assert [(row.n, row.copies) for row in summarize(article + copy)] == [(len(text), 0), (0, len(text))]


def test_what_is_said_twice_in_one_document_or_by_two_speakers_is_no_copy():
    rows = [said("h", "No.", "a", "x"), said("h", "No.", "a", "x"), said("h", "No.", "b", "y")]
    assert [row.copies for row in summarize(rows)] == [0, 0]


def test_what_is_said_again_a_month_later_is_no_copy():
    rows = [said("h", "No talks.", document, "x") for document in ("a", "b", "c")]
    dates = {"a": "2024-05-01", "b": "2024-05-04", "c": "2024-06-10"}
    assert [(row.n, row.copies) for row in summarize(rows, dates=dates)] == [(1, 0), (0, 1), (1, 0)]


# --- intervals


@given(clusters)
def test_the_interval_holds_the_index_and_stays_within_its_range(triples):
    index = stance_index(triples)
    assert -1 <= index.low <= index.value + 1e-12 <= index.high + 1e-9 <= 1 + 1e-9
    assert 1 <= design_effect(triples) <= max(1, sum(triple[2] for triple in triples))


@given(clusters)
def test_more_of_the_same_documents_narrow_the_interval(triples):
    one, four = stance_index(triples), stance_index(triples * 4)
    assert four.high - four.low <= one.high - one.low + 1e-9


def test_the_interval_is_that_of_published_software():
    index = stance_index([(26, 4, 48)])  # ci.prop.ps(.05, 12, 4, 26, 6) of R's statpsych
    assert (index.low, index.high) == pytest.approx((0.2548067, 0.6251933), abs=1e-7)


def test_no_statement_has_no_index():
    assert stance_index([]) is None
    assert stance_index([(0, 0, 0)]) is None


@pytest.mark.parametrize("shares", [(0.36, 0.32), (0.1, 0.1), (0.7, 0.1), (0.9, 0.05), (0.02, 0.05)])
@pytest.mark.parametrize("n", [3, 8, 20])
def test_exact_coverage_of_independent_statements_is_the_level(shares, n):
    h, c = shares
    covered = 0.0
    for i in range(n + 1):
        for j in range(n + 1 - i):
            ways = math.comb(n, i) * math.comb(n - i, j)
            index = stance_index([(i, j, n)])
            if index.low - 1e-12 <= h - c <= index.high + 1e-12:
                covered += ways * h**i * c**j * (1 - h - c) ** (n - i - j)
    assert covered > 0.94


def coverage(documents: int, runs: int = 1500) -> tuple[float, float]:
    """Share of intervals that hold zero, the true index, when statements of a document are alike.

    First with the documents told apart, then as if all statements were of one document.
    """
    dice = random.Random(7)
    hits = [0, 0]
    for _ in range(runs):
        triples = []
        for _ in range(documents):
            lean = dice.choice([0.1, 0.5, 0.9])
            hawkish = sum(dice.random() < lean for _ in range(8))
            triples.append((hawkish, 8 - hawkish, 8))
        pooled = [tuple(map(sum, zip(*triples, strict=True)))]
        for i, counts in enumerate((triples, pooled)):
            index = stance_index(counts)
            hits[i] += index.low <= 0 <= index.high
    return hits[0] / runs, hits[1] / runs


def test_coverage_holds_when_statements_of_a_document_are_alike():
    told_apart, as_one = coverage(documents=12)
    assert told_apart > 0.91
    assert as_one < 0.8


@given(clusters, clusters)
def test_a_difference_mirrors_when_its_sides_change(one, other):
    there, back = difference(stance_index(one), stance_index(other)), difference(stance_index(other), stance_index(one))
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert there.low <= there.value + 1e-9 <= there.high + 2e-9


# --- courses and shifts

MONTHS = {f"d{n}": f"2024-{n:02}-10" for n in range(1, 13)}


def test_a_turn_is_named_and_compared_with_the_past_alone():
    rows = [s for n in range(1, 4) for s in many("ccccccncn" if n < 3 else "hhhhhhnhh", f"d{n}", "the envoy")]
    first, second, third = trace(rows, MONTHS)
    assert (first.period, first.past, first.change, first.shift) == ("2024-01", None, None, None)
    assert (second.shift, second.past.n) == (None, 9)
    assert (third.shift, third.past.n) == ("confrontation", 18)
    assert third.change.low > 0
    assert third.to_dict()["shift"] == "confrontation"
    assert trace(list(reversed(rows)), MONTHS) == [first, second, third]


def test_a_turn_toward_accommodation_is_named_too():
    rows = many("hhhhhhhh", "d1", "x") + many("cccccccc", "d2", "x")
    assert [step.shift for step in trace(rows, MONTHS)] == [None, "accommodation"]


def test_few_statements_name_no_change():
    rows = many("cccccccc", "d1", "x") + many("hhh", "d2", "x")
    assert [step.shift for step in trace(rows, MONTHS)] == [None, None]


def test_courses_need_a_speaker_and_a_date():
    rows = many("hhhhh", "d1") + many("hhhhh", "undated", "x")
    assert trace(rows, MONTHS) == []


def test_steps_without_any_change_are_seldom_named():
    dice = random.Random(11)
    named = steps = 0
    for n in range(150):
        rows = [s for d in list(MONTHS)[:6] for s in many("".join(dice.choices("hcn", k=10)), d, f"speaker {n}")]
        course = trace(rows, MONTHS)
        steps += len(course) - 1
        named += sum(step.shift is not None for step in course)
    assert steps == 750
    assert named / steps < 0.06


def test_periods_follow_the_calendar():
    assert period_of("2024-12-30", "week") == "2025-W01"
    assert period_of("20240501", "day") == "2024-05-01"
    assert period_of("2024-05", "day") == "2024-05"
    assert period_of("2024", "quarter") == "2024"


@pytest.mark.parametrize("date", ["May 1, 2024", "2024-13-01", "2024-02-30", "", "24-05-01", "2024-05-017"])
def test_dates_that_cannot_be_read_are_refused_with_their_document(date):
    with pytest.raises(InputError, match="a: unknown date"):
        summarize(many("h", "a"), "date", dates={"a": date or " "})


def test_a_summary_by_date_without_dates_is_refused():
    with pytest.raises(InputError, match="no document has a date"):
        summarize(many("h", "a"), "date")


def test_indices_are_plain_figures_in_json():
    [row] = summarize(many("hc", "a"))
    assert set(row.to_dict()["index"]) == {"value", "low", "high", "n"}
    assert Index(**row.to_dict()["index"]) == row.index
