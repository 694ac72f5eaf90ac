"""A desk that tags its tickets: from an export with lists of tags to tagged tickets, corrections and the next refit."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from serving.app import create_app
from serving.settings import Settings
from serving.tickets.snapshot import export
from tests.fakes import FrozenClock
from tests.journeys.test_declared_heads import run
from tests.training.multi.desk import FAST, learn, row
from training.config import Certificate
from training.data.closed_tickets import read
from training.data.column_mapping import ColumnMapping
from triage.taxonomy import labels as taxonomy

TAXONOMY = '[[heads]]\nname = "category"\n[[heads]]\nname = "topics"\nkind = "multi"\n'
ROUTING = """teams = ["money", "support"]

[[rules]]
when = { topics = ["refund", "tax"] }
team = "money"
tier = "T1"
because = "it is about money"

[[rules]]
team = "support"
tier = "T1"
because = "the rest"
"""
TICKET = {
    "subject": "invoice payment card",
    "description": "charge payment please reimburse goodwill sso username today",
}
CERTIFIED = replace(FAST, certificate=Certificate(alpha=0.2, delta=0.1))


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Settings:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "taxonomy.toml").write_text(TAXONOMY)
    (policies / "routing.toml").write_text(ROUTING)
    settings.home.mkdir(exist_ok=True)
    return replace(settings, policies=policies)


def names(tags: dict[str, Any]) -> set[str]:
    return {each["label"] for each in tags["topics"]["labels"]}


def tag_and_correct(client: TestClient[Any]) -> None:
    tagged = client.post("/v1/tags", json=TICKET | {"external_id": "zd-1"}).json()
    assert names(tagged["tags"]) == {"login", "refund"}
    assert tagged["tags"]["topics"]["label"] is None
    assert {each["mode"] for each in tagged["tags"]["topics"]["labels"]} <= {"auto", "suggest"}
    assert tagged["team"] == "money"
    named = {each["certificate"] for each in tagged["tags"]["topics"]["labels"]} - {None}
    assert named
    assert named <= set(tagged["certificates"])
    path = f"/v1/tags/{tagged['id']}/correction"
    corrected = client.post(path, json={"topics": ["login"], "actor": "ana"}).json()
    assert corrected["tags"]["topics"]["labels"] == [
        {"label": "login", "confidence": 1.0, "mode": "agent", "certificate": None}
    ]
    assert corrected["team"] == "support"
    assert client.post(path, json={"topics": [], "actor": "ana"}).json()["tags"]["topics"]["labels"] == []
    refused = client.post(path, json={"topics": ["teleport"], "actor": "ana"})
    assert refused.status_code == 422
    assert "Not a label of topics" in refused.text
    for wrong in ({"topics": "login"}, {"category": ["bug"]}):
        assert client.post(path, json=wrong | {"actor": "ana"}).status_code == 422


def open_and_close(client: TestClient[Any]) -> None:
    opened = client.post("/v1/tickets", json=TICKET | {"email": "ann@example.com"})
    assert names(opened.json()["tags"]) == {"login", "refund"}
    assert opened.json()["team"] == "money"
    at = f"/v1/tickets/{opened.json()['id']}"
    seen = {"If-Match": opened.headers["etag"]}
    changed = client.patch(at, json={"tags": {"topics": ["refund", "export"]}}, headers=seen)
    assert names(changed.json()["tags"]) == {"refund", "export"}
    assert client.get(at).json()["tags"]["topics"]["mode"] == "agent"
    found = client.get("/v1/tickets", params={"label": ["topics=refund", "topics=export"]}).json()["tickets"]
    assert [each["id"] for each in found] == [opened.json()["id"]]
    assert client.get("/v1/tickets", params={"label": "topics=login"}).json()["tickets"] == []
    assert client.get("/v1/tickets", params={"label": "topics=ref"}).json()["tickets"] == []
    assert client.get("/v1/tickets", params={"label": "topics"}).status_code == 400
    for to in ("resolved", "closed"):
        assert client.post(f"{at}/transitions", json={"to": to}).status_code < 300


def test_tags_go_all_the_way_from_an_export_to_the_next_refit(
    desk: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]], migrated_home: Path
) -> None:
    home = desk.home
    done = learn(home, map(row, range(900)), "first", config=CERTIFIED)
    assert done.manifest.multi["topics"].earned
    run("promote", "--bundle", home / "first", "--home", home, "--accept-noticed")  # two words give a topic away
    logging.getLogger("firstline").setLevel(logging.CRITICAL)

    with TestClient(create_app(desk, clock=clock)) as client:
        client.headers.update(make_key("admin"))
        tag_and_correct(client)
        open_and_close(client)

    out = home / "closed.jsonl"
    export(desk.stored_in, out)
    (closed,) = (json.loads(line) for line in out.read_text().splitlines())
    assert sorted(closed["topics"]) == ["export", "refund"]
    assert closed["label_sources"]["topics"] == "person_after_suggestion"
    mapping = ColumnMapping(heads=taxonomy.parse(TAXONOMY).declared)
    assert set(read(out, mapping).tickets[0].seen_sets["topics"]) == {"export", "refund"}
