"""A desk where the model tags everything and nobody looks: a refit learns nothing from itself, and says so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.training.desk import fitted, open_home, tickets, write
from training.bundles import held_out
from training.commands.data_quality import doctor, relabel
from training.config import Head, RefitConfig
from training.errors import NothingToLearn
from triage.model import bundle as bundles

FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
HEADS = ("category", "product_area")


def by(source: str, rows: Iterable[Mapping[str, Any]], *heads: str) -> list[dict[str, Any]]:
    return [{**row, "label_sources": dict.fromkeys(heads or HEADS, source)} for row in rows]


def examined(home: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    open_home(home)
    file = write(home / "tickets.jsonl", rows)
    done = CliRunner().invoke(doctor, ["--tickets", str(file), "--home", str(home), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_refit_on_its_own_labels_alone_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn, match="category: 120 of 120 labels were set by the model alone and nobody"):
        fitted(tmp_path, by("model_unseen", tickets(120)), config=FAST)


def test_the_doctor_says_that_nothing_can_be_learnt_and_what_to_do(tmp_path: Path) -> None:
    found = examined(tmp_path, by("model_unseen", tickets(120)))
    told = {each["sentence"]: each for each in found["findings"] if each["kind"] == "unseen"}
    assert [each["count"] for each in told.values()] == [120, 120]
    assert {each["severity"] for each in told.values()} == {"fix"}
    assert all("set by the model alone" in sentence for sentence in told)
    assert all("label_next.jsonl" in each["advice"] for each in told.values())
    assert "missing" not in {each["kind"] for each in found["findings"]}  # they are labelled, by nobody
    assert found["labels"] == {}
    assert set(found["label_next"][0]["heads"]) == set(HEADS)


def test_labels_of_the_model_teach_measure_and_certify_nothing_beside_those_of_people(tmp_path: Path) -> None:
    """The model's are all wrong and the newest: whatever learns from them or measures on them shows it."""
    people, own = tickets(200), [row | {"category": "bug"} for row in tickets(100, first=200)]
    fitted(tmp_path, [*people, *by("model_unseen", own, "category")], out="mixed", config=FAST)
    fitted(tmp_path, [*people, *(row | {"category": None} for row in own)], out="unlabelled", config=FAST)
    mixed, unlabelled = bundles.load(tmp_path / "mixed"), bundles.load(tmp_path / "unlabelled")
    assert mixed.manifest.heads["category"] == unlabelled.manifest.heads["category"]
    assert mixed.manifest.heads["category"].n == 200
    assert mixed.manifest.heads["product_area"].n == 300  # the ticket still counts for the others
    rows = held_out.read(mixed)
    assert {row.id for row in rows if "category" in row.labels} <= {row["id"] for row in people}
    assert mixed.manifest.data.label_sources["category"] == {"unknown": 200, "model_unseen": 100}
    assert "100 of 300 labels were set by the model alone" in mixed.read("report.html").decode()


def test_labels_after_a_suggestion_teach_and_the_report_says_their_share(tmp_path: Path) -> None:
    rows = tickets(120)
    fitted(tmp_path, [*by("person_after_suggestion", rows[:30]), *by("person", rows[30:])], config=FAST)
    bundle = bundles.load(tmp_path / "candidate")
    assert bundle.manifest.heads["category"].n == 120
    assert "category: 25% of the 120 labels that teach were set after" in bundle.read("report.html").decode()


def test_no_label_of_the_model_is_evidence_against_a_persons(tmp_path: Path) -> None:
    """300 repeats of a person's ticket under the model's label would outvote the person."""
    open_home(tmp_path)
    people = tickets(150)
    wrong = next(row for row in people if row["category"] != "bug")
    echoes = [wrong | {"id": f"echo-{n}", "category": "bug"} for n in range(300)]
    file, queue = write(tmp_path / "t.jsonl", [*people, *by("model_unseen", echoes)]), tmp_path / "queue.jsonl"
    done = CliRunner().invoke(
        relabel, ["--tickets", str(file), "--home", str(tmp_path), "--out", str(queue)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    suspects = [json.loads(line) for line in queue.read_text().splitlines()]
    assert not [each for each in suspects if each["id"] == wrong["id"] and each["head"] == "category"]
