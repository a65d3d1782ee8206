"""The arrows of the house: which room may know which, who may load what, and what stays unloaded."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}

ORDER = [
    {"statement", "errors", "numerals", ""},
    {"decoding"},
    {"rows"},
    {"records"},
    {"text", "model"},
    {"analysis"},
    {"improve"},
    {"report"},
    {"tracking"},
    {"scorer"},
    {"scaling", "options"},
    {"service"},
    {"commands"},
    {"scoring"},
    {"cli"},
]
"""Rooms from the ground up: each may know those before it, not its neighbours. "" is stance itself."""

HOMES = {
    "sklearn": {"model", "improve"},
    "joblib": {"model", "scaling"},
    "scipy": {"model", "improve"},
    "pandas": {"model", "improve", "scorer", "scaling", "tracking", "report"},
    "mlflow": {"tracking"},
    "sqlalchemy": {"tracking"},
    "fastapi": {"service"},
    "starlette": {"service"},
    "uvicorn": {"service"},
    "pyspark": {"scaling"},
    "matplotlib": {"report"},
    "rich": {"report", "commands", "cli"},
    "typer": {"options", "service", "commands", "scoring", "cli"},
    "pyarrow": {"rows", "scaling"},
    "trafilatura": {"text"},
    "pypdf": {"text"},
    "sentencex": {"text"},
    "Stemmer": {"model"},
}
"""Heavy or particular libraries, and the rooms that may load them."""

HEAVY = {"sklearn", "scipy", "joblib", "pandas", "mlflow", "sqlalchemy", "matplotlib", "pyarrow", "fastapi", "uvicorn",
         "pyspark", "trafilatura", "pypdf"}  # fmt: skip


def imports(module: str, *, lazy: bool) -> set[str]:
    """What a module imports when it runs; with ``lazy`` inside its functions too, but never for type checks only."""
    return set(_imported(ast.parse(MODULES[module].read_text(encoding="utf-8")), lazy))


def _imported(node: ast.AST, lazy: bool) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports name the whole module"
            names = [f"{child.module}.{alias.name}" for alias in child.names]
            modules = [name for name in names if name in MODULES]
            yield from modules if len(modules) == len(names) else [child.module or "", *modules]
        elif lazy or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imported(child, lazy)


def room(module: str) -> str:
    """``stance.text.reading`` stands in ``text``."""
    return [*module.split("."), ""][1]


def floor(name: str) -> int:
    found = [number for number, rooms in enumerate(ORDER) if name in rooms]
    assert found, f"a new room {name!r}: give it its place in ORDER"
    return found[0]


@pytest.mark.parametrize("module", MODULES)
def test_a_room_knows_only_those_below_it(module):
    if module == "stance":  # the public face, which fetches names when they are asked for
        return
    known = {room(name) for name in imports(module, lazy=True) if name.split(".")[0] == "stance"} - {room(module)}
    assert {name for name in known if floor(name) >= floor(room(module))} == set()


def test_text_and_model_do_not_know_each_other():
    for one, other in (("text", "model"), ("model", "text")):
        for module in MODULES:
            if room(module) == one:
                assert not {name for name in imports(module, lazy=True) if name.startswith(f"stance.{other}")}


@pytest.mark.parametrize("module", MODULES)
def test_libraries_are_loaded_in_their_rooms_only(module):
    for name in {name.split(".")[0] for name in imports(module, lazy=True)}:
        assert room(module) in HOMES.get(name, {room(module)}), name


def test_no_module_imports_itself_by_way_of_others():
    graph = {name: {found for found in imports(name, lazy=False) if found in MODULES} for name in MODULES}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh Python has loaded after some code."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit as end:\n    assert not end.code\nfinally:\n"
    script += "    print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.split(".")[0] for name in done.stderr.split()}


def run(*arguments: str) -> str:
    return f"from stance.cli import main; main({list(arguments)!r})"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["score", "--help"], ["train", "--help"]], ids=" ".join
)
def test_help_loads_next_to_nothing(arguments):
    assert loaded(run(*arguments)).isdisjoint(HEAVY | {"numpy", "rich"})


@pytest.mark.parametrize("form", ["jsonl", "table"])
def test_scoring_loads_numpy_and_no_heavy_library(form):
    found = loaded(run("score", "examples/strait.txt", "--format", form))
    assert "numpy" in found
    assert found.isdisjoint(HEAVY)


def test_scoring_rows_loads_no_heavy_library(tmp_path):
    (tmp_path / "a.csv").write_text("text\nWe will talk.\n")
    (tmp_path / "b.jsonl").write_text('{"text": "We will not talk."}\n')
    assert loaded(run("score", str(tmp_path), "--summary", "document")).isdisjoint(HEAVY)


def test_importing_stance_loads_nothing_else():
    assert loaded("import stance").isdisjoint(HEAVY | {"numpy", "typer", "rich"})
