"""Is labelled data fit to learn from? Errors, duplicates, balance, and what surface traits give away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import InputError
from stance.model.corpus import digest, flaws, groups, read_raw, tidied, unknown_labels
from stance.model.duplicates import RUN, fold, near_duplicates, runs
from stance.model.traits import describe, predict_by_traits
from stance.numerals import counted
from stance.records import find_files
from stance.statement import STANCES

if TYPE_CHECKING:
    import pandas as pd

CHANCE_MARGIN = 0.15
"""A trait that predicts the label by so much more macro-F1 than chance gets a warning."""

LEAST_SHARE = 0.5
"""A label with less than this part of an even share of the rows gets a warning."""

LISTED = 20
"""Errors and warnings of each kind that the text shows; the dict has them all."""

_GARBLED = re.compile("â€|Ã[\x80-\xbf]|\ufffd")


@dataclass(frozen=True)
class CheckReport:
    """Outcome of :func:`check`.

    n: sound rows, on which all else is measured. errors and warnings read ``file:line: what: remedy``.
    counts: rows a label. tables: column (form, hard, tone, genre) -> value -> label -> rows; the genre is the
    file's name.
    shared_runs: how many runs of six words stand in more than one scenario, how many statements have one,
    and the commonest with the number of their scenarios; None without scenarios.
    predictability: trait (actors, length, digits) -> macro_f1 and accuracy of a classifier that sees nothing
    else, cross-validated by scenario, and the same with labels shuffled (chance_macro_f1, chance_accuracy).
    """

    files: tuple[str, ...]
    n: int = 0
    digest: str | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    shared_runs: Mapping[str, Any] | None = None
    predictability: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings do not count."""
        return not self.errors

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line."""
        return {"ok": self.ok, **asdict(self)}

    def to_text(self) -> str:
        """The report to read: errors and warnings, then the figures."""
        lines = [*_listed("error", self.errors), *_listed("warning", self.warnings)]
        lines.append(f"{counted(self.n, 'statement')} in {counted(len(self.files), 'file')}, {_shares(self.counts)}")
        if self.shared_runs:
            commonest = ", ".join(f"“{run}” ({n})" for run, n in self.shared_runs["commonest"].items())
            n = self.shared_runs["statements"]
            sharing = f"{counted(n, 'statement')} share{'s' * (n == 1)} {RUN} words in a row"
            lines.append(f"{sharing} with another scenario; the commonest: {commonest or 'none'}")
        for name, figures in self.predictability.items():
            lines.append(f"{name} alone: {describe(figures)}")
        for name, table in self.tables.items():
            lines += ["", *table_lines(name, table, list(self.counts))]
        return "\n".join(lines)


def _listed(kind: str, messages: Sequence[str]) -> list[str]:
    rest = len(messages) - LISTED
    more = [f"{kind}: and {rest:,} more of this kind"] if rest > 0 else []
    return [f"{kind}: {message}" for message in messages[:LISTED]] + more


def _shares(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{label} {n:,} ({n / total:.0%})" for label, n in counts.items())


def table_lines(name: str, table: Mapping[str, Mapping[str, int]], labels: Sequence[str]) -> list[str]:
    """A table as lines of aligned text: a row for each value of ``name``, a column for each label, the sum.

    >>> table = {"act": {"hawkish": 3}, "quote": {"neutral": 1200}}
    >>> print("\\n".join(table_lines("form", table, ["hawkish", "neutral"])))
    form   hawkish  neutral    all
    act          3        0      3
    quote        0    1,200  1,200
    """
    rows = [[name, *labels, "all"]]
    for value, by_label in table.items():
        numbers = [by_label.get(label, 0) for label in labels]
        rows.append([value, *(f"{n:,}" for n in [*numbers, sum(numbers)])])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def check(
    paths: Sequence[Path],
    *,
    labels: Sequence[str] = STANCES,
    text_column: str = "text",
    label_column: str | None = None,
) -> CheckReport:
    """Check labelled files: every error, not only the first, then warnings and figures of the sound rows.

    Errors: what :func:`stance.model.corpus.read_labelled` refuses, a label that is none of ``labels``, an id
    given twice, and two statements of the same words (whatever their case and punctuation).
    Warnings: near-duplicates in different scenarios, few rows of a label, garbled characters, a surface trait
    that gives the label away. Stock phrases that scenarios share are only counted: ordinary text has them.
    """
    frame, errors = _sound_rows(paths, text_column, label_column)
    if frame is None:
        return CheckReport(files=tuple(map(str, paths)), errors=tuple(errors))
    errors += [str(error) for error in unknown_labels(frame, labels)]
    errors += [*_repeated_ids(frame), *_duplicates(frame)]
    frame = frame[frame["label"].isin(list(labels))].reset_index(drop=True)
    counts = {label: int(n) for label in labels if (n := (frame["label"] == label).sum())}
    predictability = predict_by_traits(frame)
    warnings = [
        *_near_duplicates(frame),
        *_imbalances(frame, counts),
        *_garbled(frame),
        *_giveaways(predictability),
    ]
    return CheckReport(
        files=tuple(dict.fromkeys(frame["file"])),
        n=len(frame),
        digest=digest(frame),
        errors=tuple(errors),
        warnings=tuple(warnings),
        counts=counts,
        tables=tabulate(frame),
        shared_runs=_shared_runs(frame),
        predictability=predictability,
    )


def _sound_rows(
    paths: Sequence[Path], text_column: str, label_column: str | None
) -> tuple[pd.DataFrame | None, list[str]]:
    """All rows without a flaw, and what is wrong with the other rows and files."""
    import pandas as pd

    errors, frames = [], []
    for path in dict.fromkeys(paths):
        try:
            files = find_files([path])
        except InputError as error:
            errors.append(str(error))
            continue
        for file in files:
            try:
                frame = read_raw([file], text_column=text_column, label_column=label_column)
            except InputError as error:
                errors.append(str(error))
                continue
            found = flaws(frame)
            errors += [str(flaw) for flaw in found if flaw]
            frames.append(frame[[flaw is None for flaw in found]])
    if not frames or not sum(map(len, frames)):
        return None, errors
    return tidied(pd.concat(frames, ignore_index=True)), errors


def _repeated_ids(frame: pd.DataFrame) -> Iterator[str]:
    if "id" in frame:
        for first, again, value in _repeats(frame, frame["id"]):
            yield f"{again}: id {value!r} stands at {first} too: give every row its own"


def _duplicates(frame: pd.DataFrame) -> Iterator[str]:
    labels = dict(zip(_places(frame), frame["label"], strict=True))
    words = [" ".join(re.findall(r"\w+", text.lower())) or text for text in frame["text"]]
    for first, again, _ in _repeats(frame, words):
        other = "" if labels[first] == labels[again] else f", where it is {labels[first]}"
        yield f"{again}: the same words as {first}{other}: delete one of them"


def _repeats(frame: pd.DataFrame, keys: Sequence[Hashable] | pd.Series) -> Iterator[tuple[str, str, Hashable]]:
    """(first place, later place, key) for each key that stands again."""
    first: dict[Hashable, str] = {}
    for place, key in zip(_places(frame), keys, strict=True):
        if key is None or key != key:
            continue
        if key in first:
            yield first[key], place, key
        else:
            first[key] = place


def _places(frame: pd.DataFrame) -> list[str]:
    return [f"{file}:{line}" for file, line in zip(frame["file"], frame["line"], strict=True)]


def _near_duplicates(frame: pd.DataFrame) -> Iterator[str]:
    if "group" not in frame:
        # Without scenarios they are kept on one side of every split and do no harm.
        return
    ids, places, texts = list(groups(frame)), _places(frame), list(frame["text"])
    for a, b in sorted(near_duplicates(texts)):
        if ids[a] != ids[b]:
            yield f"{places[b]}: nearly the words of {places[a]} in another scenario: reword one or join them"


def _shared_runs(frame: pd.DataFrame) -> dict[str, Any] | None:
    if "group" not in frame:
        return None
    scenarios: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    grams = [runs(fold(text)) for text in frame["text"]]
    for group, found in zip(groups(frame), grams, strict=True):
        for run in found:
            scenarios[run].add(group)
    shared = {run: len(ids) for run, ids in scenarios.items() if len(ids) > 1}
    commonest = sorted(shared, key=lambda run: (-shared[run], run))[:5]
    return {
        "runs": len(shared),
        "statements": sum(any(run in shared for run in found) for found in grams),
        "commonest": {" ".join(run): shared[run] for run in commonest},
    }


def _imbalances(frame: pd.DataFrame, counts: Mapping[str, int]) -> Iterator[str]:
    for label, n in counts.items():
        if n < LEAST_SHARE * len(frame) / len(counts):
            yield f"only {n / len(frame):.1%} of the rows are {label}: add some, or it will seldom be found"


def _garbled(frame: pd.DataFrame) -> Iterator[str]:
    places = [p for p, text in zip(_places(frame), frame["text"], strict=True) if _GARBLED.search(text)]
    if places:
        what = f"garbled characters (â€, Ã, �) in {counted(len(places), 'row')}, this the first"
        yield f"{places[0]}: {what}: read the source as UTF-8"


def _giveaways(predictability: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for name, figures in predictability.items():
        if figures["macro_f1"] > figures["chance_macro_f1"] + CHANCE_MARGIN:
            yield f"the label can be told from {name} alone, {describe(figures)}: write against the pattern"


def tabulate(frame: pd.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """Rows by label for every form, difficulty, tone (rounded, halves away from 0) and genre (file name)."""
    columns: dict[str, list[str]] = {}
    if "form" in frame:
        columns["form"] = [str(form) for form in frame["form"]]
    if "hard" in frame:
        columns["hard"] = [
            "yes" if hard is True or str(hard).lower() in ("true", "1") else "no" for hard in frame["hard"]
        ]
    if "tone" in frame:
        columns["tone"] = [_rounded(tone) for tone in frame["tone"]]
    columns["genre"] = [Path(file).stem for file in frame["file"]]
    return {name: _cross(values, list(frame["label"]), name) for name, values in columns.items()}


def _rounded(tone: float) -> str:
    """
    >>> [_rounded(tone) for tone in (-1.5, -0.3, 2.5, float("nan"))]
    ['-2', '0', '+3', 'none']
    """
    if tone != tone:
        return "none"
    size = int(abs(tone) + 0.5)
    return f"{size if tone > 0 else -size:+d}" if size else "0"


def _cross(values: Sequence[str], labels: Sequence[str], name: str) -> dict[str, dict[str, int]]:
    counts = Counter(zip(values, labels, strict=True))
    sums = Counter(values)
    order = sorted(sums, key=_tone_order if name == "tone" else lambda value: (-sums[value], value))
    return {value: {label: n for label in sorted(set(labels)) if (n := counts[value, label])} for value in order}


def _tone_order(value: str) -> tuple[float, str]:
    return (99.0 if value == "none" else float(value), value)
