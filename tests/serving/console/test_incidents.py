"""Proposed incidents in the console: a card, a page with the tickets, and one click."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from serving.context import Context
from serving.surges.deciding import Proposals
from serving.surges.meanings import Meanings
from serving.surges.watch import SurgeWatch
from serving.tickets.desk import Desk
from serving.tickets.incidents.leading import IncidentDesk
from tests.fakes import FrozenClock
from tests.serving.console.desk import ConsoleDesk

TEXTS = (
    "Checkout fails with an error, nobody can pay",
    "Our checkout shows an error page since nine",
    "Payment broken: error after checkout",
)
USUAL = ("Colour of the chart", "Add a colleague please", "Invoice address", "Export of customers is slow")


def look(desk: ConsoleDesk, at: datetime) -> None:
    context: Context = desk.console.client.app.state.context
    incidents = IncidentDesk(context, Desk(context, None))
    SurgeWatch(context, Proposals(context, incidents), Meanings(lambda: None)).look(at)


@pytest.fixture
def proposal(desk: ConsoleDesk, clock: FrozenClock) -> str:
    """A burst on a desk with two weeks of ordinary tickets, as the API names it."""
    for number in range(56):
        at = clock.now() - timedelta(hours=6 * (60 - number))
        desk.open(description=USUAL[number % 4], email=f"usual{number}@mail.example", created_at=at.isoformat())
    for number in range(12):
        clock.advance(timedelta(minutes=1))
        desk.open(description=TEXTS[number % 3], email=f"kim{number}@mail.example", tags={"priority": "P1"})
    look(desk, clock.advance(timedelta(minutes=1)))
    (found,) = desk.console.client.get("/v1/reports/incidents", headers=desk.key).json()["proposals"]
    return str(found["id"])


def test_one_click_makes_an_incident_and_one_message_ends_it(desk: ConsoleDesk, proposal: str) -> None:
    console, path = desk.console, f"/incidents/{proposal}"
    assert f'href="{path}"' in console.get("/")
    assert "12 senders" in console.read("/")
    page = console.read(path)
    assert "12 tickets of 12 senders" in page
    assert "checkout" in page
    told = {"message": "Paying fails; we are on it.", "terms": "checkout, pay"}
    assert console.post(f"{path}/accept", message="x", terms="a").status_code == 400
    assert console.post(f"{path}/accept", **told).headers["location"] == f"{path}?done=accepted"
    assert "Paying fails; we are on it." in console.get(path)
    assert 'value="checkout, pay"' in console.get(path)
    assert "One message to all" in console.read(path)
    assert "Make an incident" not in console.read(path)
    desk.clock.advance(timedelta(seconds=1))  # figures of one moment are kept
    assert "12 tickets follow it" in console.read("/")
    assert 'id="proposed"' not in console.get("/")
    assert console.post(f"{path}/conclude", text="").status_code == 400
    assert console.post(f"{path}/conclude", text="Paying works again.").status_code == 303
    assert "resolved" in console.read(path)


def test_dismissed_it_leaves_the_first_page_and_stays_on_the_list(desk: ConsoleDesk, proposal: str) -> None:
    console = desk.console
    assert console.post(f"/incidents/{proposal}/dismiss").status_code == 303
    assert 'id="proposed"' not in console.get("/")
    assert "dismissed" in console.read("/incidents")
    assert console.post(f"/incidents/{proposal}/accept").status_code == 409
    assert "Nothing unusual" not in console.read("/incidents")


def test_without_a_burst_nothing_is_proposed(desk: ConsoleDesk) -> None:
    assert "Nothing unusual so far." in desk.console.read("/incidents")
    assert '<a href="/" aria-current="page">Overview</a>' in desk.console.get("/incidents")
    assert "There is no proposal with this id." in desk.console.read("/incidents/ipr_none", 404)
