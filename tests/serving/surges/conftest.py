"""A desk over which surges are watched, without models."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from litestar.testing import TestClient

from retrieval.encoder.encoder import Encoder
from serving.app import create_app
from serving.context import Context, Slice
from serving.settings import Settings
from serving.surges.deciding import Proposals
from serving.surges.meanings import Meanings
from serving.surges.watch import SurgeWatch
from serving.surges.wiring import wire
from serving.ticket_desk import LeadsIncidents, NewTicket
from serving.tickets.desk import Desk
from serving.tickets.wiring import wire as wire_tickets
from tests.fakes import FrozenClock

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
PATH = "/v1/reports/incidents"
CHECKOUT = (
    "Checkout fails with error {0}, customers cannot pay",
    "Since this morning our checkout shows an error page, nobody can pay. Ref {0}",
    "payment at checkout broken, error after the card is entered ({0})",
    "Cannot finish checkout: an error appears when I pay, shop {0}",
)
USUAL = (
    "How do I add a colleague to our workspace?",
    "The invoice of last month has the wrong address",
    "Can you explain what the churn chart counts?",
    "Our export to a spreadsheet misses two columns",
    "I want to change the colour of the dashboard",
    "Where is the setting for weekly mails?",
    "The import of customers stopped at row 400",
    "Please delete the account of a former employee",
)


class SurgeDesk:
    """A desk, its watch, and the API beside it."""

    def __init__(self, client: TestClient[Any], slices: list[Slice], clock: FrozenClock) -> None:
        self.client, self.clock = client, clock
        self.desk = cast("Desk", slices[0].dependencies["desk"])
        self.context: Context = client.app.state.context
        self.decisions = cast("Proposals", slices[1].dependencies["proposals"])
        self.encoder: Encoder | None = None
        self.watch = self.another_watch()

    def another_watch(self) -> SurgeWatch:
        """Return the watch of another process, or of this one after a restart."""
        return SurgeWatch(self.context, self.decisions, Meanings(lambda: self.encoder))

    def open(self, text: str, sender: str, at: datetime | None = None, **fields: Any) -> str:
        new = NewTicket(subject="", description=text, channel="web", email=f"{sender}@mail.example", **fields)
        return self.desk.open(new, at=at or self.clock.now()).id

    def live(self, weeks: int = 3, every: timedelta = timedelta(hours=3)) -> None:
        """Let some weeks of ordinary tickets have come in."""
        at, number = self.clock.now() - weeks * 7 * DAY, 0
        while at < self.clock.now():
            self.open(USUAL[number % len(USUAL)], f"usual{number % 40}", at)
            at, number = at + every, number + 1

    def burst(self, texts: tuple[str, ...] = CHECKOUT, senders: int = 12, **fields: Any) -> list[str]:
        """Open tickets of the same thing, one a minute."""
        found = []
        for number in range(senders):
            text, at = texts[number % len(texts)].format(1000 + number), self.clock.advance(MINUTE)
            found.append(self.open(text, f"kim{number}-{at:%d%H%M}", **fields))
        return found

    def look(self, after: timedelta = MINUTE) -> list[dict[str, Any]]:
        self.watch.look(self.clock.advance(after))
        return self.proposals()

    def proposals(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(PATH).json()["proposals"]
        return found

    def post(self, proposal: str, what: str, **fields: Any) -> Any:
        return self.client.post(f"{PATH}/{proposal}/{what}", json=fields)

    def ticket(self, ticket: str) -> dict[str, Any]:
        return dict(self.client.get(f"/v1/tickets/{ticket}").json())


@pytest.fixture
def surges(
    settings: Settings, clock: FrozenClock, migrated_home: Path, make_key: Callable[..., dict[str, str]]
) -> Iterator[SurgeDesk]:
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    slices: list[Slice] = []

    def compose(context: Context) -> list[Slice]:
        tickets = wire_tickets(context, tagger=None)
        slices.extend(
            [
                tickets,
                wire(
                    context,
                    cast("LeadsIncidents", tickets.dependencies["incidents"]),
                    tickets.dependencies["vocabulary"],
                ),
            ]
        )
        return slices

    with TestClient(create_app(settings, clock=clock, compose=compose)) as client:
        client.headers.update(make_key("agent", name="kim"))
        yield SurgeDesk(client, slices, clock)
