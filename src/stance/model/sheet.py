"""The generated parts of a data sheet: ``python -m stance.model.sheet data/README.md data/corpus``."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stance.errors import InputError, StanceError
from stance.model.checking import tabulate
from stance.model.corpus import digest, groups, read_labelled, read_texts, split
from stance.model.duplicates import near_duplicates
from stance.model.gap import gap
from stance.model.traits import describe, predict_by_traits
from stance.numerals import counted

if TYPE_CHECKING:
    import pandas as pd

REFERENCES = {
    "headline": "headline.txt",
    "history": "history.txt",
    "un-": "un.txt",
    "quot": "quote.txt",
    "spoken": "quote.txt",
    "briefing": "quote.txt",
    "": "news.txt",
}
"""Which reference a genre is measured against: that of the first word here that its name contains."""


def data_sheet(frame: pd.DataFrame) -> str:
    """Markdown tables of a labelled frame: counts by form, tone and genre, and what surface traits give away.

    The same for the same rows, wherever their files lie.
    """
    labels = sorted(set(frame["label"]))
    train, test = split(frame)
    ids = groups(frame)
    near = sum(ids[a] != ids[b] for a, b in near_duplicates(list(frame["text"])))
    lines = [
        f"{counted(len(frame), 'statement')} in {counted(ids.nunique(), 'scenario')} and "
        f"{counted(frame['file'].nunique(), 'file')}; "
        f"{len(train):,} train, {len(test):,} test. Near-duplicates in different scenarios: {near}.",
        "",
        f"Digest: `{digest(frame)}`",
    ]
    for name, table in tabulate(frame).items():
        lines += ["", *_markdown(name, table, labels)]
    lines += ["", "How far a trait alone gives the stance away, cross-validated by scenario:", ""]
    lines += [f"- {name}: {describe(figures)}" for name, figures in predict_by_traits(frame).items()]
    return "\n".join(lines)


def _markdown(name: str, table: Mapping[str, Mapping[str, int]], labels: Sequence[str]) -> list[str]:
    """
    >>> print("\\n".join(_markdown("form", {"act": {"hawkish": 1200}}, ["hawkish", "neutral"])))
    | form | hawkish | neutral | all |
    |---|---:|---:|---:|
    | act | 1,200 | 0 | 1,200 |
    """
    rows = [f"| {' | '.join([name, *labels, 'all'])} |", f"|---|{'---:|' * (len(labels) + 1)}"]
    for value, by_label in table.items():
        numbers = [by_label.get(label, 0) for label in labels]
        rows.append(f"| {' | '.join([value, *(f'{n:,}' for n in [*numbers, sum(numbers)])])} |")
    return rows


def gap_sheet(frame: pd.DataFrame, reference: Path) -> str:
    """Markdown table: how well a classifier tells each file's texts from real ones of its genre.

    reference: a folder with the files named in REFERENCES, one text a line. See :func:`stance.model.gap.gap`.
    """
    genres = frame["file"].map(lambda file: Path(file).stem)
    lines = [f"Measured on digest `{digest(frame)[:12]}`.", ""]
    lines += ["| genre | reference | n each | told apart | 95 % interval |", "|---|---|---:|---:|---|"]
    for genre in sorted(set(genres)):
        name = next(file for word, file in REFERENCES.items() if word in genre)
        report = gap(list(frame["text"][genres == genre]), read_texts(reference / name))
        low, high = report.interval
        kind = name.removesuffix(".txt")
        lines.append(f"| {genre} | {kind} | {report.n:,} | {report.accuracy:.2f} | {low:.2f} to {high:.2f} |")
    return "\n".join(lines)


def write_sheet(path: Path, frame: pd.DataFrame, reference: Path | None = None) -> None:
    """Write the generated parts of a data sheet anew, each between its two markers; all else stays.

    The part ``counts`` comes from :func:`data_sheet`; the part ``gap``, only when ``reference`` is given,
    from :func:`gap_sheet`. Raises InputError when the file or a marker is missing.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else "not UTF-8"
        raise InputError(what, place=str(path), remedy="name the data sheet, a text file that you may read") from None
    text = filled(text, "counts", data_sheet(frame), str(path))
    if reference is not None:
        text = filled(text, "gap", gap_sheet(frame, reference), str(path))
    # Never half a sheet: a reader sees the old one or the new one.
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(text)
    os.chmod(file.name, path.stat().st_mode)
    os.replace(file.name, path)


def filled(text: str, part: str, content: str, place: str) -> str:
    """A sheet's text with new content between the markers of one part.

    >>> filled("a <!-- generated: n -->old<!-- end: n --> b", "n", "new", "README.md")
    'a <!-- generated: n -->\\nnew\\n<!-- end: n --> b'
    """
    begin, end = f"<!-- generated: {part} -->", f"<!-- end: {part} -->"
    between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not between.search(text):
        raise InputError(f"no part {part!r}", place=place, remedy=f"put {begin} and {end} where it belongs")
    return between.sub(lambda _: f"{begin}\n{content}\n{end}", text)


def main(arguments: Sequence[str]) -> int:
    """``SHEET DATA [REFERENCE]``: write the counts of SHEET from the folder DATA, with REFERENCE the gap."""
    if len(arguments) not in (2, 3):
        print("usage: python -m stance.model.sheet SHEET DATA [REFERENCE]", file=sys.stderr)
        return 2
    sheet, data, *reference = map(Path, arguments)
    try:
        write_sheet(sheet, read_labelled([data]), *reference)
    except StanceError as error:
        print(f"stance: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
