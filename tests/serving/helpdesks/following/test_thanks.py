"""Thanks that a customer writes at the helpdesk start nothing here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import UNSET

from tests.fakes import FrozenClock
from tests.serving.helpdesks.following.talking_desk import Both, TalkingDesk
from triage.tickets.events import CustomerReplied


@pytest.fixture
def both(desk_app: Litestar, clock: FrozenClock) -> Iterator[Both]:
    with TestClient(desk_app):
        yield Both(desk_app, clock, TalkingDesk(clock))


def test_thanks_there_are_kept_here_and_start_nothing(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "agent_reply", text="I have restarted it.")
    both.there.happens(remote_id, "customer_reply", by="ann", text="Thank you!")
    both.round()
    last = both.here.load(ticket_id).events[-1]
    assert isinstance(last, CustomerReplied)
    assert (last.text, last.automatic, last.needs_nobody) == ("Thank you!", False, "thanks")
    assert both.read(ticket_id).sla.target.next_response_by is UNSET


def test_an_emergency_in_a_list_mail_there_calls_somebody_here(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    header = {"precedence": "list"}
    both.there.happens(remote_id, "customer_reply", by="ann", text="Nothing to do for you.", headers=header)
    both.there.happens(remote_id, "customer_reply", by="ann", text="Production is down for everyone.", headers=header)
    both.round()
    calm, urgent = both.here.load(ticket_id).events[-2:]
    assert isinstance(calm, CustomerReplied)
    assert isinstance(urgent, CustomerReplied)
    assert calm.needs_nobody is not None
    assert urgent.needs_nobody is None
