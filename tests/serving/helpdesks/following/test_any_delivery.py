"""However webhooks are lost, repeated or late: after a poll our ticket is what it is with each of them in its order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from litestar.testing import TestClient

from serving.storage.tables import helpdesk_links, helpdesk_marks
from tests.fakes import MONDAY_MORNING, FrozenClock
from tests.serving.helpdesks.following.talking_desk import Both, TalkingDesk

STEP = timedelta(seconds=20)
DEEDS: dict[str, Callable[[TalkingDesk, str], None]] = {
    "reply": lambda desk, it: desk.happens(it, "agent_reply", text="Try this."),
    "question": lambda desk, it: desk.happens(it, "customer_reply", by="ann", text="And this?"),
    "machine": lambda desk, it: desk.happens(it, "customer_reply", by="ann", text="I am away.", automatic=True),
    "note": lambda desk, it: desk.happens(it, "note", text="Hm."),
    "open": lambda desk, it: desk.happens(it, "status", status="open"),
    "pending": lambda desk, it: desk.happens(it, "status", status="pending"),
    "resolved": lambda desk, it: desk.happens(it, "status", status="resolved"),
    "closed": lambda desk, it: desk.happens(it, "status", status="closed"),
    "urgent": lambda desk, it: desk.sets(it, priority="urgent"),
    "billing": lambda desk, it: desk.sets(it, category="billing"),
    "strange": lambda desk, it: desk.sets(it, category="theirs alone"),
}
WEEKS = itertools.count()
Delivery = tuple[int, bool]  # how often the webhook of a deed arrives, and whether it comes only at the end
deeds = st.lists(st.sampled_from(sorted(DEEDS)), max_size=7)
deliveries = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=7, max_size=7)


@pytest.fixture
def app(desk_app: Litestar) -> Iterator[Litestar]:
    with TestClient(desk_app):
        yield desk_app


def a_life(app: Litestar) -> Both:
    """Begin a week after the last life, with an empty helpdesk: tickets of earlier lives stay here."""
    clock = FrozenClock(MONDAY_MORNING + timedelta(weeks=next(WEEKS)))
    database = app.state.context.database
    for table in (helpdesk_links, helpdesk_marks):
        database.write(lambda writing, table=table: writing.execute(table.delete()))
    return Both(app, clock, TalkingDesk(clock))


def lived(app: Litestar, done: Sequence[str], arrive: Sequence[Delivery] | None) -> dict[str, Any]:
    """Let people work there, with webhooks as they arrive, and then a poll; return our ticket at the end."""
    both = a_life(app)
    clock, begun_at = both.clock, both.clock.now()
    ticket_id, remote_id = both.settled()
    late: list[str] = []
    for deed, (times, is_late) in zip(done, arrive or [(1, False)] * len(done), strict=False):
        clock.advance(STEP)
        both.there.webhooks.clear()
        DEEDS[deed](both.there, remote_id)
        sent, both.there.webhooks = both.there.webhooks * times, []
        both.there.webhooks, late = ([], late + sent) if is_late else (sent, late)
        both.round(later=timedelta(0))
    both.there.webhooks = late
    both.round()
    both.poll()
    both.round()
    ticket, clocks = both.here.judged(ticket_id)
    read = both.read(ticket_id)
    return {
        "status": ticket.status,
        "said": [(turn.at - begun_at, turn.by, turn.text) for turn in read.transcript],
        "notes": [(note.at - begun_at, note.text) for note in read.internal_notes],
        "labels": {head: (tag.label, tag.mode) for head, tag in ticket.tags.items()},
        "stopped": {(c.kind, c.stopped_at and c.stopped_at - begun_at) for c in clocks.clocks},
        "events": len([event for event in ticket.events if event.by != "firstline"]),
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(done=deeds, arrive=deliveries)
def test_what_is_lost_repeated_or_late_makes_no_difference(
    app: Litestar, done: list[str], arrive: list[Delivery]
) -> None:
    told, in_order = lived(app, done, arrive), lived(app, done, None)
    labels = ("labels", "events")  # a value that was set and set again between two readings was never seen
    assert {name: value for name, value in told.items() if name not in labels} == {
        name: value for name, value in in_order.items() if name not in labels
    }
    assert told["labels"]["priority"] == in_order["labels"]["priority"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(done=deeds)
def test_echoes_end_after_three_rounds(app: Litestar, done: list[str]) -> None:
    both = a_life(app)
    ticket_id, remote_id = both.settled()
    for deed in done:
        DEEDS[deed](both.there, remote_id)
    for _ in range(3):
        both.round()
    before = both.here.load(ticket_id), both.there.tickets[remote_id].version, len(both.there.talks[remote_id].events)
    reads = both.there.reads
    for _ in range(3):
        both.round()
    after = both.here.load(ticket_id), both.there.tickets[remote_id].version, len(both.there.talks[remote_id].events)
    assert after == before
    assert (both.there.webhooks, both.there.reads) == ([], reads)
