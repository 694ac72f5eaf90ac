"""The rules of the house that no linter knows: sizes, names, readers of time and environment, no circles, no pickle."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("triage", "retrieval", "training", "serving")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "datasets").rglob("*.py"))]
Function = ast.FunctionDef | ast.AsyncFunctionDef

FILE_MAX, FILE_MEDIAN = 300, 120
FUNCTION_MAX, FUNCTION_P90, FUNCTION_MEDIAN = 50, 36, 12
PARAMETERS_MAX = 6
SHAPELESS_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "core", "base", "lib", "service"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function)]


def lines_of(function: Function) -> int:
    """Count the lines of the body: its docstring teaches and is not counted."""
    body = function.body
    documented = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    code = body[1:] if documented else body
    return 1 + (code[-1].end_lineno or 0) - code[0].lineno + 1 if code else 1


def parameters_of(function: Function) -> int:
    arguments = function.args
    names = [a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    return len([name for name in names if name not in {"self", "cls"}])


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what is committed cannot be listed")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_no_file_is_longer_than_a_reader_holds() -> None:
    assert {named(p): n for p in SOURCES if (n := len(p.read_text().splitlines())) > FILE_MAX} == {}


def test_the_usual_file_is_short() -> None:
    lengths = [len(p.read_text().splitlines()) for p in MODULES if p.name != "__init__.py"]
    assert statistics.median(lengths) <= FILE_MEDIAN


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{named(p)}:{f.lineno} {f.name}": n for p in SOURCES for f in functions(p) if (n := lines_of(f)) > FUNCTION_MAX
    }
    assert long == {}


def test_the_usual_function_is_short() -> None:
    lengths = sorted(lines_of(f) for p in MODULES for f in functions(p))
    assert statistics.median(lengths) <= FUNCTION_MEDIAN
    assert lengths[int(0.9 * len(lengths))] <= FUNCTION_P90


def test_no_function_takes_more_parameters_than_one_remembers() -> None:
    wide = {
        f"{named(p)}:{f.lineno} {f.name}": n
        for p in MODULES
        for f in functions(p)
        if (n := parameters_of(f)) > PARAMETERS_MAX
    }
    assert wide == {}


def test_modules_are_named_for_things_of_the_desk() -> None:
    assert [named(p) for p in MODULES if p.stem in SHAPELESS_NAMES or p.parent.name in SHAPELESS_NAMES] == []


def test_package_files_hold_prose_only() -> None:
    def is_prose(path: Path) -> bool:
        return all(
            isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in ast.parse(path.read_text()).body
        )

    assert [named(p) for p in MODULES if p.name == "__init__.py" and not is_prose(p)] == []


@pytest.mark.parametrize(
    ("calls", "reader"),
    [
        ({"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.datetime.now"}, "serving/clock.py"),
        ({"os.environ", "os.getenv", "os.environ.get"}, "serving/settings.py"),
    ],
)
def test_time_and_environment_have_one_reader_each(calls: set[str], reader: str) -> None:
    """Command lines of training name the moment themselves: `training/commands/options.py` is the offline clock."""
    allowed = {reader, "training/commands/options.py"} if reader == "serving/clock.py" else {reader}
    found = {
        f"{named(p)}:{node.lineno}"
        for p in MODULES
        if named(p) not in allowed
        for node in ast.walk(ast.parse(p.read_text()))
        if isinstance(node, ast.Attribute) and dotted(node) in calls
    }
    assert found == set()


def test_nothing_unpickles() -> None:
    unsafe = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve"}
    assert {named(p): bad for p in MODULES if (bad := {i.split(".")[0] for i in imports_of(p)} & unsafe)} == {}
    pattern = re.compile(r"allow_pickle\s*=\s*True|torch\.load\(")
    assert [named(p) for p in MODULES if pattern.search(p.read_text())] == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES)
    circles = {
        tuple(sorted((importer, imported)))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if graph.find_shortest_chain(imported, importer)
    }
    assert circles == set()


def test_what_serves_loads_no_training_library() -> None:
    probe = "import serving.app, serving.cli, sys; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(loaded) & {"torch", "sklearn", "scipy", "pandas", "pyarrow", "onnx", "sentence_transformers"} == set()


def test_the_domain_works_in_a_bare_interpreter() -> None:
    names = [
        "triage.routing",
        *(
            f"triage.{room}"
            for room in (
                "tickets.ticket",
                "tickets.closed_ticket",
                "sla.deadlines",
                "text.cleaning",
                "taxonomy.changes",
            )
        ),
    ]
    code = "import " + ", ".join(names)
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_nothing_committed_names_a_path_of_one_machine() -> None:
    """Spelt in pieces, so that this file does not find itself."""
    forbidden = re.compile("|".join(["/wo" + "rk/", r"\.lib" + "rary/", "/opt/" + "wheels", "/opt/" + "pypi"]).encode())
    text = [p for p in tracked_files() if p.suffix not in {".gz", ".png", ".onnx", ".npz", ".parquet"}]
    assert [named(p) for p in text if forbidden.search(p.read_bytes())] == []


ROOMS_MAX = 20
ROOTS_MAX = {"triage": 7, "retrieval": 3, "training": 9, "serving": 14}
GROWS_ONLY = "serving/storage/migrations/versions"  # a migration that was released is never taken away


def test_no_room_holds_more_than_a_reader_takes_in_at_a_glance() -> None:
    """Folders form no loop either: the layer contracts of pyproject.toml name every room."""
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in MODULES if path.name != "__init__.py")
    crowded = {room: n for room, n in counts.items() if n > ROOTS_MAX.get(room, ROOMS_MAX) and room != GROWS_ONLY}
    assert crowded == {}
