"""Adapting the encoder, as far as it needs no torch: batches, what the encoder has seen, the verdict, the refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.training.desk import START, fitted, open_home, tickets, write
from training import finetune_trial as tuning
from training.bundles import seen_tickets as encoder_seen
from training.bundles.comparison import Paired, paired
from training.bundles.held_out import key
from training.cli import cli
from training.commands.finetune import lines, record
from training.config import Critical, RefitConfig
from training.data.splits import Split
from training.encoder import finetune
from training.encoder.finetune import BATCH, Adapted, Budget, TrainingTexts
from training.errors import LabMissing, NothingToLearn, SeenNotKnown
from training.home import Home
from training.progress import Bars
from training.refit import Plan, Tools, refit
from triage.model import bundle as bundles

NO_TORCH = find_spec("torch") is None


def wish(home: Path, rows: list[dict[str, object]], *heads: str) -> tuning.TrialPlan:
    file = write(home / "tickets.jsonl", rows)
    plan = Plan(tickets=file, out=home / "tuned", at=START, config=RefitConfig(critical=Critical(learn=0)))
    return tuning.TrialPlan(plan=plan, heads=heads, budget=Budget(1.0, 2))


def lesson_of(home: Path, rows: list[dict[str, object]], *heads: str) -> TrainingTexts:
    workspace = open_home(home)
    return tuning.lesson_of(wish(home, rows, *heads), workspace, workspace.encoder(None))


def pair(won: int, lost: int) -> Paired:
    """Return what 100 tickets say: so many won, so many lost, both right on the rest."""
    same = [("bug", "bug", "bug"), ("billing", "billing", "billing")] * ((100 - won - lost) // 2)
    return paired("category", [*same, *[("bug", "bug", "billing")] * won, *[("bug", "billing", "bug")] * lost])


def outcome(**heads: Paired) -> tuning.Outcome:
    adapted = Adapted(12, 3.0, "cpu", (2.0, 1.0))
    return tuning.Outcome(adapted, 70, heads, Path("x/frozen"), Path("x/tuned"), Path("x/encoder/int8"))


def test_a_batch_holds_several_tickets_of_each_of_its_labels() -> None:
    lesson = TrainingTexts([f"t{i}" for i in range(90)], {"category": [f"c{i % 40}" for i in range(90)]})
    for _, (rows, classes) in zip(range(20), finetune.batches(lesson), strict=False):
        assert len(set(rows.tolist())) == len(rows) <= BATCH
        assert np.bincount(classes).min() >= 2
        labels = [lesson.labels["category"][row] for row in rows]
        assert len(set(labels)) == len(set(zip(labels, classes.tolist(), strict=True)))


def test_heads_take_turns_and_tickets_without_a_label_stay_out() -> None:
    lesson = TrainingTexts(["t"] * 8, {"category": ["a", "a", "b", "b", None, None, None, None],
                                "product_area": [None, None, None, None, "x", "x", "y", "y"]})  # fmt: skip
    drawn = [set(rows.tolist()) for _, (rows, _) in zip(range(4), finetune.batches(lesson), strict=False)]
    assert drawn == [{0, 1, 2, 3}, {4, 5, 6, 7}, {0, 1, 2, 3}, {4, 5, 6, 7}]


def test_the_same_seed_draws_the_same_batches() -> None:
    lesson = TrainingTexts(["t"] * 60, {"category": [f"c{i % 3}" for i in range(60)]})
    first, again = (next(finetune.batches(lesson)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))


def test_nothing_is_drawn_where_no_label_has_two_tickets() -> None:
    assert list(finetune.batches(TrainingTexts(["t"] * 3, {"category": ["a", "b", "b"]}))) == []


def test_an_encoder_that_was_adapted_says_what_it_has_seen(tmp_path: Path) -> None:
    folder = open_home(tmp_path).home / "encoder" / "int8"
    before = open_home(tmp_path).encoder(None).fingerprint
    assert len(encoder_seen.of(folder)) == 0
    encoder_seen.mark(folder, ["one", "two", "one"])
    assert encoder_seen.of(folder).tolist() == sorted([key("one"), key("two")])
    assert Home(tmp_path, Bars(quiet=True)).encoder(None).fingerprint != before


@pytest.mark.parametrize("damage", ["missing", "another"])
def test_an_adapted_encoder_without_its_list_is_refused(tmp_path: Path, damage: str) -> None:
    folder = open_home(tmp_path).home / "encoder" / "int8"
    encoder_seen.mark(folder, ["one"])
    if damage == "missing":
        (folder / encoder_seen.SEEN).unlink()
    else:
        (folder / encoder_seen.SEEN).write_bytes(encoder_seen.write(["two"], encoder_seen.none()))
    with pytest.raises(SeenNotKnown, match="make finetune"):
        encoder_seen.of(folder)


def test_tickets_that_the_encoder_has_seen_neither_calibrate_nor_measure() -> None:
    rows = [np.arange(start, start + 4) for start in (0, 4, 8)]
    split = Split(fit=rows[0], calibrate=rows[1], hold_out=rows[2], teach=np.arange(8), repeats=np.array([3]), how="")
    texts = [f"t{i}" for i in range(12)]
    found = encoder_seen.without(
        split, texts, np.sort(np.array([key(t) for t in ("t0", "t5", "t9", "t11")], np.uint64))
    )
    assert found.calibrate.tolist() == [4, 6, 7]
    assert found.hold_out.tolist() == [8, 10]
    assert found.repeats.tolist() == [3, 5, 9, 11]
    assert (found.fit.tolist(), found.teach.tolist()) == (split.fit.tolist(), split.teach.tolist())


def test_a_refit_measures_only_what_its_encoder_has_not_seen(tmp_path: Path) -> None:
    rows = tickets(200)
    fitted(tmp_path, rows)
    held = [json.loads(line) for line in (tmp_path / "candidate" / "holdout.jsonl").read_text().splitlines()]
    seen = [row["text"] for row in held[:10]]
    encoder_seen.mark(tmp_path / "encoder" / "int8", seen)
    workspace = Home(tmp_path, Bars(quiet=True))
    encoder = workspace.encoder(None)
    tools = Tools(encoder=encoder, vectors=workspace.vectors(encoder), bars=workspace.bars, seen=workspace.seen(None))
    refit(replace(wish(tmp_path, rows).plan, out=tmp_path / "again"), tools)
    bundle = bundles.load(tmp_path / "again")
    texts = {json.loads(line)["text"] for line in bundle.read("holdout.jsonl").splitlines()}
    assert texts == {row["text"] for row in held} - set(seen)
    assert {key(text) for text in seen} <= set(np.load(tmp_path / "again" / "seen.npy").tolist())


def test_the_encoder_learns_from_the_fitting_slice_alone(tmp_path: Path) -> None:
    rows = tickets(200)
    lesson = lesson_of(tmp_path, rows)
    assert set(lesson.labels) == {"category", "product_area"}
    assert len(lesson.texts) == len(lesson.labels["category"]) == 140
    newest = {f"{row['subject']}\n{row['description']}" for row in rows[140:]}
    assert not newest & set(lesson.texts)


def test_one_field_can_be_asked_for_and_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert set(lesson_of(tmp_path, tickets(60), "category").labels) == {"category"}
    with pytest.raises(NothingToLearn):
        lesson_of(tmp_path, tickets(60), "priority")


def test_it_wins_when_a_field_clearly_gains_and_none_clearly_loses() -> None:
    assert outcome(category=pair(20, 4)).won
    assert not outcome(category=pair(8, 6)).won  # two tickets of a hundred
    # 0 of 20 won: no redraw of these tickets shows anything but a loss
    assert not outcome(category=pair(40, 0), product_area=pair(0, 20)).won


def test_the_next_command_is_said_only_when_it_wins() -> None:
    won, lost = (
        list(lines(each, Path("home"))) for each in (outcome(category=pair(9, 1)), outcome(category=pair(1, 9)))
    )
    assert any("firstline-train promote --bundle x/tuned --home home" in line for line in won)
    assert not any("promote" in line for line in lost)
    assert "keep the published one" in lost[-1]
    said = record(outcome(category=pair(8, 2)))["heads"]["category"]
    assert (said["frozen"]["accuracy"], said["tuned"]["accuracy"]) == (0.92, 0.98)


@pytest.mark.skipif(not NO_TORCH, reason="torch is here: tests/lab tries the real thing")
def test_without_torch_the_command_says_in_one_line_what_to_do(tmp_path: Path) -> None:
    file = write(tmp_path / "t.jsonl", tickets(3))
    result = CliRunner().invoke(cli, ["finetune", "--tickets", str(file), "--out", str(tmp_path / "o")])
    assert isinstance(result.exception, LabMissing)
    assert "make finetune" in str(result.exception)
    assert "\n" not in str(result.exception)
