"""Labelled statements: read, validated, digested, grouped and split.

Every function here takes or gives one frame, a row a statement:

    text   str    the statement as it stands in the file
    label  str    its stance, or the user's own label
    tone   float  from -3 (violent) to +3 (warm), NaN where not given; only when a file has it
    group  str    the scenario: statements that must stay on one side of a split; only when a file has it
    file   str    where it was read
    line   int    the line it begins on, from 1 (in parquet the row)

and whatever further columns the files have, to slice by.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stance.decoding import decode
from stance.errors import InputError
from stance.model.duplicates import clusters, fold
from stance.numerals import counted
from stance.records import KINDS, find_files, opened, read_records
from stance.rows import Row

if TYPE_CHECKING:
    import pandas as pd

TONE_RANGE = (-3.0, 3.0)
LABEL_COLUMNS = ("stance", "label")
GROUP_COLUMNS = ("scenario", "group")

MOST_KINDS = 20
"""A column of more values than that, such as an id, makes no slices."""

_SURROGATE = re.compile("[\ud800-\udfff]")


def read_labelled(paths: Sequence[Path], *, text_column: str = "text", label_column: str | None = None) -> pd.DataFrame:
    """Labelled statements of files and folders (csv, tsv, jsonl, parquet), as the frame described above.

    The label is looked for under ``stance``, then ``label``, the group under ``scenario``, then ``group``.
    Raises InputError at the first file, column or row that cannot be used, with its line.
    """
    frame = read_raw(paths, text_column=text_column, label_column=label_column)
    flaw = next(filter(None, flaws(frame)), None)
    if flaw:
        raise flaw
    return tidied(frame)


def read_raw(paths: Sequence[Path], *, text_column: str = "text", label_column: str | None = None) -> pd.DataFrame:
    """As :func:`read_labelled`, but rows as they are: see :func:`flaws` and :func:`tidied`."""
    import pandas as pd

    files = find_files(paths)
    if not files:
        raise InputError("no data", remedy="name a file or folder of labelled statements")
    rows = [row for path in files for row in _rows(path, text_column, label_column)]
    # Objects, so that pandas neither turns whole numbers with gaps into floats nor labels into numbers.
    return pd.DataFrame(rows, dtype=object)


def _rows(path: Path, text_column: str, label_column: str | None) -> Iterator[dict[str, object]]:
    records = read_records(path)
    columns = _columns(records)
    labels = (label_column,) if label_column else LABEL_COLUMNS
    sought = {
        "text": _require_column(path, columns, (text_column,), "--text-column"),
        "label": _require_column(path, columns, labels, "--label-column"),
        "tone": _first(("tone",), columns),
        "group": _first(GROUP_COLUMNS, columns),
    }
    found = {name: column for name, column in sought.items() if column}
    # A further column that bears a name of the frame gives way to the one that was asked for.
    taken = {*found, *found.values(), "file", "line"}
    others = [name for name in columns if name not in taken]
    for line, fields in records:
        row = {name: fields.get(column) for name, column in found.items()}
        yield {**row, "file": str(path), "line": line, **{name: fields.get(name) for name in others}}


def _columns(records: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record.fields))


def _first(wanted: Sequence[str], columns: Sequence[str]) -> str | None:
    return next((name for name in wanted if name in columns), None)


def _require_column(path: Path, columns: Sequence[str], wanted: Sequence[str], option: str) -> str:
    column = _first(wanted, columns)
    if column is None:
        names = " or ".join(repr(name) for name in wanted)
        what = f"no column {names} (its columns: {', '.join(columns) or 'none'})"
        raise InputError(what, place=f"{path}:1", remedy=f"name the column with {option}")
    return column


def sliceable(frame: pd.DataFrame) -> list[str]:
    """The further columns of the files that part the rows into a few kinds (2 to MOST_KINDS): what to measure apart."""
    known = {"text", "label", "tone", "group", "file", "line"}
    return [str(name) for name in frame if name not in known and 2 <= frame[name].astype(str).nunique() <= MOST_KINDS]


def flaws(frame: pd.DataFrame) -> list[InputError | None]:
    """For each row of a raw frame what is wrong with it: no text, no label, a tone that is none."""
    tones = frame["tone"] if "tone" in frame else [None] * len(frame)
    rows = zip(frame["file"], frame["line"], frame["text"], frame["label"], tones, strict=True)
    found: list[InputError | None] = []
    for file, line, text, label, tone in rows:
        flaw = _text_flaw(text) or _label_flaw(label) or _tone_flaw(tone)
        found.append(InputError(flaw[0], place=f"{file}:{line}", remedy=flaw[1]) if flaw else None)
    return found


def _missing(value: object) -> bool:
    # A text of "nan" is a missing one that pandas wrote; "none" and "NA" may be labels (SemEval has NONE).
    return value is None or value != value or (isinstance(value, str) and value.strip().lower() in ("", "nan"))


def _text_flaw(text: object) -> tuple[str, str] | None:
    if _missing(text):
        return "no text (empty or NaN)", "fill it in or delete the row"
    if not isinstance(text, str):
        return (
            f"the text is no string but {json.dumps(text, default=str)[:40]}",
            "quote it, or name another column",
        )
    return None


def _label_flaw(label: object) -> tuple[str, str] | None:
    if _missing(label):
        return "no label (empty or NaN)", "fill it in or delete the row"
    if not isinstance(label, str | int | float):
        return f"the label is no string but {json.dumps(label, default=str)[:40]}", "give one label a row"
    return None


def _tone_flaw(tone: object) -> tuple[str, str] | None:
    if _missing(tone):
        return None
    low, high = TONE_RANGE
    try:
        value = float(tone)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return f"tone {tone!r} is not a number", f"give a number from {low:g} to {high:g}, or leave it empty"
    if not low <= value <= high:
        return f"tone {value:g} is out of range", f"give a number from {low:g} to {high:g}, or leave it empty"
    return None


def tidied(frame: pd.DataFrame) -> pd.DataFrame:
    """A raw frame without flaws, its columns turned to their types and an all-empty tone left out."""
    frame = frame.copy()
    # JSON can write half a surrogate pair, which nothing that reads the frame could encode.
    frame["text"] = [text if text.isascii() else _SURROGATE.sub("\ufffd", text) for text in frame["text"]]
    frame["label"] = [_as_name(label) for label in frame["label"]]
    frame["line"] = frame["line"].astype(int)
    if "tone" in frame:
        frame["tone"] = [float("nan") if _missing(tone) else float(tone) for tone in frame["tone"]]
        if frame["tone"].isna().all():
            del frame["tone"]
    if "group" in frame:
        frame["group"] = [None if _missing(group) else _as_name(group) for group in frame["group"]]
    return frame.infer_objects()


def _as_name(value: object) -> str:
    """A label or group as a string; 1.0, as parquet and pandas have it when rows are missing, is 1."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def read_texts(path: Path, *, text_column: str = "text") -> list[str]:
    """The texts of a file or folder, labelled or not: a line each in .txt, else the text column.

    Empty ones are left out. Raises InputError as :func:`read_labelled` does.
    """
    texts = [text for file in find_files([path], [*KINDS, ".txt"]) for text in _texts(file, text_column)]
    return [text.strip() for text in texts if isinstance(text, str) and not _missing(text)]


def _texts(file: Path, text_column: str) -> Sequence[object]:
    if file.suffix.lower() == ".txt":
        with opened(file) as stream:
            return decode(stream.read(), str(file)).split("\n")
    records = read_records(file)
    column = _require_column(file, _columns(records), (text_column,), "--text-column")
    return [record.fields.get(column) for record in records]


def require_trainable(frame: pd.DataFrame, *, per_label: int = 2) -> None:
    """Raise InputError unless there are two labels or more, each with ``per_label`` rows, and two groups."""
    place = _place(frame)
    counts = frame["label"].value_counts()
    if len(counts) < 2:
        what = f"only one label, {counts.index[0]!r}" if len(counts) else "no rows"
        raise InputError(what, place=place, remedy="give statements of two labels or more")
    label, rows = counts.index[-1], int(counts.iloc[-1])
    if rows < per_label:
        what = f"only {counted(rows, 'row')} labelled {label!r}"
        raise InputError(what, place=place, remedy=f"give each label at least {per_label}, or drop it")
    if groups(frame).nunique() < 2:
        what = "all rows belong to one scenario, or are near-duplicates of each other"
        raise InputError(what, place=place, remedy="give statements from two scenarios or more")


def unknown_labels(frame: pd.DataFrame, labels: Sequence[str]) -> list[InputError]:
    """An error for each label of each file that is none of ``labels``, at the first row that bears it."""
    strange = frame[~frame["label"].isin(list(labels))]
    found = []
    for (file, label), rows in strange.groupby(["file", "label"], sort=False):
        times = f" ({len(rows):,} rows)" if len(rows) > 1 else ""
        place, remedy = f"{file}:{rows['line'].iloc[0]}", f"the labels are {', '.join(labels)}"
        found.append(InputError(f"unknown label {label!r}{times}", place=place, remedy=remedy))
    return found


def require_labels(frame: pd.DataFrame, labels: Sequence[str]) -> None:
    """Raise InputError at the first row whose label is none of ``labels``."""
    for error in unknown_labels(frame, labels):
        raise error


def _place(frame: pd.DataFrame) -> str | None:
    files = list(dict.fromkeys(frame["file"]))
    return f"{files[0]} and {len(files) - 1} more" if len(files) > 1 else (files[0] if files else None)


def digest(frame: pd.DataFrame) -> str:
    """SHA-256 (hex) over texts, labels, tones and groups, whatever the order of rows, files and columns."""
    columns = [frame[name] if name in frame else [None] * len(frame) for name in ("text", "label", "tone", "group")]
    rows = [[None if _missing(value) else value for value in row] for row in zip(*columns, strict=True)]
    lines = sorted(json.dumps(row, ensure_ascii=False) for row in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def groups(frame: pd.DataFrame) -> pd.Series[str]:
    """For each row the id of what must stay together: its scenario or, without one, its near-duplicates.

    A cluster of near-duplicates is named after its first text in alphabetical order: its id depends neither
    on the order of the rows nor on other clusters, though a new near-duplicate may join or rename it.
    """
    import pandas as pd

    given = frame["group"] if "group" in frame else pd.Series(None, index=frame.index, dtype=object)
    lone = given.isna()
    texts = list(frame["text"][lone])
    first: dict[int, tuple[str, ...]] = {}
    roots = clusters(texts)
    for root, text in zip(roots, texts, strict=True):
        first[root] = min(first.get(root, fold(text)), fold(text))
    result = given.copy()
    result[lone] = ["near-" + _hash(" ".join(first[root])).hex()[:16] for root in roots]
    return result.rename("group")


def split(frame: pd.DataFrame, test: float = 0.15) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test rows, whole groups on one side, by a hash of the group's id.

    ``test`` is the expected part of the groups that go to the test side, in [0, 1]; of few groups all may
    fall on one side. A group's side depends on its id alone: new scenarios never move an old one.
    """
    ids = groups(frame)
    sides = {group: int.from_bytes(_hash(group)[:8]) / 2**64 < test for group in ids.unique()}
    tested = ids.map(sides).astype(bool)
    return frame[~tested], frame[tested]


def _hash(text: str) -> bytes:
    # Python's own hash of a string changes from process to process.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
