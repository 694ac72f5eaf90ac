"""The console's screen for lists of labels that are probably wrong: labels are ticked, then confirmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from serving.console.models.relabel import OVERLAY, QUEUE
from serving.settings import Settings
from tests.serving.console.conftest import Console
from triage.tickets import doubtful_labels, label_decisions
from triage.tickets.doubtful_labels import Suspect

TAXONOMY = '[[heads]]\nname = "topics"\nkind = "multi"\n[topics]\nangry = ""\nrefund = ""\nvat = ""\n'
SUSPECTS = [
    Suspect("t-1", "topics", ("angry", "vat"), ("refund", "vat"), 0.9, ("add refund: the model gives 0.95",), "Refund"),
    Suspect("t-2", "topics", (), ("angry",), 0.8, (), "Terrible"),
]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/taxonomy.toml").write_text(TAXONOMY)
    return replace(settings, policies=tmp_path / "policies")


@pytest.fixture
def overlay(home: Path) -> Path:
    doubtful_labels.write(home / QUEUE, SUSPECTS)
    return home / OVERLAY


def test_a_list_starts_as_the_ticket_has_it_and_what_is_ticked_is_confirmed(console: Console, overlay: Path) -> None:
    page = console.get("/models/relabel")
    assert "Which topics are right?" in page
    assert "On the ticket: angry, vat. Proposed: refund, vat." in page
    assert 'name="label" value="angry" checked data-key="1"' in page
    assert 'name="label" value="refund" data-key="2"' in page
    assert page.count("proposed to remove") == page.count("proposed to add") == 1
    answer = console.post("/models/relabel", ticket="t-1", head="topics", list="1", label=["vat", "refund"])
    assert "angry, vat becomes refund, vat" in console.read(answer.headers["location"])
    console.post("/models/relabel", ticket="t-2", head="topics", list="1")
    assert "All 2 are decided" in console.read("/models/relabel")
    decisions = label_decisions.read(overlay)
    assert [each.label for each in decisions] == [("refund", "vat"), ()]
    undone = console.post("/models/relabel/undo", ticket="t-1", head="topics")
    assert "Which topics are right?" in console.read(undone.headers["location"])
    assert label_decisions.decided(label_decisions.read(overlay)) == {("t-2", "topics")}


def test_none_for_a_list_is_an_empty_list(console: Console, overlay: Path) -> None:
    console.post("/models/relabel", ticket="t-1", head="topics", none="1")
    assert [each.label for each in label_decisions.read(overlay)] == [()]


@pytest.mark.parametrize("fields", [{"label": "vat"}, {"list": "1", "label": "nonsense"}])
def test_one_label_for_a_list_and_an_unknown_one_are_refused(
    console: Console, overlay: Path, fields: dict[str, str]
) -> None:
    assert console.post("/models/relabel", ticket="t-1", head="topics", **fields).status_code == 422
    assert not overlay.exists()
