"""Summaries and the courses of speakers as pictures."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import UsageError
from stance.report.overview import Rows, name_of
from stance.report.render import visible
from stance.report.summary import POLES, Index, Poles, Step, Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = ("C0", "C3", "C2")
"""By sign: no shift, toward the +1 end of the index, toward its -1 end."""

ENDINGS = (".png", ".svg")

MOST_ROWS = 40
"""Groups in a picture; the others are counted below it."""

MOST_SPEAKERS = 8
"""Courses in a picture."""


def require_picture(path: Path) -> None:
    """Raises UsageError for a path that does not end as a picture does."""
    if path.suffix.lower() not in ENDINGS:
        what = f"no picture ends in {path.suffix!r}"
        raise UsageError(what, place=f"--plot {path}", remedy=f"name a {' or '.join(ENDINGS)} file")


def save(rows: Rows, path: Path, *, by: str = "document", poles: Poles = POLES) -> None:
    """Draw summaries, or the course of steps, into a .png or .svg file; whole or not at all.

    Summaries by "date" are drawn over time, others as a list of indices with their intervals.
    Raises UsageError for another ending.
    """
    require_picture(path)
    import warnings

    import matplotlib
    from matplotlib.figure import Figure

    figure, ending = Figure(layout="constrained"), path.suffix.lower()
    # Scripts that the font lacks are drawn as boxes; that is no news for each letter.
    quiet = warnings.catch_warnings(action="ignore", category=UserWarning)
    # A fixed salt and no date make the same rows the same file, byte for byte.
    with matplotlib.rc_context({"svg.hashsalt": "stance", "svg.fonttype": "none"}), quiet:
        _draw(rows, figure, by, poles)
        part = path.with_name(f".{path.name}.part")
        try:
            figure.savefig(part, format=ending[1:], dpi=120, metadata={"Date": None} if ending == ".svg" else None)
            os.replace(part, path)
        except OSError as error:
            what = f"cannot be written ({error.strerror or error})"
            raise UsageError(what, place=str(path), remedy="name a file in a folder you may write to") from error


def _draw(rows: Rows, figure: Figure, by: str, poles: Poles) -> None:
    courses: dict[str, list[tuple[str, Index, int]]] = {}
    for row in rows:
        if isinstance(row, Step):
            courses.setdefault(row.speaker, []).append((row.period, row.index, row.sign))
        elif by == "date" and row.name and row.index:
            courses.setdefault("all statements", []).append((row.name, row.index, 0))
    if courses:
        _draw_courses(courses, figure, poles)
    else:
        _draw_list([row for row in rows if isinstance(row, Summary) and row.index], figure, poles)


def _draw_list(rows: Sequence[Summary], figure: Figure, poles: Poles) -> None:
    shown = rows[:MOST_ROWS]
    figure.set_size_inches(8, 1.6 + 0.32 * len(shown))
    axes = figure.add_subplot()
    for place, row in enumerate(shown):
        _interval(axes, row.index, place, upright=False)
    axes.set_yticks(range(len(shown)), [f"{_plain(name_of(row), 40)}  ({row.n})" for row in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(-1.05, 1.05)
    axes.axvline(0, color="grey", linewidth=0.8)
    more = f"; {len(rows) - len(shown)} more not shown" if len(rows) > len(shown) else ""
    positive, negative = (_plain(visible(label), 20) for label in poles)
    ends = f"{negative} (-1) to {positive} (+1)"
    axes.set_xlabel(f"stance index, {ends}, 95 % interval{more}")


def _draw_courses(courses: dict[str, list[tuple[str, Index, int]]], figure: Figure, poles: Poles) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    shown = list(courses.items())[:MOST_SPEAKERS]
    figure.set_size_inches(8, 0.8 + 2.0 * len(shown))
    grid = figure.subplots(len(shown), 1, sharex=True, squeeze=False)
    for axes, (name, course) in zip(grid[:, 0], shown, strict=True):
        days = [start_of(period) for period, _, _ in course]
        axes.plot(days, [index.value for _, index, _ in course], color="black", linewidth=0.8)
        for day, (_, index, sign) in zip(days, course, strict=True):
            _interval(axes, index, day, upright=True, color=COLORS[sign])
        axes.axhline(0, color="grey", linewidth=0.8)
        axes.set_ylim(-1.05, 1.05)
        axes.set_title(_plain(visible(name), 60), fontsize=10, loc="left")
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    notes = []
    if any(sign for course in courses.values() for _, _, sign in course):
        red, green = (_plain(visible(poles.toward(sign)), 20) for sign in (1, -1))
        notes.append(f"red: shift toward {red}, green: toward {green}")
    if len(courses) > len(shown):
        notes.append(f"{len(courses) - len(shown)} more speakers not shown")
    figure.supylabel("stance index, 95 % interval", fontsize=10)
    figure.supxlabel("; ".join(notes), fontsize=9)


def _interval(axes: Axes, index: Index | None, place: Any, *, upright: bool, color: str | None = "C0") -> None:
    if not index:
        return
    length = [[max(0.0, index.value - index.low)], [max(0.0, index.high - index.value)]]
    x, y = (place, index.value) if upright else (index.value, place)
    xerr, yerr = (None, length) if upright else (length, None)
    axes.errorbar([x], [y], xerr=xerr, yerr=yerr, fmt="o", markersize=4, capsize=2, color=color)


def start_of(period: str) -> dt.date:
    """The first day of a period.

    >>> [start_of(p).isoformat() for p in ("2024", "2024-Q2", "2024-05", "2024-W18", "2024-05-01")]
    ['2024-01-01', '2024-04-01', '2024-05-01', '2024-04-29', '2024-05-01']
    """
    if "W" in period:
        return dt.date.fromisocalendar(int(period[:4]), int(period[6:]), 1)
    if "Q" in period:
        return dt.date(int(period[:4]), 3 * int(period[6:]) - 2, 1)
    return dt.date.fromisoformat((period + "-01-01")[:10])


def _plain(text: str, most: int) -> str:
    """A name that matplotlib does not read as mathematics, cut where it would fill the picture."""
    return re.sub(r"([$])", r"\\\1", text if len(text) <= most else f"{text[: most - 1]}…")
