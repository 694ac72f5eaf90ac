"""`dvc.yaml` is a pipeline over the Makefile: known keys, targets that exist, inputs that something makes."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z_]+) \?=", MAKEFILE, re.MULTILINE))
#: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files: what a stage may have
KEYS = {"cmd", "wdir", "deps", "params", "outs", "metrics", "plots", "frozen", "always_changed", "desc", "meta"}
BY_TARGET = {  # what each target leaves, as the Makefile says it
    "doctor": {"var/care/doctor.json", "var/care/label_next.jsonl"},
    "train": {"var/candidate"},
    "evaluate": {"var/candidate.evaluation.json"},
    "report": {"var/candidate.report.html"},
    "export-onnx": {"var/candidate.onnx"},
}


def pipeline() -> dict[str, dict[str, Any]]:
    text = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    known = {name: value for each in yaml.safe_load(text)["vars"] for name, value in each.items()}
    filled = re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], text)
    stages: dict[str, dict[str, Any]] = yaml.safe_load(filled)["stages"]
    return stages


def left_by(stage: dict[str, Any]) -> set[str]:
    every = [*stage.get("outs", ()), *stage.get("metrics", ())]
    return {each if isinstance(each, str) else next(iter(each)) for each in every}


@pytest.mark.parametrize("name", pipeline())
def test_a_stage_is_a_make_target_with_inputs_and_results_that_exist(name: str) -> None:
    stage, made = pipeline()[name], {path for each in pipeline().values() for path in left_by(each)}
    assert set(stage) <= KEYS
    words = stage["cmd"].split()
    assert words[:2] == ["make", name]
    assert name in TARGETS
    given = dict(word.split("=") for word in words[2:])
    assert set(given) <= VARIABLES
    assert set(given.values()) <= set(stage["deps"])  # what the command reads, DVC watches
    for path in stage["deps"]:
        assert path in made or (ROOT / path).exists(), path
    assert left_by(stage) == BY_TARGET[name]


def test_no_result_is_of_two_stages_and_the_stages_form_no_loop() -> None:
    stages = pipeline()
    every = [path for stage in stages.values() for path in left_by(stage)]
    assert len(every) == len(set(every))
    maker = {path: name for name, stage in stages.items() for path in left_by(stage)}
    order = TopologicalSorter(
        {name: {maker[path] for path in stage["deps"] if path in maker} for name, stage in stages.items()}
    )
    assert list(order.static_order())[-1] != "train"


def test_what_a_stage_leaves_is_no_file_of_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert "/var/" in ignored or "var/" in ignored
    assert all(path.startswith("var/") for stage in pipeline().values() for path in left_by(stage))
