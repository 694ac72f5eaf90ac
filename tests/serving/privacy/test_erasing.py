"""Erasing a customer leaves no text anywhere, and every figure as it was."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.erasure import MARK
from serving.privacy import store
from serving.privacy.store import Erasure
from serving.settings import Settings
from serving.storage.database import Database
from serving.storage.tables import metadata
from serving.tickets import erasing as ticket_erasing
from serving.tickets.snapshot import export
from tests.fakes import FrozenClock
from triage.text.cleaning import model_text
from triage.tickets import events, tombstones
from triage.tickets.fact_values import Message

Client = TestClient[Litestar]

ANN = "ann.quibble@example.com"
SAID = ["zebracorn", "yellowdrift", "xylofence", "wobblegate", "vexmuffin"]  # words that only Ann says


def from_question_to_closed(client: Client, clock: FrozenClock, email: str = ANN, words: list[str] = SAID) -> str:
    """Ask, hand off, reply from both sides, escalate-free: resolve and close; return the ticket's id."""
    asked = {"question": f"Where is my {words[0]} export?", "visitor": email, "account": "quibble-inc"}
    session = client.post("/v1/deflections", json=asked).json()["id"]
    wanted = {"email": email, "subject": f"The {words[1]}", "description": f"My {words[2]} is gone."}
    answer = client.post(f"/v1/deflections/{session}/ticket", json=wanted, headers={"Idempotency-Key": f"k-{email}"})
    path = "/v1/tickets/" + answer.json()["id"]
    clock.advance(timedelta(minutes=20))
    client.post(f"{path}/replies", json={"text": f"Look behind the {words[3]}."})
    client.post(f"{path}/replies", json={"text": f"Found the {words[4]}!", "author": "customer"})
    clock.advance(timedelta(hours=1))
    client.post(f"{path}/transitions", json={"to": "resolved", "root_cause": words[0]})
    client.post(f"{path}/transitions", json={"to": "closed"})
    return str(answer.json()["id"])


def said_in(folder: Path, words: list[str]) -> list[tuple[str, str]]:
    """Return where any file of a folder still holds any of the words."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [(path.name, word) for path in files for word in words if word.encode() in path.read_bytes()]


def rows_that_say(database: Database, words: list[str]) -> list[tuple[str, str]]:
    """Return which tables hold any of the words; on a server they are no file of the home."""

    def look(connection: sa.Connection) -> list[tuple[str, str]]:
        rows = {name: connection.execute(sa.select(table)).all() for name, table in metadata.tables.items()}
        written = {name: str([tuple(row) for row in found]) for name, found in rows.items()}  # a Row cuts long values
        return [(name, word) for name, text in written.items() for word in words if word in text]

    return database.read(look)


def test_no_table_and_no_file_of_the_home_holds_a_word_of_an_erased_customer(
    knowing: Client, clock: FrozenClock, settings: Settings
) -> None:
    from_question_to_closed(knowing, clock)
    knowing.post("/v1/tags", json={"subject": "vexmuffin", "description": "wobblegate", "account": "quibble-inc"})
    database = knowing.app.state.context.database
    assert {word for _, word in rows_that_say(database, SAID)} == set(SAID)
    erased = knowing.post("/v1/erasures", json={"account": "quibble-inc"})
    assert erased.status_code == 201, erased.text
    assert erased.json()["erased"] == {
        "tickets": 1,
        "deflections": 1,
        "taggings": 1,
        "receipts": 1,
        "account_alerts": 0,
        "ticket_events": 3,
        "deflection_turns": 2,
        "helpdesk_links": 0,
        "jobs": 0,
        "outbox_events": 0,
        "files": 0,
    }
    assert rows_that_say(database, [*SAID, ANN, "quibble"]) == []
    assert said_in(settings.home, [*SAID, ANN, "quibble"]) == []


def test_an_erased_ticket_keeps_its_life_and_its_sla_figures_but_no_word(knowing: Client, clock: FrozenClock) -> None:
    path = "/v1/tickets/" + from_question_to_closed(knowing, clock)
    before, sla = knowing.get(path).json(), knowing.get(f"{path}/sla").json()
    knowing.post("/v1/erasures", json={"email": ANN.upper()})
    after = knowing.get(path).json()
    assert (after["subject"], after["description"], after["email"], after["account"]) == (MARK, MARK, None, None)
    assert {turn["text"] for turn in after["transcript"]} == {MARK}
    kept = (
        "id",
        "status",
        "plan",
        "tags",
        "team",
        "tier",
        "sla",
        "version",
        "created_at",
        "updated_at",
        "deflection_id",
    )
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert [turn["at"] for turn in after["transcript"]] == [turn["at"] for turn in before["transcript"]]
    assert knowing.get(f"{path}/sla").json() == sla


def test_erasing_again_finds_nothing_more_and_spares_everybody_else(knowing: Client, clock: FrozenClock) -> None:
    from_question_to_closed(knowing, clock)
    other = knowing.post("/v1/tickets", json={"subject": "Mine stays", "email": "ben@example.com"}).json()
    first = knowing.post("/v1/erasures", json={"email": ANN}).json()
    again = knowing.post("/v1/erasures", json={"email": ANN}).json()
    assert first["erased"]["tickets"] == 1
    assert set(again["erased"].values()) == {0}
    assert knowing.get(f"/v1/tickets/{other['id']}").json() == other


def test_what_is_erased_is_not_exported_in_words_and_has_a_tombstone_without_any(
    knowing: Client, clock: FrozenClock, settings: Settings, tmp_path: Path
) -> None:
    ticket_id = from_question_to_closed(knowing, clock)
    text = model_text("The yellowdrift", "My xylofence is gone.", (ANN, "quibble-inc"))
    erasure = knowing.post("/v1/erasures", json={"ticket": ticket_id}).json()
    assert export(settings.stored_in, tmp_path / "closed.jsonl").rows == 0
    listed = knowing.get("/v1/erasures").json()
    assert listed == {
        "erased": [{"id": ticket_id, "external_id": None, "erasure_id": erasure["id"], "at": erasure["at"]}],
        "next_after": None,
    }
    found = tombstones.read(settings.home)
    assert ticket_id in found.ids
    assert found.said(text)
    assert not found.said("something else")
    assert said_in(settings.home / tombstones.FILE, SAID) == []


def test_a_similar_ticket_that_was_erased_is_shown_no_more(knowing: Client, clock: FrozenClock) -> None:
    like = {"subject": "CSV export is empty", "description": ""}
    shown = knowing.post("/v1/tags", json=like).json()["similar_tickets"]
    assert [each["id"] for each in shown] == ["old-1"]
    assert knowing.post("/v1/erasures", json={"ticket": "old-1"}).status_code == 201
    assert knowing.post("/v1/tags", json=like).json()["similar_tickets"] == []


def test_what_another_process_had_erased_is_shown_no_more_either(
    knowing: Client, app: Litestar, clock: FrozenClock, settings: Settings
) -> None:
    """A replica, or the command line beside a server: of their work this process sees the tables alone."""

    def elsewhere(connection: sa.Connection) -> None:
        erasure = Erasure(id="era_1", at=clock.now(), actor="command line", counts={})
        store.insert(connection, erasure, [tombstones.Tombstone(id="old-1")])

    like = {"subject": "CSV export is empty", "description": ""}
    app.state.context.database.write(elsewhere)
    assert [each["id"] for each in knowing.post("/v1/tags", json=like).json()["similar_tickets"]] == ["old-1"]

    app.dependencies["erasing"].dependency().follow(clock.now())

    assert knowing.post("/v1/tags", json=like).json()["similar_tickets"] == []
    assert "old-1" in tombstones.read(settings.home).ids


def test_a_kept_answer_that_names_an_erased_ticket_is_not_repeated(knowing: Client) -> None:
    new, key = {"subject": "zebracorn", "email": ANN}, {"Idempotency-Key": "once"}
    first = knowing.post("/v1/tickets", json=new, headers=key).json()["id"]
    knowing.post("/v1/erasures", json={"email": ANN})
    again = knowing.post("/v1/tickets", json=new, headers=key)
    assert again.headers.get("idempotency-replayed") is None
    assert again.json()["id"] != first


@pytest.mark.parametrize(
    "body", [{}, {"email": ANN, "account": "acme"}, {"name": "Ann"}, {"email": ""}, {"visitor": "  "}]
)
def test_whom_to_erase_must_be_said_once(client: Client, body: dict[str, str]) -> None:
    assert client.post("/v1/erasures", json=body).status_code == 400


def test_a_ticket_that_there_is_not_cannot_be_erased(client: Client) -> None:
    assert client.post("/v1/erasures", json={"ticket": "tkt_nothing"}).status_code == 404


def test_only_an_admin_erases(client: Client, make_key: Callable[..., dict[str, str]]) -> None:
    for scope in ("agent", "tag"):
        answer = client.post("/v1/erasures", json={"email": ANN}, headers=make_key(scope))
        assert answer.status_code == 403


HARMLESS = {
    "at",
    "automatic",
    "names",  # of declared fields
    "needs_nobody",
    "message",
    "before",
    "rating",
    "resolution",
    "by",
    "key_id",
    "id",
    "channel",
    "plan",
    "language",
    "deflection_id",
    "external_id",
    "brand",
    "region",
    "tags",
    "incident_id",
    "team",
    "tier",
    "reason",
    "assignee",
    "resolution_type",
    "kb_article_id",
    "csat",
    "tier_before",
    "queue",
    "handling",
    "marks",
    "source",
    "kind",
    "due_by",
    "credit_percent",
    "since",
    "csm",
    "tickets",
}


@pytest.mark.parametrize("kind", sorted(events.FACTS))
def test_somebody_has_decided_of_every_field_of_every_fact_whether_it_is_erased(kind: str) -> None:
    decided = HARMLESS | {*ticket_erasing.TEXTS.get(kind, ()), *ticket_erasing.PERSONAL.get(kind, ())}
    open_ = sorted({each.name for each in dataclasses.fields(events.FACTS[kind])} - decided)
    assert open_ == [], (
        f"Nobody decided what an erasure does to {', '.join(open_)} of {kind}. If it quotes a customer, add it to "
        f"TEXTS in serving/tickets/erasing.py; if it says who it was, to PERSONAL there; if neither, to HARMLESS here."
    )


def test_a_packet_loses_its_texts_wherever_they_stand() -> None:
    packet: dict[str, Any] = {"steps": ["tried xylofence"], "contact": {"name": "Ann"}, "users": 3}
    record = {"type": "ticket_escalated", "at": "2026-03-02T10:00:00Z", "by": "agent:kim", "packet": packet}
    assert ticket_erasing.without_texts(record)["packet"] == {"steps": [MARK], "contact": {"name": MARK}, "users": 3}


def test_an_erased_transcript_can_still_be_read(clock: FrozenClock) -> None:
    fact = events.TicketOpened(
        at=clock.now(),
        by="customer",
        id="tkt_1",
        subject="a",
        description="b",
        channel="web",
        email=ANN,
        transcript=(Message(clock.now(), "customer", "xylofence"),),
    )
    erased = events.from_record(ticket_erasing.without_texts(events.to_record(fact)))
    assert json.dumps(events.to_record(erased)).count(MARK) == 3


def test_what_commands_left_in_the_home_folder_loses_its_lines_or_goes(
    knowing: Client, clock: FrozenClock, settings: Settings
) -> None:
    ticket_id, home = from_question_to_closed(knowing, clock), settings.home
    (home / "care").mkdir()
    (home / "audits").mkdir()
    (home / "candidate" / "cases").mkdir(parents=True)
    for path in (
        home / "snapshot.jsonl.gz",
        home / "care" / "queue.jsonl",
        home / "audits" / "answers.jsonl",
        home / "candidate" / "cases" / "cases.jsonl",
    ):
        lines = b"".join(json.dumps({"id": each, "text": SAID[0]}).encode() + b"\n" for each in (ticket_id, "other"))
        path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    (home / "care" / "doctor.json").write_text(json.dumps({"examples": [{"id": ticket_id, "text": SAID[0]}]}))
    erased = knowing.post("/v1/erasures", json={"email": ANN}).json()["erased"]
    assert erased["files"] == 5
    assert ticket_id.encode() not in (home / "audits" / "answers.jsonl").read_bytes()
    assert [json.loads(line)["id"] for line in (home / "care" / "queue.jsonl").read_bytes().splitlines()] == ["other"]
    assert b"other" in gzip.decompress((home / "snapshot.jsonl.gz").read_bytes())
    assert ticket_id.encode() not in gzip.decompress((home / "snapshot.jsonl.gz").read_bytes())
    assert not (home / "candidate").exists()
    assert not (home / "care" / "doctor.json").exists()
