"""An event goes with the transaction that made it, and is handed out once to everybody or to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.jobs import outbox
from serving.jobs import queue as job_queue
from serving.jobs.outbox import Event, FanOut, NewEvent
from serving.jobs.queue import Job
from serving.storage.database import Database
from serving.storage.job_tables import jobs, outbox_events, webhook_endpoints
from serving.storage.tables import ticket_events, tickets
from serving.ticket_desk import NewTicket
from serving.tickets.desk import Desk
from serving.webhooks import store
from tests.fakes import FrozenClock

Client = TestClient[Litestar]
NEW = NewTicket(subject="x", description="", channel="email")


def add_endpoint(database: Database, clock: FrozenClock, **values: Any) -> None:
    names = dict.fromkeys(store.Endpoint.__slots__) | {"id": "whk_1", "url": "https://a.example", "secret": "x"}
    known = {"types": [], "description": "", "enabled": True, "created_at": clock.now(), "failures": 0}
    database.write(lambda connection: store.add(connection, store.Endpoint(**names | known | values)))


def emit(database: Database, clock: FrozenClock, subject: str = "tkt_1") -> str:
    news = [NewEvent("ticket.created", {}, clock.now())]
    if not database.read(lambda connection: count(connection, webhook_endpoints)):
        add_endpoint(database, clock)
    return database.write(lambda connection: outbox.emit(connection, subject, news))[0]


def count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def claimed(database: Database, clock: FrozenClock) -> Job:
    job = database.write(lambda connection: job_queue.claim(connection, outbox.FAN_OUT, most=9, at=clock.now()))
    assert job is not None
    return job


def refuse_events(connection: sa.Connection) -> None:
    """Let the database itself say no to every event."""
    if connection.dialect.name == "sqlite":
        what = "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    else:
        says_no = "BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'no room'; END"
        connection.exec_driver_sql(f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $${says_no}$$")
        what = "FOR EACH ROW EXECUTE FUNCTION no_room()"
    connection.exec_driver_sql(f"CREATE TRIGGER refuses BEFORE INSERT ON outbox_events {what}")


def everything(connection: sa.Connection) -> list[int]:
    return [count(connection, table) for table in (tickets, ticket_events, outbox_events, jobs)]


def test_a_ticket_that_is_undone_leaves_no_event_and_no_job(desk_client: Client, clock: FrozenClock) -> None:
    context = desk_client.app.state.context

    def undone(*_: object) -> None:
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        Desk(context, None).open(NEW, at=clock.now(), also=undone)
    assert context.database.read(everything) == [0, 0, 0, 0]


def test_a_ticket_whose_event_cannot_be_kept_is_not_kept_either(desk_client: Client, clock: FrozenClock) -> None:
    """Whoever moves `announce` out of the transaction of the facts keeps a ticket here that nobody is told of."""
    context = desk_client.app.state.context
    context.database.write(refuse_events)
    with pytest.raises(sa.exc.IntegrityError, match="no room"):
        Desk(context, None).open(NEW, at=clock.now())
    assert context.database.read(everything) == [0, 0, 0, 0]


def test_what_happened_to_a_subject_at_once_is_one_job_and_keeps_its_order(
    database: Database, clock: FrozenClock
) -> None:
    heard: list[list[tuple[str, int]]] = []
    news = [NewEvent(f"ticket.{name}", {}, clock.now()) for name in ("created", "tagged", "routed")]
    add_endpoint(database, clock, types=["ticket.routed"])
    database.write(lambda connection: outbox.emit(connection, "tkt_1", news))
    assert database.read(lambda c: count(c, jobs)) == 1
    fan_out = FanOut(database, clock, [lambda _, events: heard.append([(e.type, e.sequence) for e in events])])
    fan_out(claimed(database, clock))
    assert heard == [[("ticket.created", 1), ("ticket.tagged", 2), ("ticket.routed", 3)]]
    assert database.read(lambda c: count(c, jobs)) == 0, "the job ends with the handing out"


def test_where_nothing_happened_there_is_no_job(database: Database, clock: FrozenClock) -> None:
    assert database.write(lambda connection: outbox.emit(connection, "tkt_1", [])) == []
    assert database.read(lambda c: count(c, jobs)) == 0


@pytest.mark.parametrize("endpoint", [None, {"types": ["ticket.routed"]}, {"enabled": False}])
def test_what_no_endpoint_wants_is_kept_as_handed_out_and_makes_no_job(
    database: Database, clock: FrozenClock, endpoint: dict[str, Any] | None
) -> None:
    if endpoint is not None:
        add_endpoint(database, clock, **endpoint)
    news = [NewEvent("ticket.created", {}, clock.now())]
    database.write(lambda connection: outbox.emit(connection, "tkt_1", news))
    if database.is_shared:  # an endpoint may be added at the same time: the job looks again
        FanOut(database, clock, [])(claimed(database, clock))
    assert database.read(lambda c: count(c, jobs)) == 0
    assert database.read(lambda c: c.scalars(sa.select(outbox_events.c.fanned_out_at)).all()) == [clock.now()]


def test_an_endpoint_hears_of_all_that_happens_after_it_was_added(database: Database, clock: FrozenClock) -> None:
    heard: list[str] = []
    fan_out = FanOut(database, clock, [lambda _, events: heard.extend(event.id for event in events)])
    news = [NewEvent("ticket.created", {}, clock.now())]

    def unheard(connection: sa.Connection) -> list[str]:
        return outbox.emit(connection, "tkt_1", news)

    database.write(unheard)
    if database.is_shared:
        FanOut(database, clock, [])(claimed(database, clock))
    add_endpoint(database, clock)
    expected = database.write(unheard)
    fan_out(claimed(database, clock))
    assert heard == expected


def test_whoever_lost_the_lease_hands_nothing_out(database: Database, clock: FrozenClock) -> None:
    heard: list[str] = []
    fan_out = FanOut(database, clock, [lambda _, events: heard.extend(event.id for event in events)])
    event_id = emit(database, clock)
    given_up = claimed(database, clock)
    clock.advance(job_queue.LEASE)
    holder = claimed(database, clock)
    fan_out(given_up)
    assert heard == []
    for job in (holder, holder):
        fan_out(job)
    assert heard == [event_id], "and a repeat finds that it was"


def test_a_listener_that_fails_leaves_the_event_to_the_next_attempt(database: Database, clock: FrozenClock) -> None:
    heard: list[str] = []
    broken = True

    def first(connection: sa.Connection, events: Sequence[Event]) -> None:
        outbox.emit(connection, "other", [NewEvent("first.heard", {}, clock.now())], fan_out=False)

    def second(_: Any, events: Sequence[Event]) -> None:
        if broken:
            raise ValueError("not now")
        heard.extend(event.id for event in events)

    fan_out = FanOut(database, clock, [first, second])
    event_id = emit(database, clock)
    job = claimed(database, clock)
    with pytest.raises(ValueError, match="not now"):
        fan_out(job)
    assert database.read(lambda c: count(c, outbox_events)) == 1, "what the first listener wrote is undone, too"
    broken = False
    fan_out(job)
    assert heard == [event_id]
    assert database.read(lambda c: count(c, outbox_events)) == 2


def test_the_numbers_of_a_subject_go_on_after_its_old_events_were_forgotten(
    database: Database, clock: FrozenClock
) -> None:
    """A receiver that drops what it has seen by number would drop news of a ticket that rested for a month."""
    fan_out = FanOut(database, clock, [])
    for _ in range(3):
        emit(database, clock)
        fan_out(claimed(database, clock))
    database.write(lambda connection: store.forget(connection, clock.advance(timedelta(days=31))))
    last = emit(database, clock)
    event = database.read(lambda connection: outbox.find(connection, last))
    assert event is not None
    assert event.sequence == 4
    assert database.read(lambda c: count(c, outbox_events)) == 2, "the last one stays, for its number"
