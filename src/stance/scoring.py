"""`stance score`: from files to scored statements on the screen or on the disk, a summary, a picture or a report."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from stance.commands import load, require_room, require_writable, say
from stance.errors import InputError, UsageError
from stance.numerals import counted
from stance.options import MOST_JOBS, ModelOption, Negative, Positive, PriorOption, TextColumn

if TYPE_CHECKING:
    from stance.model.table import Table
    from stance.report.summary import Poles
    from stance.statement import Document, ScoredStatement

NEEDS = {
    "--period": ("--summary", "--html"),
    "--positive": ("--summary", "--html"),
    "--negative": ("--summary", "--html"),
    "--plot": ("--summary",),
    "--jobs": ("--out",),
    "--resume": ("--out",),
    "--engine": ("--out",),
    "--master": ("--engine",),
}
"""Options that go with one of some others only."""

EXCLUDES = {
    "--target-accuracy": ("--min-confidence",),
    "--html": ("--summary", "--explain", "--format"),
    "--explain": ("--summary",),
    "--out": ("--summary", "--html", "--explain", "--format"),
    "--engine": ("--jobs", "--resume"),
}
"""Options that go without others."""

REJECTED = 3
"""Exit code of a run that is whole except for what it had to reject."""


def score(
    # what to read
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Texts, tables, folders, patterns; - is standard input.")
    ],
    unit: Annotated[
        Literal["sentence", "line"], typer.Option(help="What is a statement: a sentence, or a line or row.")
    ] = "sentence",
    text_column: TextColumn = "text",
    # how to judge
    model: ModelOption = None,
    min_confidence: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="P", help="Call statements less sure than P uncertain.")
    ] = None,
    target_accuracy: Annotated[
        float | None,
        typer.Option(metavar="A", help="The same, with the P that made the model right in A of 1 in training."),
    ] = None,
    prior: PriorOption = None,
    # what to write
    form: Annotated[
        Literal["table", "jsonl", "json", "csv"] | None,
        typer.Option("--format", "-f", help="What to print [table on a terminal, jsonl in a pipe]."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the words that made each stance.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report to look at instead: one page, or an index.")
    ] = None,
    # many documents
    out: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write a .jsonl or .csv file, or a folder of Parquet parts: for any size."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, max=MOST_JOBS, metavar="N", help="Processes [1].")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a run into --out stopped.")] = False,
    engine: Annotated[
        Literal["spark"] | None, typer.Option(help="Score with Spark, on this machine or a cluster.")
    ] = None,
    master: Annotated[str | None, typer.Option(metavar="URL", help="Spark's master [local[*]].")] = None,
    # what to sum up
    summary: Annotated[
        Literal["document", "speaker", "pair", "date"] | None,
        typer.Option(help="Sum up: counts, stance index with interval, tone, extremes. A pair is speaker and target."),
    ] = None,
    period: Annotated[
        Literal["day", "week", "month", "quarter", "year"] | None,
        typer.Option(help="Sum up dates by this; with --summary speaker, or --html, follow each speaker over time."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the summary into a .png or .svg.")] = None,
    positive: Positive = None,
    negative: Negative = None,
) -> None:
    """Score statements: stance, confidence, tone, speaker. One JSON object a statement, or a table.

    Example: stance score article.txt --format jsonl --min-confidence 0.6

    Example: stance score article.txt --explain

    Example: stance score news/ --html report.html

    Example: stance score news/*.html --summary speaker --period month --plot speakers.svg

    Example: stance score corpus/ --jobs 8 --out scores/ --resume

    With --out what cannot be scored stands, with the reason, in a file of rejects beside the output (exit code 3).
    """
    from stance.analysis import analyse
    from stance.improve.domain import watch
    from stance.report.summary import poles_of
    from stance.scorer import find_table
    from stance.text.reading import read

    given = {"--summary": summary, "--html": html, "--explain": explain, "--format": form, "--plot": plot,
             "--period": period, "--positive": positive, "--negative": negative,
             "--min-confidence": min_confidence, "--target-accuracy": target_accuracy, "--out": out,
             "--jobs": jobs, "--resume": resume, "--engine": engine, "--master": master}  # fmt: skip
    require_harmony({option for option, value in given.items() if value not in (None, False)})
    require_possible(files, summary, period, plot, html, explain, form)
    path = find_table(model)
    table = load(str(path), prior)
    least = least_confidence(table, min_confidence, target_accuracy)
    if out:
        with file_of(table, path, prior) as path:  # the processes of the run read it for themselves
            del table
            run(files, path, out, unit, text_column, least, jobs=jobs or 1, resume=resume, engine=engine, master=master)
        return
    poles = poles_of(table.labels, positive, negative)
    form = form or ("table" if sys.stdout.isatty() else "jsonl")

    def judged(documents: Iterable[Document]) -> Iterator[ScoredStatement]:
        return watch(analyse(documents, table, unit=unit, min_confidence=least), table, say)

    documents = read(files, text_column=text_column)
    if html:
        report(judged, documents, html, table=table, period=period or "month", poles=poles)
    elif summary:
        sum_up(judged, documents, summary, period, poles, form=form, plot=plot)
    elif explain:
        from stance.report.explanation import write as write_explained

        write_explained(judged(documents), table, sys.stdout, form=form)
    else:
        from stance.report.render import write

        write(judged(documents), sys.stdout, form=form, labels=table.labels, tone=table.has_tone)


@contextmanager
def file_of(table: Table, path: Path, prior: str | None) -> Iterator[Path]:
    """The file of a table: the one it was read from, or one for the time being when --prior shifted it."""
    if prior is None:
        yield path
        return
    with TemporaryDirectory(prefix="stance-") as folder:
        shifted = Path(folder) / "shifted.npz"
        table.save(shifted)
        yield shifted


def run(
    files: list[str],
    model: Path,
    out: Path,
    unit: Any,
    text_column: str,
    min_confidence: float,
    *,
    jobs: int,
    resume: bool,
    engine: str | None,
    master: str | None,
) -> None:
    """Score a corpus of any size into a file or folder, with progress; exit code 3 when something was rejected."""
    require_room(out, "--out")
    from stance.scaling import Corpus, Talk, leavings, rejects_of, score_corpus

    corpus = Corpus.find(files, unit=unit, text_column=text_column, apart_from=leavings(out))
    talk = Talk(sys.stderr)
    if engine:
        from stance.scaling import spark

        note = spark.score_corpus(corpus, model, out, min_confidence=min_confidence, master=master)
    else:
        with talk:
            note = score_corpus(
                corpus, model, out, jobs=jobs, min_confidence=min_confidence, resume=resume, progress=talk
            )
    say(f"{counted(note.statements, 'statement')} of {counted(note.documents, 'document')} in {out}{talk.speed}")
    if note.rejected:
        say(f"{note.rejected:,} rejected: see {rejects_of(out)}")
        raise typer.Exit(REJECTED)


def require_harmony(given: set[str]) -> None:
    """Refuse options that need another one, or do not go with one."""
    for option, others in NEEDS.items():
        if option in given and not given & set(others):
            remedy = f"add {' or '.join(others)}"
            raise UsageError(f"goes with {' or '.join(others)} only", place=option, remedy=remedy)
    for option, others in EXCLUDES.items():
        if option in given and (clash := [other for other in others if other in given]):
            raise UsageError(f"does not go with {clash[0]}", place=option, remedy="leave out one of them")


def require_possible(
    files: list[str],
    summary: str | None,
    period: str | None,
    plot: Path | None,
    html: Path | None,
    explain: bool,
    form: str | None,
) -> None:
    """Refuse, before anything is scored, what could not be written after it, or only over what is scored."""
    from stance.text.reading import find

    if plot:
        from stance.report.charts import require_picture

        require_picture(plot)
        require_writable(plot, "--plot", find(files))
    if html:
        require_writable(html, "--html", find(files))
    if period and summary not in ("speaker", "date", None):
        remedy = "choose --summary date or speaker"
        raise UsageError(f"a summary by {summary} has no periods", place="--period", remedy=remedy)
    if explain and form == "csv":
        raise UsageError("a row of csv holds no evidence", place="--explain", remedy="choose --format jsonl")


def least_confidence(table: Table, min_confidence: float | None, target_accuracy: float | None) -> float:
    """The confidence below which statements are uncertain: as given, or what the wanted accuracy asks for."""
    if target_accuracy is None:
        return min_confidence or 0.0
    from stance.model.calibration import confidence_for

    least = confidence_for(table.header, target_accuracy)
    say(
        f"statements below a confidence of {least:g} are uncertain; of the others "
        f"{target_accuracy:.1%} or more were right in cross-validation"
    )
    return least


def report(judged: Any, documents: Iterable[Document], path: Path, *, table: Table, period: Any, poles: Poles) -> None:
    """Write the report of documents: a page for one, an index and pages for several."""
    from stance.report.html import write

    texts = list(documents)
    write(judged(texts), texts, path, table=table, period=period, poles=poles)
    say(f"report written to {path}")


def sum_up(
    judged: Any,
    documents: Iterable[Document],
    by: Any,
    period: Any,
    poles: Poles,
    *,
    form: str,
    plot: Path | None,
) -> None:
    """Print the summary of documents, or each speaker's course over the periods, and draw it."""
    from stance.report import charts, overview
    from stance.report.summary import summarize, trace

    dates: dict[str, str | None] = {}
    scored = judged(dated(documents, dates))
    if by == "speaker" and period:
        rows: overview.Rows = trace(scored, dates, period=period, poles=poles)
        if not rows:
            what, remedy = "no dated statement with a speaker", "leave out --period, or give a date column"
            raise InputError(what, place="summary by speaker", remedy=remedy)
    else:
        rows = summarize(scored, by, dates=dates, period=period or "day", poles=poles)
    overview.write(rows, sys.stdout, form=form, title=by, poles=poles)
    if plot:
        charts.save(rows, plot, by=by, poles=poles)
        say(f"drawn into {plot}")


def dated(documents: Iterable[Document], dates: dict[str, str | None]) -> Iterator[Document]:
    """The documents as they are, their dates noted on the way."""
    for document in documents:
        dates[document.id] = document.date
        yield document
