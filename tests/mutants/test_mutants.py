"""Each mutant of the table is noticed by the test that it names, which is content with the code as it is."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("triage", "retrieval", "training", "serving", "tests", "pyproject.toml")
BY_NAME = [pytest.param(each, id=each.name.replace(" ", "-")) for each in MUTANTS]


@pytest.mark.parametrize("mutant", BY_NAME)
def test_a_mutant_still_fits_the_code_and_names_a_test_that_exists(mutant: Mutant) -> None:
    source = (ROOT / mutant.file).read_text()
    for sound, instead in mutant.changes:
        assert source.count(sound) == 1, f"{mutant.file} has changed: bring the mutant up to date"
        assert sound != instead
    ast.parse(changed(source, mutant))
    file, *names = mutant.killed_by.split("::")
    assert names[-1] in {node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if named(node)}


def named(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef)


def changed(source: str, mutant: Mutant) -> str:
    for sound, instead in mutant.changes:
        source = source.replace(sound, instead)
    return source


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code, which may be broken."""
    folder = tmp_path_factory.mktemp("mutants")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def told(copy: Path, *tests: str) -> str:
    """Run tests in the copy and return the line in which pytest sums up."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "--tb=no", "-rN", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return next((line for line in reversed(done.stdout.splitlines()) if " in " in line), done.stdout + done.stderr)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_all_of_the_named_tests_are_content_with_the_code_as_it_is(copy: Path) -> None:
    said = told(copy, *{mutant.killed_by for mutant in MUTANTS})
    assert "passed" in said, said
    assert "failed" not in said, said
    assert "error" not in said, said


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mutant", BY_NAME)
def test_a_mutant_is_noticed(copy: Path, mutant: Mutant) -> None:
    file = copy / mutant.file
    sound = file.read_text()
    file.write_text(changed(sound, mutant))
    try:
        said = told(copy, mutant.killed_by)
    finally:
        file.write_text(sound)
    print(f"| {mutant.name} | {mutant.killed_by.rpartition('::')[2]} | {said.strip('= ')} |")
    assert "failed" in said, said
