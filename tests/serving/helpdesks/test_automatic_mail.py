"""Mail that a machine wrote and that a helpdesk made a ticket of: no deadline runs, and a loop of such tickets ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes import FrozenClock
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.helpdesks.test_sync import Both


@pytest.fixture
def both(desk_app: Litestar, clock: FrozenClock) -> Iterator[Both]:
    with TestClient(desk_app):
        yield Both(desk_app, clock, MemoryDesk())


def test_what_the_helpdesk_knows_to_be_automatic_waits_for_no_answer(both: Both) -> None:
    both.hear("7", automatic=True)
    both.hear("8", subject="Another", text="A person wrote this.")
    both.round()
    assert both.ours("7").sla.sla_deadline is None
    assert both.ours("8").sla.sla_deadline is not None


def test_tickets_of_a_loop_there_are_one_ticket_here_from_the_fourth_on(both: Both) -> None:
    for number in range(1, 7):
        both.hear(str(number), channel="email", subject=f"Re: [#{number}] ack", text=f"Received as {number}.")
        both.round()
    first = both.ours("1")
    assert [turn.text.split()[-1] for turn in first.transcript] == ["4.", "5.", "6."]
    assert [both.links.ticket_of("desk", str(number)) for number in range(4, 7)] == [None, None, None]
    assert not both.links.arrived(both.clock.now())
