"""Closed tickets leave in the form that training reads: text as filed, labels as they ended."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import Settings
from serving.storage.errors import DatabaseMissing
from serving.tickets.snapshot import export
from tests.fakes import FrozenClock
from tests.serving.stored_articles import put_article
from triage.tickets.closed_ticket import from_record

Client = TestClient[Litestar]


def worked_off(client: Client, clock: FrozenClock, **outcome: Any) -> str:
    """Take a case from its opening to its closure, its category corrected on the way."""
    sent = {"subject": "Export", "description": "Ümlauts vanish", "plan": "premium", "channel": "email"}
    path = "/v1/tickets/" + client.post("/v1/tickets", json=sent).json()["id"]
    clock.advance(timedelta(minutes=20))
    client.post(f"{path}/replies", json={"text": "Which file?"})
    client.patch(path, json={"tags": {"category": "how_to"}}, headers={"If-Match": "*"})
    clock.advance(timedelta(hours=1))
    client.post(f"{path}/replies", json={"text": "Choose UTF-8 in the export."})
    client.post(f"{path}/transitions", json={"to": "resolved", **outcome})
    clock.advance(timedelta(hours=1))
    return client.post(f"{path}/transitions", json={"to": "closed", "csat": 4}).json()["id"]


def test_a_closed_ticket_teaches_its_text_as_filed_and_its_final_labels(
    desk_client: Client, clock: FrozenClock, settings: Settings, tmp_path: Path
) -> None:
    put_article(desk_client, "export-csv")
    closed = worked_off(desk_client, clock, resolution_type="solved", kb_article_id="export-csv")
    desk_client.post("/v1/tickets", json={"subject": "Still open"})
    assert export(settings.stored_in, tmp_path / "closed.jsonl").rows == 1
    (line,) = (tmp_path / "closed.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "id": closed,
        "subject": "Export",
        "description": "Ümlauts vanish",
        "created_at": "2026-03-02T10:00:00Z",
        "first_response_at": "2026-03-02T10:20:00Z",
        "closed_at": "2026-03-02T12:20:00Z",
        "channel": "email",
        "plan": "premium",
        "language": "en",
        "category": "how_to",
        "priority": "P1",
        "product_area": "api",
        "label_sources": {
            "category": "person_after_suggestion",
            "priority": "model_unseen",
            "product_area": "model_unseen",
        },
        "resolution": "Choose UTF-8 in the export.",
        "resolution_type": "solved",
        "csat": 4,
        "kb_article_id": ["export-csv"],
    }


def test_training_reads_what_was_written_packed_too(
    desk_client: Client, clock: FrozenClock, settings: Settings, tmp_path: Path
) -> None:
    made = [worked_off(desk_client, clock) for _ in range(3)]
    export(settings.stored_in, tmp_path / "closed.jsonl.gz")
    with gzip.open(tmp_path / "closed.jsonl.gz", "rt") as file:
        read = [from_record(json.loads(line)) for line in file]
    assert [ticket.id for ticket in read] == made


def test_nothing_closed_is_an_empty_file(desk_client: Client, settings: Settings, tmp_path: Path) -> None:
    assert export(settings.stored_in, tmp_path / "folder" / "closed.jsonl").rows == 0
    assert (tmp_path / "folder" / "closed.jsonl").read_bytes() == b""


def test_no_database_is_no_file(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing):
        export(settings.database_path, tmp_path / "closed.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_pages_give_every_ticket_once_in_the_order_of_closing_also_those_of_one_moment(
    desk_client: Client, clock: FrozenClock, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.tickets.snapshot._BATCH", 2)
    early = [worked_off(desk_client, clock) for _ in range(2)]
    clock.advance(timedelta(days=1))
    late = []
    for _ in range(3):  # all closed at the same instant
        late.append(worked_off(desk_client, clock))
        clock.advance(-timedelta(hours=2, minutes=20))
    export(settings.stored_in, tmp_path / "all.jsonl")
    ids = [json.loads(line)["id"] for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert ids == [*early, *sorted(late)]
    since = clock.now()
    assert export(settings.stored_in, tmp_path / "late.jsonl", since).rows == 3
