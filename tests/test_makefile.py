"""Steps of the Makefile are files with dependencies: unchanged inputs do nothing, changed ones run the step again.

The Makefile is the real one, in a folder of its own; the command it calls only writes down that it was called.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[1]
BUILT = [  # what `make setup` leaves, the oldest first
    "requirements/install",
    "requirements/develop.txt",
    "requirements/encoder.txt",
    "pyproject.toml",
    "training/encoder/bert_graph.py",
    "training/encoder/graph_pools.py",
    "training/audit/teaching.py",
    "training/critical/fit.py",
    "triage/model/bundle_files.py",
    "retrieval/index/files.py",
    "refit.toml",
    "mine.jsonl",
    "newer.jsonl",
    "datasets/sample/tickets.jsonl.gz",
    "datasets/sample/audit.jsonl",
    "datasets/sample/articles/export.md",
    "articles/reset a password.md",
    "articles",
    ".venv/.ready",
    "var/encoder/int8/model.onnx",
    "var/sample/bundle/manifest.json",
    "var/sample/index/manifest.json",
]
COMMAND = """#!/bin/sh
echo "$@" >> calls
while [ $# -gt 1 ]; do [ "$1" = --out ] && out=$2; step=${step:-$1}; shift; done
case $step in
    snapshot) mkdir -p "${out%/*}" && touch "$out" ;;
    fit) mkdir -p "$out" && touch "$out/manifest.json" ;;
    report) touch "$out" ;;
    evaluate) echo '{"category": {}}'; test ! -e broken ;;
esac
"""


class Project:
    """A folder with the Makefile and everything that its steps depend on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "Makefile", folder)
        for name in BUILT:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_dir():
                path.touch()
        for name in ("firstline", "firstline-train"):
            command = folder / ".venv/bin" / name
            command.parent.mkdir(exist_ok=True)
            command.write_text(COMMAND)
            command.chmod(0o755)
        now = time.time()
        for age, name in enumerate(reversed(BUILT), start=1):
            os.utime(folder / name, (now - 100 * age, now - 100 * age))

    def touch(self, name: str) -> None:
        time.sleep(0.05)  # a file system's clock may tick that seldom
        os.utime(self.folder / name)

    def make(self, *words: str, code: int = 0) -> list[str]:
        """Run make; return which steps it ran."""
        calls = self.folder / "calls"
        calls.write_text("")
        environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
        done = subprocess.run(
            ["make", *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == code, done.stdout + done.stderr
        ran = [line.split()[0] for line in calls.read_text().splitlines()]
        if not ran and not code:
            assert "Nothing to be done" in done.stdout
        return ran


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_setup_is_done_once(project: Project) -> None:
    assert project.make("setup") == []


def test_training_twice_trains_once(project: Project) -> None:
    assert project.make("train") == ["fit"]
    assert project.make("train") == []


@pytest.mark.parametrize("step", ["evaluate", "report"])
def test_a_bundle_is_measured_and_shown_once(project: Project, step: str) -> None:
    assert project.make(step, code=2) == [], "there is no bundle yet"
    project.make("train")
    assert project.make(step) == [step]
    assert project.make(step) == []
    project.touch("datasets/sample/tickets.jsonl.gz")
    assert project.make("train", step) == ["fit", step]


@pytest.mark.parametrize(
    "changed",
    [
        "mine.jsonl",
        "refit.toml",
        "var/encoder/int8/model.onnx",
        "articles/reset a password.md",
        "articles",  # one was added or removed
    ],
)
def test_a_changed_input_trains_again(project: Project, changed: str) -> None:
    words = ("train", "TICKETS=mine.jsonl", "CONFIG=refit.toml", "ARTICLES=articles")
    project.make(*words)
    project.touch(changed)
    assert "fit" in project.make(*words)
    assert project.make(*words) == []


@pytest.mark.parametrize("other", ["TICKETS=newer.jsonl", "CONFIG=refit.toml", "ARTICLES=articles"])
def test_another_name_for_an_input_trains_again_though_its_file_is_old(project: Project, other: str) -> None:
    project.make("train")
    assert project.make("train", other) == ["fit"]
    assert project.make("train", other) == []
    assert project.make("train") == ["fit"]


def test_another_candidate_is_trained_beside_the_first(project: Project) -> None:
    project.make("train")
    assert project.make("train", "CANDIDATE=var/candidate2") == ["fit"]
    assert project.make("train") == []


def test_who_was_erased_since_trains_again(project: Project) -> None:
    project.make("train")
    erased = project.folder / "var/erased.jsonl"
    erased.touch()
    assert project.make("train") == [], "a start of the service writes the file anew, and nobody was erased"
    erased.write_text('{"id": "tkt_1"}\n')
    assert project.make("train") == ["fit"]


def test_a_bundle_is_measured_on_other_tickets_and_not_trained_on_them(project: Project) -> None:
    project.make("train", "TICKETS=mine.jsonl")
    project.touch("newer.jsonl")
    assert project.make("evaluate", "TICKETS=newer.jsonl") == ["evaluate"]
    assert project.make("evaluate", "TICKETS=newer.jsonl") == []
    assert project.make("report") == ["report"]
    assert project.make("train", "TICKETS=mine.jsonl") == []


def test_an_evaluation_that_failed_leaves_no_figures(project: Project) -> None:
    project.make("train")
    (project.folder / "broken").touch()
    assert project.make("evaluate", code=2) == ["evaluate"]
    assert not (project.folder / "var/candidate.evaluation.json").exists()


NIGHTLY: Final = (ROOT / "docs/learning.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(re.findall(r"^\d+ \d+ \* \* \* +(cd .*make refit.*)$", NIGHTLY, re.MULTILINE), id="cron"),
        pytest.param(re.findall(r"^ExecStart=(\S*make refit.*)$", NIGHTLY, re.MULTILINE), id="systemd"),
    ],
)
def test_the_nightly_lines_of_the_docs_refit(project: Project, written: list[str]) -> None:
    (line,) = written
    for there, here in (("/opt/firstline", "."), ("/var/lib/firstline", "night"), ("/srv/articles", "articles")):
        line = line.replace(there, here)
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    for night in range(2):
        calls = project.folder / "calls"
        calls.write_text("")
        done = subprocess.run(
            ["bash", "-c", line.replace("/usr/bin/make", "make")],
            cwd=project.folder,
            env=environment | {"FIRSTLINE_HOME": "night"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (refit,) = calls.read_text().splitlines()
        assert refit == ("refit --articles articles --out night/candidate --home night --encoder var/encoder/int8"), (
            night
        )
