"""The way of a filled database from one schema to the next, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.process import database_of, migrated
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.tables import deflections
from serving.tickets import store
from serving.tickets.desk import Desk
from serving.tickets.tasks import TicketTasks
from tests.conftest import on_both_engines
from tests.fakes import MONDAY_MORNING, FixedTagger, FrozenClock
from tests.serving.reports.filled_desk import fill

Client = TestClient[Litestar]
COUNTED = (
    "SELECT t.version, COUNT(*), MAX(e.number) FROM tickets t JOIN ticket_events e ON e.ticket_id = t.id GROUP BY t.id"
)
BREACHES = (
    "SELECT ticket_id, source, kind, due_by, credit_percent FROM ticket_notices"
    " WHERE what = 'breached' ORDER BY 1, 2, 3"
)
BREACH = ("source", "kind", "due_by")
TOLD = "SELECT ticket_id, record FROM ticket_events WHERE type = 'sla_breached'"


pytestmark = on_both_engines


@pytest.fixture
def desk(
    desk_app: Litestar, make_key: Callable[..., dict[str, str]], settings: Settings, clock: FrozenClock
) -> Settings:
    """A database with a breach, a warning, an incident and an escalation, as the newest Firstline left it."""
    with TestClient(desk_app) as client:
        client.headers.update(make_key("agent"))
        sent = {"subject": "x", "email": "ann@example.com", "plan": "premium", "brand": "acme"}
        first, second = (client.post("/v1/tickets", json=sent).json()["id"] for _ in range(2))
        client.post(f"/v1/tickets/{second}/incident", json={"incident": first}).raise_for_status()
        context = desk_app.state.context
        ticket_tasks = TicketTasks(context, Desk(context, FixedTagger()))
        ticket_tasks.watch(clock.advance(timedelta(minutes=50)))
        ticket_tasks.watch(clock.advance(timedelta(hours=5)))
    return settings


def rows(desk: Settings, asked: str) -> list[tuple[object, ...]]:
    with read_only(desk.stored_in) as connection:
        return [tuple(row) for row in connection.execute(sa.text(asked))]


def test_down_keeps_every_fact_that_the_code_of_before_can_read(desk: Settings) -> None:
    before = rows(desk, "SELECT id, plan FROM tickets ORDER BY id")
    migrated(desk, "0001")
    assert rows(desk, "SELECT id, plan FROM tickets ORDER BY id") == before
    kinds = {kind for (kind,) in rows(desk, "SELECT type FROM ticket_events")}
    assert {"ticket_opened", "sla_breached"} <= kinds
    assert not kinds & {"sla_warned", "incident_joined"}
    opened = rows(desk, "SELECT record FROM ticket_events WHERE type = 'ticket_opened'")
    assert not any("brand" in json.loads(str(record)) for (record,) in opened)
    assert all(version == count == last for version, count, last in rows(desk, COUNTED))


def test_down_takes_out_the_codes_of_reasons_and_up_again_tells_them_from_the_rest(desk: Settings) -> None:
    tagged = "SELECT record FROM ticket_events WHERE type = 'ticket_tagged'"
    assert all("reason_code" in str(record) for (record,) in rows(desk, tagged))
    migrated(desk, "0008")
    left = [json.loads(str(record))["tags"] for (record,) in rows(desk, tagged)]
    assert left
    assert not any("reason_code" in tag for tags in left for tag in tags.values())
    migrated(desk, "head")
    assert [json.loads(str(record))["tags"] for (record,) in rows(desk, tagged)] == left


def test_up_again_fills_in_the_labels_of_every_head_and_down_takes_lists_away(
    desk: Settings, desk_app: Litestar, clock: FrozenClock
) -> None:
    asked = "SELECT id, labels FROM tickets ORDER BY id"
    before = rows(desk, asked)
    assert {labels for _, labels in before} == {"\ncategory=bug\npriority=P1\nproduct_area=api\n"}
    with TestClient(desk_app):
        context, ticket = desk_app.state.context, str(before[0][0])
        listed = {"topics": ("late delivery", "vat")}
        Desk(context, FixedTagger()).change(
            ticket, lambda each: each.retag(listed, at=clock.now(), by="agent:kim"), at=clock.now()
        )
    assert str(rows(desk, asked)[0][1]).endswith("\ntopics=late delivery\ntopics=vat\n")
    migrated(desk, "0030")
    assert not any('"labels"' in str(record) for (record,) in rows(desk, "SELECT record FROM ticket_events"))
    migrated(desk, "head")
    assert rows(desk, asked) == before


def test_up_again_finds_offered_articles_by_their_reason_and_has_their_day_counted_again(desk: Settings) -> None:
    asked = database_of(desk)
    asked.open()
    asked.write(lambda c: fill(c, tickets_n=0, sessions_n=40, until=MONDAY_MORNING, over=timedelta(days=4)))
    clarified = deflections.c.decision == "clarify"
    reason = "'Brew coffee' is meant; which part of it is not sure."
    first = sa.select(sa.func.min(deflections.c.id)).where(clarified).scalar_subquery()
    offered = sa.update(deflections).where(deflections.c.id == first)
    asked.write(lambda c: c.execute(offered.values(article_offered=True, reason=reason)))
    asked.close()
    told = "SELECT id, substr(created_at, 1, 10) FROM deflections WHERE article_offered"
    before, noted = rows(desk, told), "SELECT day, what FROM changed_days ORDER BY number DESC LIMIT 1"
    assert len(before) == 1
    migrated(desk, "0032")
    migrated(desk, "head")
    assert rows(desk, told) == before
    assert rows(desk, noted) == [(before[0][1], "sessions")]


def test_up_again_fills_the_columns_and_notes_no_breach_twice(
    desk: Settings, desk_app: Litestar, make_key: Callable[..., dict[str, str]], clock: FrozenClock
) -> None:
    told = rows(desk, BREACHES)
    assert told
    migrated(desk, "0001")
    migrated(desk, "head")
    assert rows(desk, BREACHES) == told
    kept = "priority, subject, email, category, category_mode"
    assert rows(desk, f"SELECT DISTINCT {kept} FROM tickets") == [("P1", "x", "ann@example.com", "bug", "suggest")]
    with TestClient(desk_app):
        context = desk_app.state.context
        ticket_tasks = TicketTasks(context, Desk(context, FixedTagger()))
        for _ in range(2):  # the first round looks at every open ticket and brings its row up to date
            ticket_tasks.watch(clock.now())
        assert context.database.read(lambda connection: store.warning(connection, clock.now(), 10)) == []
    # The second ticket is no case of an incident any more: its own target counts again, and was missed.
    assert {*told} <= {*rows(desk, BREACHES)}
    told_of = [(ticket, *(json.loads(str(record))[name] for name in BREACH)) for ticket, record in rows(desk, TOLD)]
    assert len(told_of) == len({*told_of})


def test_a_filled_database_goes_all_the_way_down(desk: Settings) -> None:
    assert migrated(desk, "base") is None
