"""The commands of trust (explain to card) and `models`. Each reads options, calls, prints."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

import typer

from stance.errors import UsageError
from stance.numerals import counted
from stance.options import Data, LabelColumn, Model, ModelOption, ReportFormat, TextColumn

if TYPE_CHECKING:
    from stance.model.table import Table

_ELSEWHERE = "name a file in a folder you may write to"


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    short: dict[Callable[..., None], str] = {
        explain: "Say which words made the stance of each statement.",
        compare: "Compare two models on the same labelled statements.",
        audit: "Look over labelled data for labels likely wrong.",
        suggest: "Choose the statements worth labelling next.",
        label: "Label statements one by one at the terminal.",
        drift: "Compare two sets of texts as the model sees them.",
        card: "Print the card of a model.",
        models: "List the registered models: versions, aliases, measures.",
    }
    for command, what in short.items():
        app.command(short_help=what)(command)


def explain(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Texts, tables, folders, patterns; - is standard input.")
    ],
    model: ModelOption = None,
    unit: Annotated[Literal["sentence", "line"], typer.Option(help="What counts as a statement.")] = "sentence",
    form: Annotated[
        Literal["table", "jsonl", "json"] | None,
        typer.Option("--format", "-f", help="table, jsonl or json [a table on a terminal, jsonl in a pipe]."),
    ] = None,
    text_column: TextColumn = "text",
) -> None:
    """Say which words, pairs and frames made the stance of each statement.

    Example: stance explain article.txt
    """
    from stance.analysis import analyse
    from stance.report.explanation import write
    from stance.text.reading import read

    table = load(model)
    scored = analyse(read(files, text_column=text_column), table, unit=unit)
    write(scored, table, sys.stdout, form=form or ("table" if sys.stdout.isatty() else "jsonl"))


def compare(
    model_a: Model,
    model_b: Model,
    data: Data,
    top: Annotated[int, typer.Option(min=0, help="How many of the statements they differ on most to show.")] = 10,
    text_column: TextColumn = "text",
    label_column: LabelColumn = None,
    form: ReportFormat = "table",
) -> None:
    """Compare two models on the same labelled statements: is MODEL_B better, is it chance, where do they differ.

    Example: stance compare default my-model.npz labelled.csv
    """
    from stance.improve.compare import compare_tables
    from stance.model.corpus import read_labelled

    frame = read_labelled(data, text_column=text_column, label_column=label_column)
    result = compare_tables(load(model_a), load(model_b), frame, top=top)
    show(result.to_dict() if form == "json" else result.to_text(), form)


def audit(
    data: Data,
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Write all findings there, to review.")] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = None,
    form: ReportFormat = "table",
) -> None:
    """Look over labelled data: labels likely wrong, near-duplicates that disagree or leak, telling actors.

    The files themselves are never changed.

    Example: stance audit labelled.csv --out review.csv
    """
    from stance.improve.audit import audit as look_over
    from stance.improve.audit import write_review
    from stance.model.corpus import read_labelled

    if out:
        require_writable(out, "--out", data)
    result = look_over(read_labelled(data, text_column=text_column, label_column=label_column))
    if out:
        with written(out) as file:
            write_review(result.findings, file)
        say(f"{counted(len(result.findings), 'finding')} written to {out}")
    show(result.to_dict() if form == "json" else result.to_text(), form)


def suggest(
    files: Annotated[
        list[str], typer.Argument(metavar="UNLABELLED", help="Texts, tables, folders; - is standard input.")
    ],
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="How many statements.")] = 50,
    model: ModelOption = None,
    labelled: Annotated[
        list[Path] | None, typer.Option(metavar="DATA", help="Labelled data whose statements to leave out.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Where to write them [stdout].")] = None,
    text_column: TextColumn = "text",
) -> None:
    """Choose the statements worth labelling next, as a csv to fill in (or for stance label).

    Example: stance suggest articles/ --n 50 --out next.csv
    """
    from stance.improve.pool import read_candidates, without, write_form
    from stance.improve.suggest import suggest as choose
    from stance.model.corpus import read_texts
    from stance.text.reading import find

    if out:
        require_writable(out, "--out", [*find(files), *(labelled or [])])
    known = [text for path in labelled or [] for text in read_texts(path)]
    candidates = list(without(read_candidates(files, text_column=text_column), known))
    chosen = choose(candidates, load(model), n)
    if out is None:
        write_form(chosen, sys.stdout)
        return
    with written(out) as file:
        write_form(chosen, file)
    say(f"{len(chosen):,} of {counted(len(candidates), 'statement')} written to {out}")


def label(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Statements: the csv of suggest, a table or a text.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Where the labels go [FILE with .labels.jsonl].")
    ] = None,
    labels: Annotated[
        list[str] | None, typer.Option("--label", help="A label to choose from (repeatable) [the model's].")
    ] = None,
    model: ModelOption = None,
    tone: Annotated[bool, typer.Option("--tone/--no-tone", help="Ask for the tone too.")] = True,
    text_column: TextColumn = "text",
) -> None:
    """Label statements one by one: a key for the stance, a digit for the tone. Stop and go on at any time.

    Every label is on the disk at once.

    Example: stance label next.csv && stance train data next.labels.jsonl
    """
    from stance.improve.label import Answers, keyboard
    from stance.improve.label import label as ask_for
    from stance.improve.pool import read_candidates

    if out:
        require_room(out, "--out")
    with keyboard() as ask:
        candidates = read_candidates([file], text_column=text_column)
        answers = Answers(out or Path(file).with_suffix(".labels.jsonl"))
        choice = labels or list(load(model).labels)
        result = ask_for(candidates, answers, choice, ask=ask, show=say, tone=tone)
    say(f"{result}; labels in {answers.path}")


def drift(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="Texts of before: a file or folder.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Texts of now.")],
    model: ModelOption = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Record the numbers in MLflow.")] = False,
    experiment: Annotated[str, typer.Option(help="MLflow experiment.")] = "stance",
    text_column: TextColumn = "text",
    form: ReportFormat = "table",
) -> None:
    """Compare two sets of texts as the model sees them: label mix, confidence, known words.

    Example: stance drift articles-2024/ articles-2025/
    """
    from stance.improve.drift import drift as measure
    from stance.improve.pool import read_candidates

    before, now = ([c.text for c in read_candidates([path], text_column=text_column)] for path in (reference, new))
    table = load(model)
    result = measure(before, now, table, places=(reference, new))
    show(result.to_dict() if form == "json" else result.to_text(), form)
    if track:
        from stance.tracking.figures import record_figures

        about = {"reference": reference, "new": new, "model": table.digest[:16]}
        run = record_figures(result.figures(), parameters=about, name="drift", experiment=experiment)
        say(f"tracked as {run}")


def card(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="A table or models:/NAME@ALIAS.")] = None,
    data: Annotated[
        list[Path] | None, typer.Option(metavar="DATA", help="Labelled data to measure the model on too.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Slice DATA by a column (repeatable).")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write card.md and its plots there [print the card].")
    ] = None,
) -> None:
    """Print the card of a model: data, measures, calibration, limits, uses, versions.

    Example: stance card --data labelled.csv --by source
    """
    from stance.model.calibration import kept_evaluations
    from stance.report.card import card as describe
    from stance.report.card_plots import write_card

    table = load(model)
    evaluations = kept_evaluations(table.header)
    if not evaluations and not data:
        say("the model holds no measures of itself: give --data, or train it again")
    if data:
        from stance.model.corpus import read_labelled, require_labels
        from stance.model.evaluation import evaluate_table

        frame = read_labelled(data)
        require_labels(frame, table.labels)
        evaluations[", ".join(path.stem for path in data)] = evaluate_table(table, frame, by=by or [])
    text = describe(table.header, evaluations, digest=table.digest)
    if out is None:
        print(text, end="")
        return
    write_card(text, evaluations, out)
    say(f"card written to {out / 'card.md'}")


def models(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One model only [all].")] = None,
    form: ReportFormat = "table",
) -> None:
    """List the registered models: versions, aliases, when they were made and how they measured.

    Example: stance models stance --format json
    """
    from stance.tracking.registry import list_versions

    found = list_versions(name)
    if form == "json":
        show([version.to_dict() for version in found], form)
        return
    if not found:
        say("no model is registered: train with --register NAME")
        return
    measures = ("cross-validation/macro_f1", "test/macro_f1", "test/ece")
    rows = [
        [f"models:/{v.name}/{v.version}", ", ".join(v.aliases), v.made[:16].replace("T", " "),
         *(f"{v.metrics[m]:.3f}" if m in v.metrics else "" for m in measures)]
        for v in found
    ]  # fmt: skip
    print(table_of(["model", "aliases", "made", "F1 cv", "F1 test", "ECE test"], rows))


def table_of(header: list[str], rows: list[list[str]]) -> str:
    """Columns of text, each as wide as its widest cell.

    >>> print(table_of(["model", "F1"], [["a", "0.7"]]))
    model  F1
    a      0.7
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in (header, *rows))
    return "\n".join(lines)


def load(model: str | None, prior: str | None = None) -> Table:
    """The table of an option or argument, for a corpus of the label shares of --prior."""
    from stance.scorer import open_table

    table = open_table(model)
    if prior is None:
        return table
    from stance.model.prior import parse_shares, shifted

    return shifted(table, parse_shares(prior))


def show(result: Any, form: str) -> None:
    """Print a result: text as it is, anything else as JSON."""
    print(json.dumps(result, ensure_ascii=False, indent=1) if form == "json" else result)


def say(text: str) -> None:
    """Talk to the user on stderr."""
    print(text, file=sys.stderr)


def require_writable(path: Path, option: str, reads: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Refuse a file that cannot be written, or is one of those to read, before the work, not after it."""
    if path.is_dir():
        raise UsageError("a folder, not a file", place=f"{option} {path}", remedy=_ELSEWHERE)
    require_room(path, option)
    if path.exists() and any(os.path.exists(file) and path.samefile(file) for file in reads):
        raise UsageError("is the data itself", place=f"{option} {path}", remedy="name another file")


def require_room(path: Path, option: str) -> None:
    """Refuse a file or folder that cannot be made where it is wanted, or that would take the place of a device."""
    place, folder = f"{option} {path}", path.parent
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", place=place, remedy="make it, or name another")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise UsageError("a device or a pipe, which a file would take the place of", place=place, remedy=_ELSEWHERE)
    if not os.access(folder, os.W_OK):
        raise UsageError("cannot be written", place=place, remedy=_ELSEWHERE)


@contextmanager
def written(path: Path) -> Iterator[IO[str]]:
    """A text file that appears whole or not at all. Raises UsageError when it cannot be written."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        what = f"cannot be written ({(error.strerror or 'error').lower()})"
        raise UsageError(what, place=f"--out {path}", remedy=_ELSEWHERE) from None
