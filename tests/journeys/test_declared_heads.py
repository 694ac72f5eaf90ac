"""A desk with heads of its own: category, intent (what within the category) and sentiment, from export to refit."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from serving.app import create_app
from serving.settings import Settings
from serving.tickets.snapshot import export
from tests.fakes import FrozenClock
from tests.training.desk import fitted, ticket
from training.cli import cli
from training.commands.options import declared_heads
from training.config import Head, RefitConfig
from training.data.column_mapping import ColumnMapping
from triage.model import bundle as bundles
from triage.model.registry import Registry
from triage.taxonomy import labels as taxonomy
from triage.taxonomy.heads import SHIPPED

TAXONOMY = """
[[heads]]
name = "category"

[[heads]]
name = "intent"

[[heads]]
name = "sentiment"

[[heads]]
name = "topic"
kind = "tree"
levels = ["category", "intent"]

[sentiment]
calm = "says what is the matter"
angry = "complains"
"""
#: The intent is a part of its category: each has its word.
INTENTS = {"bug": ("crash", "export"), "billing": ("refund", "invoice"), "how_to": ("password", "login")}
FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
TICKET = {"subject": "invoice invoice payment card", "description": "charge payment invoice again please today money"}


def row(number: int) -> dict[str, Any]:
    found = ticket(number)
    random = Random(f"declared {number}")
    intent, sentiment = random.choice(INTENTS[found["category"]]), random.choice(("calm", "angry"))
    found["description"] += f" {intent} {intent} " + ("wrong wrong twice" if sentiment == "angry" else "please where")
    return {key: value for key, value in found.items() if key != "product_area"} | {
        "intent": intent,
        "sentiment": sentiment,
    }


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == 0, f"{done.output}\n{done.exception}"
    return done.output


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Settings:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "taxonomy.toml").write_text(TAXONOMY)
    settings.home.mkdir(exist_ok=True)
    return replace(settings, policies=policies)


def learn(home: Path, rows: list[dict[str, Any]], out: str) -> Any:
    labels = taxonomy.parse(TAXONOMY)
    mapping = ColumnMapping(heads=labels.declared)
    return fitted(home, rows, out=out, config=FAST, mapping=mapping, taxonomy=labels)


def tag_and_correct(client: TestClient[Any]) -> None:
    tagged = client.post("/v1/tags", json=TICKET | {"external_id": "zd-1"}).json()
    assert {head: tag["label"] for head, tag in tagged["tags"].items() if head != "priority"} == {
        "category": "billing",
        "intent": "invoice",
        "sentiment": tagged["tags"]["sentiment"]["label"],
        "topic": "billing/invoice",
    }
    assert tagged["tags"]["topic"]["path"] == ["billing", "invoice"]
    assert "path" not in tagged["tags"]["intent"]
    assert tagged["tags"]["intent"]["mode"] in {"auto", "suggest"}
    path = f"/v1/tags/{tagged['id']}/correction"
    corrected = client.post(path, json={"intent": "refund", "actor": "ana"})
    assert corrected.json()["tags"]["intent"]["label"] == "refund"
    above = client.post(path, json={"topic": "billing", "actor": "ana"})  # only the parent is known
    assert above.json()["tags"]["topic"]["path"] == ["billing"]
    refused = client.post(path, json={"intent": "teleport", "actor": "ana"})
    assert refused.status_code == 422
    assert "Not a label of intent" in refused.text
    assert client.post(path, json={"queue": "a", "actor": "ana"}).status_code == 400


def open_and_close(client: TestClient[Any]) -> None:
    opened = client.post("/v1/tickets", json=TICKET | {"email": "ann@example.com", "tags": {"sentiment": "angry"}})
    assert opened.json()["tags"]["sentiment"]["mode"] == "agent"
    assert opened.json()["tags"]["intent"]["label"] == "invoice"
    assert opened.json()["tags"]["topic"]["path"] == ["billing", "invoice"]
    at = f"/v1/tickets/{opened.json()['id']}"
    seen = {"If-Match": opened.headers["etag"]}
    changed = client.patch(at, json={"tags": {"intent": "refund"}}, headers=seen)
    assert changed.json()["tags"]["intent"] | {"label": "refund", "mode": "agent"} == changed.json()["tags"]["intent"]
    strange = client.patch(at, json={"tags": {"queue": "a"}}, headers={"If-Match": changed.headers["etag"]})
    assert strange.status_code == 400
    assert "the labels are category, priority, intent, sentiment, topic" in strange.text
    for to in ("resolved", "closed"):
        assert client.post(f"{at}/transitions", json={"to": to}).status_code < 300


def test_heads_of_a_desk_go_all_the_way_from_its_export_to_the_next_refit(
    desk: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]], migrated_home: Path
) -> None:
    home = desk.home
    done = learn(home, [row(number) for number in range(400)], "first")
    assert list(done.manifest.heads) == ["category", "intent", "sentiment", "topic"]
    assert done.manifest.heads["intent"].labels == ("crash", "export", "invoice", "login", "password", "refund")
    assert (done.manifest.heads["intent"].metrics.accuracy or 0) > 0.8
    report = (home / "first/report.html").read_text()
    assert "intent" in report
    assert "sentiment" in report
    run("promote", "--bundle", home / "first", "--home", home, "--accept-noticed")  # one word gives an intent away
    logging.getLogger("firstline").setLevel(logging.CRITICAL)

    with TestClient(create_app(desk, clock=clock)) as client:
        client.headers.update(make_key("admin"))
        tag_and_correct(client)
        open_and_close(client)

    out = home / "closed.jsonl"
    export(desk.stored_in, out)
    (closed,) = (json.loads(line) for line in out.read_text().splitlines())
    assert (closed["intent"], closed["label_sources"]["intent"]) == ("refund", "person_after_suggestion")
    again = learn(home, [row(number) for number in range(200)] + [closed], "second")
    assert again.manifest.data.label_sources["intent"]["person_after_suggestion"] == 1


def test_a_bundle_remembers_its_heads_and_clients_may_rename_their_labels(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    learn(home, [row(number) for number in range(160)], "first")
    names = [head.name for head in bundles.load(home / "first").manifest.taxonomy.heads or ()]
    learnt = bundles.load(home / "first").manifest.taxonomy.heads
    assert declared_heads({"taxonomy": None, "bundle": home / "first"}) == learnt
    assert declared_heads({"taxonomy": None, "home": home}) == SHIPPED
    Registry(home / "models").make_current(Registry(home / "models").add(home / "first"))
    assert declared_heads({"taxonomy": None, "home": home}) == learnt
    assert names == ["category", "intent", "sentiment", "topic", "priority"]
    (home / "changes.toml").write_text(
        '[[change]]\nat = 2026-01-20T00:00:00Z\nhead = "intent"\nmerge = ["login", "password"]\nto = "sign_in"\n'
    )
    said = run(
        "migrate-taxonomy", "--bundle", home / "first", "--changes", home / "changes.toml", "--out", home / "second",
        "--home", home,
    )  # fmt: skip
    assert "'login' and 'password' were merged into 'sign_in'" in said
    assert [head.name for head in bundles.load(home / "second").manifest.taxonomy.heads or ()] == names
