"""The ticket's page shows declared heads, and lets agents set their labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from serving.inference.labels import KnownLabels
from serving.settings import Settings
from tests.serving.console.desk import ConsoleDesk

TAXONOMY = """
[[heads]]
name = "category"

[[heads]]
name = "intent"

[[heads]]
name = "topic"
kind = "tree"
levels = ["category", "intent"]

[[heads]]
name = "sentiment"

[[heads]]
name = "topics"
kind = "multi"

[topics]
refund = ""
vat = ""
"late delivery" = ""

[intent]
refund = "money back"
invoice = "a bill"

[topic]
"billing/refund" = ""
"billing/invoice" = ""
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "taxonomy.toml").write_text(TAXONOMY)
    return replace(settings, policies=policies)


def test_an_agent_sets_labels_of_declared_heads_and_a_parent_of_a_tree(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    page = desk.console.get(f"/queue/{ticket}")
    assert '<select name="intent" aria-label="intent"><option>invoice</option><option>refund</option></select>' in page
    assert "<option>billing</option><option>billing/invoice</option>" in page
    desk.send(ticket, "labels", intent="refund", topic="billing")
    tags = desk.api(ticket)["tags"]
    assert (tags["intent"]["label"], tags["intent"]["mode"]) == ("refund", "agent")
    assert (tags["topic"]["label"], tags["topic"]["path"]) == ("billing", ["billing"])
    refused = desk.send(ticket, "labels", intent="teleport")
    assert "Not a label of intent: it knows invoice, refund." in refused.text


def test_an_agent_ticks_the_labels_of_a_list_and_the_queue_filters_by_them(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    assert '<input type="checkbox" name="topics" value="late delivery">' in desk.console.get(f"/queue/{ticket}")
    desk.send(ticket, "labels", list="topics", topics=["vat", "late delivery"])
    listed = desk.api(ticket)["tags"]["topics"]["labels"]
    assert [(each["label"], each["mode"]) for each in listed] == [("vat", "agent"), ("late delivery", "agent")]
    assert ticket in desk.console.get("/queue?label=topics%3Dlate+delivery")
    assert ticket not in desk.console.get("/queue?label=topics%3Drefund")
    desk.send(ticket, "labels", list="topics")  # no box is ticked: none fits
    assert desk.api(ticket)["tags"]["topics"]["labels"] == []
    assert ticket not in desk.console.get("/queue?label=topics%3Dvat")


def test_a_head_without_labels_says_so_where_it_is_corrected(desk: ConsoleDesk) -> None:
    client, key = desk.console.client, desk.key
    tagged = client.post("/v1/tags?include=", json={"subject": "a", "description": "b"}, headers=key).json()["id"]
    sent = {"actor": "ann", "sentiment": "angry"}
    refused = client.post(f"/v1/tags/{tagged}/correction", json=sent, headers=key)
    said = "Not a label of sentiment: it knows none yet. Add new ones to the taxonomy first."
    assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "sentiment", "message": said}])


def test_the_queue_has_categories_only_where_the_desk_has_some(
    desk: ConsoleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open()
    assert "Category" in desk.console.get("/queue")
    monkeypatch.setattr(KnownLabels, "labels", lambda *_: ())  # heads without a category
    assert "Category" not in desk.console.get("/queue")
    assert "Category" in desk.console.get("/queue?category=bug")
