"""Endpoints that hang, drip or reset stand beside one that is well: it is told of everything, and as soon as ever."""

from __future__ import annotations

import json
import logging
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from serving.clock import SystemClock
from serving.process import assemble, started
from serving.settings import Settings
from serving.storage.database import Database
from serving.ticket_desk import NewTicket
from serving.tickets.desk import Desk
from serving.tickets.wiring import wire as wire_tickets
from serving.webhooks.schemas import WebhookIn
from serving.webhooks.subscribing import Subscriptions
from serving.webhooks.wiring import wire as wire_webhooks
from tests.conftest import on_both_engines
from tests.fakes import FixedTagger
from tests.serving.webhooks.receiver import Receiver, resets
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

LONG = timedelta(seconds=900)  # no attempt ends by itself within this test
TICKETS, BREATH = 25, 0.1


@dataclass
class Live:
    """A service with its workers, by the real clock."""

    desk: Desk
    subscriptions: Subscriptions
    database: Database
    opened: dict[str, float] = field(default_factory=dict)

    def subscribe(self, receiver: Receiver) -> None:
        self.subscriptions.add(WebhookIn(url=receiver.url), SystemClock().now(), self.database.write)

    def open(self, number: int) -> list[str]:
        """Open tickets one after the other, with a breath between them."""
        ids = []
        for _ in range(number):
            new = NewTicket(subject="x", description="", channel="email")
            ids.append(self.desk.open(new, at=SystemClock().now()).id)
            self.opened[ids[-1]] = time.perf_counter()
            time.sleep(BREATH)
        return ids


@contextmanager
def live(settings: Settings) -> Iterator[Live]:
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    settings = replace(settings, worker=True, allow_cidrs="127.0.0.0/8")
    context, tagger = assemble(settings, SystemClock()), FixedTagger()
    webhooks = wire_webhooks(context, LONG)
    with started(context, [wire_tickets(context, tagger=tagger), webhooks]):
        subscriptions = webhooks.dependencies["subscriptions"]
        assert isinstance(subscriptions, Subscriptions)
        yield Live(Desk(context, tagger), subscriptions, context.database)


def arrivals(receiver: Receiver, service: Live, tickets: list[str]) -> list[float]:
    """Wait for three events of each ticket, in order, and return how long after its ticket each came, in ms."""
    wait_until(lambda: len(receiver.received) >= 3 * len(service.opened), pause=0.005)
    told = [(json.loads(received.body), received.at) for received in receiver.received]
    for ticket in tickets:
        assert [body["sequence"] for body, _ in told if body["data"]["id"] == ticket] == [1, 2, 3]
    known = set(tickets)
    return [1000 * (at - service.opened[body["data"]["id"]]) for body, at in told if body["data"]["id"] in known]


@on_both_engines
def test_an_endpoint_is_told_as_soon_beside_others_that_hang_drip_and_reset(settings: Settings) -> None:
    """A worker has four threads, and six neighbours never come to an end with two attempts each: none may be held."""
    with live(settings) as service, ExitStack() as ends:
        well, *neighbours = [Receiver() for _ in range(8)]
        for receiver in (well, *neighbours):
            ends.callback(receiver.close)
        service.subscribe(well)
        arrivals(well, service, service.open(5))  # what is done the first time is slower
        alone = arrivals(well, service, service.open(TICKETS))
        for receiver in neighbours:
            service.subscribe(receiver)
        among_well = arrivals(well, service, service.open(TICKETS))
        ways = [each.hangs for each in neighbours[:3]] + [each.drips_body for each in neighbours[3:5]]
        for sick, way in zip(neighbours, [*ways, neighbours[5].drips, resets], strict=True):
            # What is received has chosen how to behave: the next call is the first that finds it sick.
            wait_until(lambda each=sick: len(each.received) >= 3 * TICKETS)  # type: ignore[misc]
            sick.calls, sick.behaviour = 0, way
        among_sick = arrivals(well, service, service.open(TICKETS))
        wait_until(lambda: all(sick.calls >= 2 for sick in neighbours[:6]))
        held = [sick.calls for sick in neighbours[:6]]
    assert held == [2] * 6, "each keeps two attempts for as long as it likes, and no more than two"
    print()
    for name, taken in (("alone", alone), ("with 7 well", among_well), ("with 7 sick", among_sick)):
        assert len(taken) == 3 * TICKETS
        ninety_nine = sorted(taken)[int(0.99 * len(taken))]
        print(f"{name:>12}: p50 {statistics.median(taken):7.1f} ms, p99 {ninety_nine:7.1f} ms")
