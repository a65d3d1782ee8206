"""The command line: reads options, calls the library, prints. Data goes to stdout, talk and progress to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from stance import __version__
from stance.errors import InputError, StanceError, UsageError
from stance.statement import STANCES

if TYPE_CHECKING:
    import pandas as pd

    from stance.model.params import Params
    from stance.model.table import Table
    from stance.model.training import Progress, Training

app = typer.Typer(
    name="stance", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Read diplomatic text and say, statement by statement, who moves toward accommodation and who toward "
    "confrontation.\n\nExample: stance score article.txt",
)  # fmt: skip
data_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look after labelled data.\n\nExample: stance data check",
)
app.add_typer(data_app, name="data")

ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="PATH|models:/NAME@ALIAS", help="A table, or a registered model."),
]
TextColumn = Annotated[str, typer.Option(help="Column that holds the text.")]
LabelColumn = Annotated[str | None, typer.Option(help="Column that holds the label [stance, else label].")]
ReportFormat = Annotated[Literal["table", "json"], typer.Option("--format", "-f", help="What to print.")]


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(f"stance {__version__}")
        raise typer.Exit


@app.command()
def score(
    files: Annotated[list[str], typer.Argument(metavar="FILE...|-", help="Texts, tables, folders; - is stdin.")],
    model: ModelOption = None,
    unit: Annotated[Literal["sentence", "line"], typer.Option(help="What counts as a statement.")] = "sentence",
    form: Annotated[
        Literal["table", "jsonl", "json", "csv"] | None,
        typer.Option("--format", "-f", help="table, jsonl, json or csv [a table on a terminal, jsonl in a pipe]."),
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, metavar="P", help="Call statements less sure than P uncertain.")
    ] = 0.0,
    text_column: TextColumn = "text",
) -> None:
    """Score statements: stance, confidence, tone, speaker.

    Example: stance score article.txt --format jsonl --min-confidence 0.6
    """
    from stance.analysis import analyse
    from stance.report.render import write
    from stance.text.reading import read

    table = load_table(model)
    documents = read(files, text_column=text_column)
    scored = analyse(documents, table, unit=unit, min_confidence=min_confidence)
    form = form or ("table" if sys.stdout.isatty() else "jsonl")
    write(scored, sys.stdout, form=form, labels=table.labels, tone=table.has_tone)


@app.command()
def train(
    data: Annotated[
        list[Path] | None, typer.Argument(metavar="[DATA...]", help="Labelled csv, tsv, jsonl or parquet.")
    ] = None,
    params: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Parameters of training.")] = None,
    out: Annotated[Path, typer.Option(metavar="FILE.npz", help="Where to write the model.")] = Path("stance.npz"),
    experiment: Annotated[str, typer.Option(help="MLflow experiment.")] = "stance",
    register: Annotated[str | None, typer.Option(metavar="NAME", help="Register the model, alias challenger.")] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Record the run in MLflow.")] = True,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes for cross-validation.")] = 2,
    text_column: TextColumn = "text",
    label_column: LabelColumn = None,
    form: ReportFormat = "table",
) -> None:
    """Train a model on labelled statements, test it on scenarios kept aside, and track the run.

    Example: stance train my-labels.csv --out my-model.npz
    """
    from stance.model.corpus import read_labelled
    from stance.model.training import train as fit

    if register and not track:
        raise UsageError("--register needs tracking", remedy="leave out --no-track")
    settings = read_params(params)
    require_writable(out)
    frame = read_labelled(data or [default_corpus()], text_column=text_column, label_column=label_column)
    with progress_bar("training") as progress:
        training = fit(frame, settings, progress=progress, jobs=jobs, about={"name": register or out.stem})
    training.table.save(out)
    say(f"model written to {out}")
    show_training(training, out, form)
    if track:
        say(f"tracked as {record(training, frame, experiment, register)}")


@app.command()
def evaluate(
    data: Annotated[list[Path], typer.Argument(metavar="DATA...", help="Labelled csv, tsv, jsonl or parquet.")],
    model: ModelOption = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Slice the measures by a column (repeatable).")
    ] = None,
    promote: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Make NAME's challenger the champion if it is better on DATA."),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = None,
    form: ReportFormat = "table",
) -> None:
    """Measure a model on labelled statements: F1, intervals, calibration, coverage, tone.

    Example: stance evaluate labelled.csv --by source --format json
    """
    from stance.model.corpus import read_labelled, require_labels
    from stance.model.evaluation import evaluate_table

    frame = read_labelled(data, text_column=text_column, label_column=label_column)
    table = load_table(f"models:/{promote}@challenger" if promote and not model else model)
    require_labels(frame, table.labels)
    result = evaluate_table(table, frame, by=by or [])
    if form == "json":
        print(json.dumps(result.to_dict(), ensure_ascii=False, indent=1))
    else:
        from stance.report.measures import render

        print_rich(render(result))
    if promote:
        from stance.tracking.registry import promote as decide

        say(str(decide(frame["text"].tolist(), frame["label"].tolist(), f"models:/{promote}@challenger")))


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 5000,
) -> None:
    """Open the MLflow UI on the runs that train recorded.

    Example: stance ui --port 5000
    """
    from stance.tracking.store import serve_ui

    serve_ui(port)


@data_app.command("check")
def data_check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILES...]", help="Labelled files [data/corpus].")
    ] = None,
    labels: Annotated[list[str] | None, typer.Option("--label", help="A label of your own set (repeatable).")] = None,
    form: ReportFormat = "table",
) -> None:
    """Check labelled data: schema, labels, duplicates, balance, and what gives the stance away.

    Exits 1 when there is an error. Example: stance data check my-labels.jsonl
    """
    from stance.model.checking import check

    report = check(files or [default_corpus()], labels=labels or STANCES)
    print(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) if form == "json" else report.to_text())
    if not report.ok:
        raise typer.Exit(1)


@data_app.command("gap")
def data_gap(
    authored: Annotated[Path, typer.Argument(help="Texts: txt (one a line), csv, jsonl.")],
    reference: Annotated[Path, typer.Argument(help="Texts to compare them with.")],
    text_column: TextColumn = "text",
    form: ReportFormat = "table",
) -> None:
    """How well a classifier tells two sets of texts apart (0.5: not at all), and by which words.

    Example: stance data gap my-texts.txt data/corpus/ordinary-news-mix.jsonl
    """
    from stance.model.corpus import read_texts
    from stance.model.gap import gap

    report = gap(read_texts(authored, text_column=text_column), read_texts(reference, text_column=text_column))
    print(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) if form == "json" else report.to_text())


@data_app.command("sheet")
def data_sheet(
    path: Annotated[Path, typer.Argument(help="Data sheet whose generated tables to renew.")] = Path("data/README.md"),
) -> None:
    """Renew the generated tables of the data sheet.

    Example: stance data sheet data/README.md
    """
    from stance.model.corpus import read_labelled
    from stance.model.sheet import write_sheet

    write_sheet(path, read_labelled([default_corpus()]))


def show_training(training: Training, out: Path, form: str) -> None:
    """What training found: the settings chosen, cross-validation and test."""
    if form == "json":
        measures = {name: evaluation.to_dict() for name, evaluation in training.evaluations.items()}
        found = {"model": str(out), "labels": training.table.labels, "rows": training.table.header["rows"],
                 "chosen": training.chosen, "tried": training.tried, **measures}  # fmt: skip
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from stance.report.measures import overview

    print("chosen: " + ", ".join(f"{name} {value:.3g}" for name, value in training.chosen.items()))
    for name, evaluation in training.evaluations.items():
        print(f"\n{name}: {overview(evaluation)}")


def record(training: Training, frame: pd.DataFrame, experiment: str, register: str | None) -> str:
    """Track a training; a store that fails costs the record, not the model."""
    from stance.report.card import card
    from stance.tracking.runs import record_training

    table = training.table
    run = record_training(
        table,
        corpus=frame,
        digest=table.header["corpus"]["digest"],
        parameters={**table.header["params"], "chosen": training.chosen},
        evaluations=training.evaluations,
        card=card(table.header, training.evaluations, digest=table.digest),
        metrics=training.metrics,
        experiment=experiment,
        register=register,
    )
    return str(run)


def load_table(model: str | None) -> Table:
    """The table of --model: a path, a registered model, or the default one."""
    from stance.model.table import DEFAULT, Table

    if model and model.startswith("models:/"):
        from stance.tracking.registry import resolve_model

        return Table.load(resolve_model(model))
    return Table.load(model or DEFAULT)


def default_corpus() -> Path:
    """data/corpus of the checkout: under the current folder, else beside the sources."""
    for root in (Path.cwd(), Path(__file__).parents[2]):
        if (root / "data" / "corpus").is_dir():
            return root / "data" / "corpus"
    raise InputError(
        "no training data here", place="data/corpus",
        remedy="name labelled files, or run in a checkout of stance or its unpacked source distribution",
    )  # fmt: skip


def read_params(path: Path | None) -> Params:
    """Training parameters of a TOML file; the defaults without one."""
    import tomllib

    from stance.model.params import Params

    if path is None:
        return Params()
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=str(path), remedy="check --params") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"no TOML ({error})", place=str(path), remedy="write lines like C = [1.0, 3.0]") from None
    return Params.parse(settings, str(path))


def require_writable(path: Path) -> None:
    """Refuse an --out that cannot be written before the work, not after it."""
    folder = path.parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError("cannot be written", place=f"--out {path}", remedy="name a file in a folder you may write to")


def print_rich(*parts: Any) -> None:
    """Print tables; as wide as they need when nobody reads them on a terminal."""
    from rich.console import Console

    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(*parts)


def say(text: str) -> None:
    """Talk to the user on stderr."""
    print(text, file=sys.stderr)


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A progress bar on stderr; on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[step]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, step="")
        yield lambda done, total, step: bar.update(task, completed=done, total=total, step=step)


def main() -> None:
    """Run the command line; expected failures become one line on stderr and an exit code."""
    try:
        app()
    except StanceError as error:
        say(f"stance: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again at exit
        sys.exit(141)


if __name__ == "__main__":
    main()
