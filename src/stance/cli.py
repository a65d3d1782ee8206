"""The command line: reads options, calls the library, prints. Data goes to stdout, talk and progress to stderr."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from stance import __version__
from stance.commands import load, require_room, require_writable, say
from stance.commands import register as register_commands
from stance.errors import InputError, StanceError, StanceWarning, TrackingError, UsageError
from stance.options import MOST_JOBS, LabelColumn, ModelOption, PriorOption, ReportFormat, TextColumn
from stance.scoring import score
from stance.service.command import serve
from stance.statement import STANCES

if TYPE_CHECKING:
    import pandas as pd

    from stance.model.params import Params
    from stance.model.training import Progress, Training
    from stance.tracking.runs import RunRecord

UNTRACKED = 3
"""Exit code of a training whose model was saved but whose run could not be recorded."""

app = typer.Typer(
    name="stance", rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Read diplomatic text and say, statement by statement, who moves toward accommodation and who toward "
    "confrontation.\n\nExample: stance score article.txt",
    epilog="Exit codes: 0 done; 1 bad input, or errors in the data checked; 2 wrong usage; "
    "3 model saved but its run not tracked, or some documents rejected; 130 interrupted.",
)  # fmt: skip
data_app = typer.Typer(rich_markup_mode=None, help="Look after labelled data.\n\nExample: stance data check")
app.add_typer(data_app, name="data")


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(f"stance {__version__}")
        raise typer.Exit
    _require_command(context)


@data_app.callback(invoke_without_command=True)
def _require_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        say(context.get_help())
        raise typer.Exit(UsageError.exit_code)


app.command(short_help="Score statements: stance, confidence, tone, speaker.")(score)
app.command(short_help="Answer over HTTP, with a page for people.")(serve)


@app.command(short_help="Train a model on labelled statements, test and track it.")
def train(
    data: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DATA", help="Labelled csv, tsv, jsonl or parquet [data/corpus]."),
    ] = None,
    params: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Parameters of training [data/params.toml for data/corpus]."),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR", help="Add sentence vectors of this sentence-transformers model (slow)."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE.npz", help="Where to write the model.")] = Path("stance.npz"),
    experiment: Annotated[str, typer.Option(metavar="NAME", help="MLflow experiment.")] = "stance",
    register: Annotated[str | None, typer.Option(metavar="NAME", help="Register the model, alias challenger.")] = None,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Record the run in MLflow.")] = True,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=MOST_JOBS, metavar="N", help="Processes for cross-validation.")
    ] = 2,
    text_column: TextColumn = "text",
    label_column: LabelColumn = None,
    form: ReportFormat = "table",
) -> None:
    """Train a model on labelled statements, test it on scenarios kept aside, and track the run.

    Columns: text, stance (or label); if there, tone (-3 to 3) and scenario (or group), which is never split.
    Exits 3 when the model was saved but the tracking store failed.

    Example: stance train my-labels.csv --out my-model.npz
    """
    from stance.model.corpus import read_labelled
    from stance.model.training import train as fit

    require_register(register, track)
    settings = read_params(params, data)
    if encoder:
        settings = replace(settings, encoder=encoder)
    require_writable(out, "--out", data or [])
    frame = read_labelled(data or [default_corpus()], text_column=text_column, label_column=label_column)
    with progress_bar("training") as progress:
        training = fit(frame, settings, progress=progress, jobs=jobs, about={"name": register or out.stem})
    training.table.save(out)
    say(f"model written to {out}")
    run = record(training, frame, experiment, register) if track else None
    show_training(training, out, run, form)
    if track and not run:
        raise typer.Exit(UNTRACKED)


@app.command(short_help="Teach an encoder labelled statements, for `train --encoder`.")
def tune(
    encoder: Annotated[str, typer.Option(metavar="NAME|DIR", help="The sentence-transformers model to begin with.")],
    data: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DATA", help="Labelled csv, tsv, jsonl or parquet [data/corpus]."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="New folder for the encoder.")] = Path("encoder"),
    text_column: TextColumn = "text",
    label_column: LabelColumn = None,
) -> None:
    """Tune the weights of an encoder on labelled statements; `stance train --encoder DIR` takes it from there.

    Needs the extra `encoder`; on two cores some half hour for 20,000 statements. The rows that training tests on are
    left out.

    Example: stance tune my-labels.csv --encoder all-MiniLM-L6-v2 --out my-encoder
    """
    from stance.model.corpus import read_labelled
    from stance.model.tuning import tune as teach

    require_room(out, "--out")
    if out.exists():
        raise UsageError("is there already", place=f"--out {out}", remedy="name a new folder")
    frame = read_labelled(data or [default_corpus()], text_column=text_column, label_column=label_column)
    with progress_bar("tuning") as progress:
        teach(frame, encoder, out, progress=progress)
    say(f"encoder written to {out}: train with --encoder {out}")


@app.command(short_help="Measure a model on labelled statements.")
def evaluate(
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Labelled csv, tsv, jsonl or parquet.")],
    model: ModelOption = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Slice the measures by a column (repeatable).")
    ] = None,
    promote: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Make NAME's challenger the champion if it is better on DATA."),
    ] = None,
    prior: PriorOption = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = None,
    form: ReportFormat = "table",
) -> None:
    """Measure a model on labelled statements: F1, intervals, calibration, coverage, tone.

    Example: stance evaluate labelled.csv --by source --format json
    """
    from stance.model.corpus import read_labelled, require_labels
    from stance.model.evaluation import evaluate_table

    if promote and prior:
        what, remedy = "--promote compares the models as they are", "leave out --prior"
        raise UsageError(what, place="--prior", remedy=remedy)
    if promote and model:
        raise UsageError("--promote measures the challenger", place="--model", remedy="leave out --model")
    frame = read_labelled(data, text_column=text_column, label_column=label_column)
    table = load(f"models:/{promote}@challenger" if promote else model, prior)
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
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="Port on 127.0.0.1.")] = 5000,
) -> None:
    """Open the MLflow UI on the runs that train recorded.

    Example: stance ui --port 5000
    """
    from stance.tracking.store import serve_ui

    serve_ui(port)


@data_app.command("check", short_help="Check labelled data and what gives the stance away.")
def data_check(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE", help="Labelled files [data/corpus].")] = None,
    labels: Annotated[
        list[str] | None, typer.Option("--label", metavar="LABEL", help="A label of your own set (repeatable).")
    ] = None,
    form: ReportFormat = "table",
) -> None:
    """Check labelled data: schema, labels, duplicates, balance, and what gives the stance away.

    Exits 1 when there is an error.

    Example: stance data check my-labels.jsonl
    """
    from stance.model.checking import check

    report = check(files or [default_corpus()], labels=labels or STANCES)
    print(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) if form == "json" else report.to_text())
    if not report.ok:
        raise typer.Exit(1)


@data_app.command("gap", short_help="Measure how well two sets of texts can be told apart.")
def data_gap(
    authored: Annotated[Path, typer.Argument(metavar="AUTHORED", help="Texts: txt (one a line), csv, jsonl.")],
    reference: Annotated[Path, typer.Argument(metavar="REFERENCE", help="Texts to compare them with.")],
    text_column: TextColumn = "text",
    form: ReportFormat = "table",
) -> None:
    """Measure how well a classifier tells two sets of texts apart (0.5: not at all), and by which words.

    Example: stance data gap my-texts.txt data/corpus/ordinary-news-mix.jsonl
    """
    from stance.model.corpus import read_texts
    from stance.model.gap import gap

    mine, others = (read_texts(path, text_column=text_column) for path in (authored, reference))
    report = gap(mine, others, places=(str(authored), str(reference)))
    print(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) if form == "json" else report.to_text())


@data_app.command("sheet")
def data_sheet(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Data sheet to renew.")] = Path("data/README.md"),
) -> None:
    """Renew the generated tables of the data sheet.

    Example: stance data sheet data/README.md
    """
    from stance.model.corpus import read_labelled
    from stance.model.sheet import write_sheet

    write_sheet(path, read_labelled([default_corpus()]))


def show_training(training: Training, out: Path, run: RunRecord | None, form: str) -> None:
    """What training found: the settings chosen, cross-validation and test, and where the run is recorded."""
    if form == "json":
        measures = {name: evaluation.to_dict() for name, evaluation in training.evaluations.items()}
        found = {"model": str(out), "labels": training.table.labels, "rows": training.table.header["rows"],
                 "chosen": training.chosen, "tried": training.tried, "run": vars(run) if run else None,
                 **measures}  # fmt: skip
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    from stance.report.measures import overview

    print("chosen: " + ", ".join(f"{name} {value:.3g}" for name, value in training.chosen.items()))
    for name, evaluation in training.evaluations.items():
        print(f"\n{name}: {overview(evaluation)}")


def record(training: Training, frame: pd.DataFrame, experiment: str, register: str | None) -> RunRecord | None:
    """Track a training; None, and a line that says why, when the store fails: the model is saved already."""
    from stance.report.card import card
    from stance.tracking.runs import record_training

    table = training.table
    try:
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
    except TrackingError as error:
        say(f"stance: the run is not tracked: {error}")
        return None
    say(f"tracked as {run}")
    return run


def require_register(name: str | None, track: bool) -> None:
    """Refuse a --register that could not be done, before the work."""
    if name is None:
        return
    if not track:
        raise UsageError("needs tracking", place="--register", remedy="leave out --no-track")
    from stance.tracking.registry import check_name

    check_name(name)


def default_corpus() -> Path:
    """data/corpus of the checkout: under the current folder, else beside the sources."""
    for root in (Path.cwd(), Path(__file__).parents[2]):
        if (root / "data" / "corpus").is_dir():
            return root / "data" / "corpus"
    raise InputError(
        "no training data here", place="data/corpus",
        remedy="name labelled files, or run in a checkout of stance or its unpacked source distribution",
    )  # fmt: skip


def read_params(path: Path | None, data: list[Path] | None) -> Params:
    """Training parameters of a TOML file; without one those of the corpus that is not named, else the defaults."""
    from stance.model.params import Params

    if path is None and not data:
        path = default_corpus().with_name("params.toml")
    return Params.read(path) if path else Params()


def print_rich(*parts: Any) -> None:
    """Print tables; as wide as they need when nobody reads them on a terminal."""
    from rich.console import Console

    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(*parts)


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A progress bar on stderr; on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda done, total, step: None
        return
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


register_commands(app)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; expected failures become one line on stderr and an exit code.

    arguments: what stands behind ``stance``; those of the process when None.
    """
    prepare_streams()
    prepare_warnings()
    code: Any
    try:
        code = app(args=arguments, prog_name="stance", standalone_mode=False)
        sys.stdout.flush()
    except StanceError as error:
        say(f"stance: {error}")
        code = error.exit_code
    except typer.TyperException as error:
        say(misuse(error))
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except SystemExit as stop:  # typer's own way out of a broken pipe
        code = abandon_output(stop.__context__) if isinstance(stop.__context__, OSError) else stop.code
    except OSError as error:
        code = abandon_output(error)
    sys.exit(code)


def prepare_streams() -> None:
    """Data are UTF-8 whatever the locale says, each line sent at once; a terminal shows what it can.

    Of streams that the caller closed, input is empty, talk goes nowhere, and data that cannot be written are an error.
    """
    # In this order they take the place of the closed ones, which no other file may get.
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if not isinstance(sys.stdout, io.TextIOWrapper):
        return
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="replace")
    else:
        sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)


def prepare_warnings() -> None:
    """Warnings of our own are talk like any other; those of libraries look as ever."""
    others = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        say(str(message)) if issubclass(category, StanceWarning) else others(message, category, *where, **more)

    warnings.showwarning = show
    warnings.simplefilter("always", StanceWarning)


def misuse(error: typer.TyperException) -> str:
    """What typer found wrong with the arguments, on one line, and where to read on."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "stance"
    what = " ".join(error.format_message().split()).rstrip(".").replace("Value error, ", "")
    return f"{command}: {what[:1].lower()}{what[1:]}: see {command} --help"


def abandon_output(error: OSError) -> int:
    """The exit code when nobody reads on (as a shell gives it), it is closed or the disk full; all else is a bug."""
    remedies = {errno.EPIPE: "", errno.ENOSPC: "make room", errno.EBADF: "leave it open, or write to a file"}
    if error.errno not in remedies:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains again at exit
    if error.errno == errno.EPIPE:
        return 141
    say(f"stance: standard output: {error.strerror}: {remedies[error.errno]}")
    return 1


if __name__ == "__main__":
    main()
