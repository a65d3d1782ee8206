"""The card shows the figures it was given, for any labels, and is the same each time."""

import re

import numpy as np
import pytest

from stance.model.evaluation import Evaluation, evaluate
from stance.report import measures, plots
from stance.report.card import card

LABELS = ("conciliatory", "hawkish", "neutral")
HEADER = {
    "labels": list(LABELS),
    "tone": True,
    "temperature": 0.8123456,
    "counts": {"conciliatory": 500, "hawkish": 400, "neutral": 100},
    "corpus": {"digest": "abc123"},
    "chosen": {"C": 3.0},
    "versions": {"stance": "0.1.0", "numpy": "2.4.6"},
}


def measured(labels=LABELS, sources=("news", "a|b <i>")):
    rng = np.random.default_rng(0)
    codes = rng.integers(len(labels), size=120)
    p = rng.dirichlet(np.ones(len(labels)), size=120) + 0.7 * np.eye(len(labels))[codes]
    return evaluate(
        labels,
        [labels[c] for c in codes],
        p / p.sum(axis=1, keepdims=True),
        tone_truth=codes - 1.0,
        tone=codes + rng.normal(size=120),
        slices={"source": [sources[i % 2] for i in range(120)]},
        samples=100,
    )


def tables(text):
    """The cells of every table row."""
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines() if line[:1] == "|"
    ]


def test_the_card_holds_data_measures_slices_calibration_uses_limits_digest_and_versions():
    e = measured()
    text = card(HEADER, {"test": e}, digest="f00d")
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert titles == [
        "Model card: stance",
        "Data",
        "Measures",
        "By slice",
        "Calibration",
        "Intended uses",
        "Excluded uses",
        "Known limits",
        "Digests, settings and versions",
    ]
    rows = tables(text)
    low, high = e.macro_f1_interval
    assert ["hawkish", "400", "40.0%"] in rows
    assert any(r[:4] == ["test", "120", f"{e.macro_f1:.3f}", f"{low:.3f} to {high:.3f}"] for r in rows)
    assert any(r[:4] == ["test", "source", "news", "60"] for r in rows)
    assert ["table", "`f00d`"] in rows
    assert ["corpus digest", "`abc123`"] in rows
    assert ["versions numpy", "`2.4.6`"] in rows
    assert ["temperature", "0.8123"] in rows


def test_each_table_has_as_many_cells_in_every_row_whatever_the_data_say():
    text = card(HEADER, {"cross-validation": measured(), "test": measured()})
    for block in text.split("\n\n"):
        rows = tables(block)
        assert len({len(row) for row in rows}) <= 1
    assert "a\\|b &lt;i>" in text


def test_the_card_is_the_same_each_time_and_ends_in_one_newline():
    text = card(HEADER, {"test": measured()})
    assert text == card(HEADER, {"test": measured()})
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_other_labels_get_no_claims_about_diplomacy():
    text = card({"labels": ["dovish", "hawkish"]}, {})
    assert "`dovish`, `hawkish`" in text
    assert "states" not in text
    assert "Calibration" not in text


def test_an_evaluation_read_back_from_json_makes_the_card_without_its_bins():
    e = Evaluation.from_dict(measured().to_dict())
    assert "equal width" not in card(HEADER, {"test": e})


def test_plots_are_written_as_pictures(tmp_path):
    paths = plots.save(measured(labels=("$a$", "b_c", "%")), tmp_path)
    assert [p.name for p in paths] == ["confusion.png", "reliability.png", "coverage.png"]
    assert all(p.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for p in paths)


@pytest.mark.parametrize("width", [40, 120])
def test_the_tables_for_a_terminal_show_the_figures_and_no_markup_of_the_data(width):
    from io import StringIO

    from rich.console import Console

    e = measured(sources=("news", "[red]un[/red]"))
    out = StringIO()
    Console(file=out, width=width).print(measures.render(e))
    shown = out.getvalue()
    assert f"macro-F1 {e.macro_f1:.3f}" in shown
    assert f"mean absolute error {e.tone_mae:.2f}" in " ".join(shown.split())
    if width == 120:
        assert "[red]un[/red]" in shown
        assert f"{e.slices['source']['news']['macro_f1']:.3f}" in shown
