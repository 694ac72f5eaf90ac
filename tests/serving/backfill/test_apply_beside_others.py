"""`firstline tag --apply` where a helpdesk is away in part, and beside a service that keeps tickets in sync."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.backfill.applying import ATTEMPTS, Applying, Choice
from serving.helpdesks.port.errors import DeskRefused, DeskUnreachable
from serving.helpdesks.vendor_table import desk
from serving.settings import Settings
from serving.storage.tables import helpdesk_links, tickets
from tests.serving.backfill import applied_desk
from tests.serving.backfill.applied_desk import four
from tests.serving.helpdesks.freshdesk_server import FreshdeskServer
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection

server, settings = applied_desk.server, applied_desk.settings


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> RecordingTransport:
    """A Zendesk that says what a test lets it."""
    shown = {"ticket": {"id": 1, "tags": [], "updated_at": "2026-01-01T00:00:00Z"}}
    wire = RecordingTransport({f"GET /api/v2/tickets/{number}.json": shown for number in (1, 2, 4)})
    monkeypatch.setattr("serving.backfill.applying.connected", lambda *_: desk(a_connection("zendesk"), wire))
    return wire


@pytest.mark.parametrize("status", [302, 307, 408, 425, 500, 505, 520, 530])
def test_what_a_proxy_answers_is_no_tickets_fault(
    settings: Settings, wire: RecordingTransport, tmp_path: Path, status: int
) -> None:
    slept: list[float] = []
    wire.answers["PUT /api/v2/tickets/2.json"] = status
    with pytest.raises(DeskRefused):
        Applying(settings, "freshdesk", slept.append).run(four(tmp_path), Choice())
    assert len(slept) == ATTEMPTS - 1
    del wire.answers["PUT /api/v2/tickets/2.json"]
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"written": 2}


def test_where_all_of_the_helpdesk_is_gone_no_ticket_counts_as_gone(
    settings: Settings, wire: RecordingTransport, tmp_path: Path
) -> None:
    wire.answers |= {"GET /api/v2/tickets/1.json": 404, "GET /api/v2/users/me.json": 404}
    with pytest.raises(DeskUnreachable, match="knows neither the ticket nor us"):
        Applying(settings, "freshdesk", lambda _: None).run(four(tmp_path), Choice())
    wire.answers["GET /api/v2/users/me.json"] = {"user": {"email": "a@example.com"}}
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"gone": 1, "written": 2}


def test_a_ticket_that_the_token_may_not_see_is_passed_over(
    settings: Settings, wire: RecordingTransport, tmp_path: Path
) -> None:
    wire.answers["GET /api/v2/tickets/2.json"] = 403
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"written": 2, "refused": 1}


def test_a_ticket_that_the_token_may_not_see_does_not_end_a_run_that_is_continued(
    settings: Settings, wire: RecordingTransport, tmp_path: Path
) -> None:
    wire.answers |= {"GET /api/v2/tickets/2.json": 403, "GET /api/v2/users/me.json": 401}
    with pytest.raises(DeskRefused, match="401"):
        Applying(settings, "freshdesk").run(four(tmp_path), Choice())
    del wire.answers["GET /api/v2/users/me.json"]
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"refused": 1, "written": 1}


def test_a_token_that_may_write_to_no_ticket_ends_the_run(
    settings: Settings, wire: RecordingTransport, tmp_path: Path
) -> None:
    wire.answers["PUT /api/v2/tickets/1.json"] = 403
    with pytest.raises(DeskRefused, match="403"):
        Applying(settings, "freshdesk").run(four(tmp_path), Choice())
    del wire.answers["PUT /api/v2/tickets/1.json"]
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"written": 3}


def test_tickets_that_this_service_keeps_in_sync_are_left_to_it(
    settings: Settings, server: FreshdeskServer, tmp_path: Path, migrated: Path
) -> None:
    in_sync(settings, migrated, "4")
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"written": 2, "here": 1}
    assert server.tickets[4]["tags"] == ["vip"]


def test_tickets_that_come_into_sync_during_a_run_are_left_to_it_too(
    settings: Settings, server: FreshdeskServer, tmp_path: Path, migrated: Path
) -> None:
    def progress(done: int) -> None:
        if done == 1:
            in_sync(settings, migrated, "2")

    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice(), progress=progress) == {"written": 2, "here": 1}
    assert server.tickets[2]["tags"] == ["vip"]


def in_sync(settings: Settings, migrated: Path, remote_id: str) -> None:
    settings.database_path.parent.mkdir(parents=True, exist_ok=True)
    settings.database_path.write_bytes(migrated.read_bytes())
    engine = sa.create_engine(f"sqlite:///{settings.database_path}")
    with engine.begin() as connection:
        connection.execute(sa.text("PRAGMA foreign_keys = OFF"))
        row = {"connection": "freshdesk", "remote_id": remote_id, "ticket_id": "tkt_1", "written": {}, "version": 1}
        connection.execute(helpdesk_links.insert().values(**row, attempts=0, due_at=sa.func.now()))
        assert tickets.name == "tickets"
    engine.dispose()
