"""Small drawings as SVG: plain attributes and classes, so that a strict content policy and dark mode both hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stance.report.charts import start_of
from stance.report.summary import Index, Poles, Step

if TYPE_CHECKING:
    from markupsafe import Markup

TONE = 3.0
"""Tone runs from -TONE to +TONE."""

FULL = 2.0
"""Tone at which a bar of the ribbon has its full width; few statements go beyond."""


def ribbon(parts: Sequence[tuple[int, float | None]]) -> Markup:
    """The tones of a paragraph from top to bottom: bars to the left are harsh, to the right warm.

    parts: (length, tone) of each statement; a bar is as high as its statement is long.
    """
    total = sum(length for length, _ in parts) or 1
    y, bars = 0.0, []
    for length, tone in parts:
        height = 100 * length / total
        width = 22 * min(1.0, abs(tone or 0.0) / FULL)
        if tone is not None and width >= 0.5:
            x, kind = (22 - width, "harsh") if tone < 0 else (22.0, "warm")
            bars.append(_rect(x, y + 0.8, width, max(1.0, height - 1.6), kind))
        y += height
    return _svg(44, 100, "".join([*bars, _line("axis", 22, 0, 22, 100)]), stretch=True)


def shares(parts: Sequence[tuple[str, float]]) -> Markup:
    """A bar of shares that sum to 1, each in the class of its stance."""
    x, rects = 0.0, []
    for kind, share in parts:
        rects.append(_rect(x, 0, 200 * share, 10, kind) if share else "")
        x += 200 * share
    return _svg(200, 10, "".join(rects), stretch=True)


def bar(share: float, kind: str) -> Markup:
    """One share of 1."""
    return _svg(100, 8, _rect(0, 0, 100, 8, "track") + _rect(0, 0, 100 * share, 8, kind), stretch=True)


def interval(index: Index | None) -> Markup:
    """An index between conciliatory (left) and hawkish (right) with its 95 % interval."""
    marks = [_line("axis", 8, 10, 192, 10), *(_line("tick", x, 2, x, 18) for x in (8, 100, 192))]
    if index:
        low, value, high = (100 + 92 * v for v in (index.low, index.value, index.high))
        marks += [_line("range", low, 10, high, 10), *(_line("range", x, 6, x, 14) for x in (low, high))]
        marks.append(_point(value, 10, _side(index)))
    return _svg(200, 20, "".join(marks))


def tone(value: float) -> Markup:
    """A tone on its scale from harsh (left) to warm (right)."""
    x = 100 + 92 * max(-1.0, min(1.0, value / TONE))
    kind = "harsh" if value < 0 else "warm"
    ticks = [_line("tick", 8 + 184 * i / 6, 6, 8 + 184 * i / 6, 14) for i in range(7)]
    filled = _rect(min(x, 100), 8, abs(x - 100), 4, kind)
    circle = f'<circle class="{kind}" cx="{x:.1f}" cy="10" r="5"/>'
    return _svg(200, 20, "".join([_line("axis", 8, 10, 192, 10), *ticks, filled, circle]))


def course(steps: Sequence[Step]) -> Markup:
    """A speaker over time: the index of each period with its interval; named shifts have a shape and a colour.

    steps: of one speaker, one at least, in time.
    """
    days = [start_of(step.period).toordinal() for step in steps]
    span = days[-1] - days[0]
    xs = [_LEFT + 15 + (_RIGHT - _LEFT - 30) * ((day - days[0]) / span if span else 0.5) for day in days]
    points = " ".join(f"{x:.1f},{_y(step.index.value):.1f}" for x, step in zip(xs, steps, strict=True))
    marks = [
        _frame(steps[0].poles),
        _dates(xs, [step.period for step in steps]),
        f'<polyline class="course" points="{points}"/>',
    ]
    for x, step in zip(xs, steps, strict=True):
        low, high = _y(step.index.low), _y(step.index.high)
        marks.append(_line("range", x, low, x, high))
        marks += [_line("range", x - 4, y, x + 4, y) for y in (low, high)]
        marks.append(_point(x, _y(step.index.value), _SHIFTS[step.sign]))
    return _svg(440, 150, "".join(marks))


_LEFT, _RIGHT = 70.0, 432.0
_SHIFTS = ("plain", "haw", "con")
"""By sign."""


def _frame(poles: Poles) -> str:
    """Axes of a course: -1 at the bottom, +1 at the top, zero marked."""
    positive, negative = (label if len(label) <= 8 else f"{label[:6]}." for label in poles)
    rows = (("tick", 1.0, f"{positive} +1"), ("axis", 0.0, "0"), ("tick", -1.0, f"{negative} −1"))
    lines = [_line(kind, _LEFT, _y(value), _RIGHT, _y(value)) for kind, value, _ in rows]
    return "".join(lines + [_text(_LEFT - 5, _y(value) + 4, name, "end") for _, value, name in rows])


def _dates(xs: Sequence[float], periods: Sequence[str]) -> str:
    """Names of periods below the axis, as many as fit."""
    out, free = [], 0.0
    for x, period in zip(xs, periods, strict=True):
        if x >= free:
            out.append(_text(min(x, _RIGHT - 28), 146, period, "middle"))
            free = x + 80
    return "".join(out)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    from markupsafe import escape

    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _point(x: float, y: float, kind: str) -> str:
    if kind == "haw":  # a side has a shape of its own, not a colour alone
        return f'<path class="haw" d="M{x:.1f} {y - 7:.1f}l6 7l-6 7l-6-7z"/>'
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{6 if kind == "con" else 4}"/>'


def _y(value: float) -> float:
    return 68 - 56 * value


def _side(index: Index) -> str:
    if index.low > 0:
        return "haw"
    return "con" if index.high < 0 else "plain"


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"/>'


def _svg(width: int, height: int, content: str, *, stretch: bool = False) -> Markup:
    from markupsafe import Markup

    how = ' preserveAspectRatio="none"' if stretch else ""
    # Numbers, names of our own, and text that `_text` has escaped.
    return Markup(f'<svg viewBox="0 0 {width} {height}"{how} aria-hidden="true" focusable="false">{content}</svg>')
