"""A head whose labels have an order: how many steps it is off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.training.desk import fitted, open_home, ticket, write
from training.bundles.evaluate import evaluate
from training.config import Head as HeadConfig
from training.config import RefitConfig
from training.data.closed_tickets import read
from training.data.column_mapping import ColumnMapping
from training.evaluation.metrics import steps_off
from triage.model import bundle as bundles
from triage.model.head_entry import StepFigures
from triage.taxonomy import labels as taxonomy

TAXONOMY = taxonomy.parse('[[heads]]\nname = "severity"\nkind = "ordinal"\n[severity]\nlow = ""\nmid = ""\nhigh = ""')
FAST = RefitConfig(head=HeadConfig(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
SEVERITY = {"how_to": "low", "billing": "mid", "bug": "high"}


def row(number: int) -> dict[str, Any]:
    found = ticket(number)
    return found | {"severity": SEVERITY[found["category"]]}


def test_steps_are_counted_in_the_order_of_the_labels() -> None:
    order = ("low", "mid", "high")
    found = steps_off(["low", "low", "high", "mid", "odd"], ["low", "mid", "low", "mid", "low"], order)
    # off by 0, 1, 2 and 0 steps; "odd" has no place
    assert found == StepFigures(n=4, mean_absolute_error=0.75, off_by_one=0.25, further_off=0.25)
    assert steps_off(["a"], ["b"], order) is None
    assert steps_off(["a"], ["b"], ()) is None


def test_an_ordinal_head_is_fitted_and_measured_in_steps(tmp_path: Path) -> None:
    mapping = ColumnMapping(heads=TAXONOMY.declared)
    done = fitted(tmp_path, map(row, range(160)), config=FAST, mapping=mapping, taxonomy=TAXONOMY)
    figures = done.manifest.heads["severity"].metrics.steps
    assert figures is not None
    assert figures.mean_absolute_error < 0.2
    assert "steps off on average: one step for" in (tmp_path / "candidate/report.html").read_text()
    bundle = bundles.load(tmp_path / "candidate")
    assert [head.order for head in bundle.manifest.taxonomy.heads or ()] == [("low", "mid", "high"), ()]
    newer = read(write(tmp_path / "newer.jsonl", map(row, range(160, 200))), mapping).tickets
    measured = evaluate(bundle, newer, open_home(tmp_path).encode)["severity"]
    assert (measured["steps"]["n"], measured["steps"]["further_off"]) == (40, 0.0)
