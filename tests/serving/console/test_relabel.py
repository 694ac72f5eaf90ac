"""The console's screen where people decide on labels that are probably wrong, into the overlay of the next refit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.console.models.relabel import OVERLAY, QUEUE
from tests.serving.console.conftest import Console
from triage.tickets import doubtful_labels, label_decisions
from triage.tickets.doubtful_labels import Suspect

SUSPECTS = [
    Suspect("t-1", "category", "bug", "billing", 0.9, ("9 of 9 nearest tickets are billing",), "Charged twice <b>"),
    Suspect("t-2", "category", None, "how_to", 0.8, ("the model gives how_to 0.91",), "How do I export?"),
    Suspect("t-3", "priority", "P3", "P1", 0.7, ("the model gives P1 0.80",), "All is down"),
    Suspect("t-4", "priority", "P3", "P1", 0.6, ("decided in the file",), "Old", decision="keep"),
]


@pytest.fixture
def queue(home: Path) -> Path:
    doubtful_labels.write(home / QUEUE, SUSPECTS)
    return home / OVERLAY


def decides(console: Console, number: int, **fields: str) -> str:
    suspect = SUSPECTS[number - 1]
    answer = console.post("/models/relabel", ticket=suspect.id, head=suspect.head, **fields)
    assert answer.status_code == 303, answer.text
    return console.read(answer.headers["location"])


def test_without_a_queue_the_page_says_how_to_make_one(console: Console) -> None:
    assert "make relabel" in console.read("/models/relabel")


def test_a_line_is_asked_with_its_evidence_and_the_decision_stands_in_the_overlay(
    console: Console, queue: Path
) -> None:
    page = console.read("/models/relabel")
    assert "3 to decide · 0 decided" in page
    assert "Charged twice <b> 9 of 9 nearest tickets are billing" in page
    assert "Which category is right?" in page
    following = decides(console, 1, label="billing")
    assert "bug becomes billing" in following
    assert "How do I export?" in following
    assert "priority stays P3" in decides(console, 3, label="P3")
    (changed, kept) = label_decisions.read(queue)
    assert (changed.id, changed.head, changed.was, changed.label) == ("t-1", "category", "bug", "billing")
    assert changed.by.startswith("Ann (sk_")
    assert (kept.was, kept.label) == ("P3", "P3")
    assert "All 3 are decided" in decides(console, 2, none="1")


def test_a_decision_is_taken_back_and_given_again(console: Console, queue: Path) -> None:
    decides(console, 1, label="billing")
    undone = console.post("/models/relabel/undo", ticket="t-1", head="category")
    assert "Charged twice" in console.read(undone.headers["location"])
    assert label_decisions.decided(label_decisions.read(queue)) == set()
    decides(console, 1, label="bug")
    assert label_decisions.decided(label_decisions.read(queue)) == {("t-1", "category")}
    console.post("/models/relabel/undo", ticket="t-1", head="category")  # nothing was changed: it is only asked again
    decides(console, 1, label="how_to")
    lines = [(each.was, each.label) for each in label_decisions.read(queue)]
    assert lines == [("bug", "billing"), ("billing", "bug"), ("bug", "bug"), ("bug", "how_to")]


def test_an_undo_that_is_sent_twice_takes_back_once(console: Console, queue: Path) -> None:
    decides(console, 1, label="billing")
    for _ in range(2):
        assert console.post("/models/relabel/undo", ticket="t-1", head="category").status_code == 303
    assert label_decisions.decided(label_decisions.read(queue)) == set()


def test_nobody_takes_back_what_somebody_else_decided(
    queue: Path, sign_in: Callable[..., Console], client: TestClient[Litestar]
) -> None:
    decides(sign_in("agent", "Ann"), 1, label="billing")
    client.cookies.clear()
    sign_in("agent", "Bob").post("/models/relabel/undo", ticket="t-1", head="category")
    assert label_decisions.decided(label_decisions.read(queue)) == {("t-1", "category")}


def test_a_label_that_is_kept_after_all_is_not_asked_again(console: Console, queue: Path) -> None:
    decides(console, 1, label="billing")
    decides(console, 1, label="bug")
    assert label_decisions.decided(label_decisions.read(queue)) == {("t-1", "category")}


def test_a_question_is_skipped_and_links_never_break(console: Console, queue: Path) -> None:
    assert "How do I export?" in console.read("/models/relabel?skipped=1")
    assert "You have skipped the 3 that are left" in console.read("/models/relabel?skipped=3")
    assert "Charged twice" in console.read("/models/relabel?skipped=-x&again=nothing")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"ticket": "t-1", "head": "category"}, 400),
        ({"ticket": "t-1", "head": "category", "label": "nonsense"}, 422),
        ({"ticket": "t-9", "head": "category", "label": "bug"}, 404),
        ({"ticket": "t-3", "head": "priority", "label": "P9"}, 422),
    ],
)
def test_what_is_no_decision_is_refused(console: Console, queue: Path, fields: dict[str, str], status: int) -> None:
    assert console.post("/models/relabel", **fields).status_code == status
    assert not queue.exists()


def test_a_damaged_queue_is_said_and_does_no_harm(console: Console, queue: Path, home: Path) -> None:
    (home / QUEUE).write_text("nonsense\n")
    assert "line 1: is not JSON" in console.read("/models/relabel")
    answer = console.post("/models/relabel", ticket="t-1", head="category", label="bug")
    assert answer.status_code == 409
    assert "line 1: is not JSON" in answer.text
