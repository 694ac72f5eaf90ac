"""Messages that need nobody over HTTP: kept, marked, without deadlines, and taken up by one request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from serving.reports.facts import FactStore
from serving.tickets.view import ONLY_THANKS
from tests.fakes import FrozenClock
from tests.serving.conftest import Client

PATH = "/v1/tickets"
HEADERS = {"Auto-Submitted": "auto-replied"}
NEWS = {"subject": "Figures", "description": "Ten tips.", "headers": {"List-Id": "<news.acme.example>"}}
DOWN = "Production is down for everyone."


def opened(client: Client, **fields: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={"channel": "email", "plan": "premium", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def after(client: Client, ticket: str, what: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"{PATH}/{ticket}/{what}", json=fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def patched(client: Client, ticket: str, **fields: Any) -> Any:
    version = client.get(f"{PATH}/{ticket}").headers["etag"]
    return client.patch(f"{PATH}/{ticket}", json=fields, headers={"If-Match": version})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"subject": "Re: Export", "description": "Thanks, that fixed it!"}, "thanks"),
        ({"subject": "Automatic reply: Export", "description": "I am out of the office."}, "out_of_office"),
        ({"subject": "Undelivered Mail Returned to Sender", "description": "Unknown user."}, "bounce"),
        ({"subject": "Re: Export", "description": "It has reached us.", "headers": HEADERS}, "acknowledgement"),
        (NEWS, "newsletter"),
        ({"subject": "Thanks", "description": "Thanks, but it still fails."}, None),
        ({"subject": "Export", "description": "Thanks"}, None),
        ({"subject": "Re: Export", "description": "Thanks", "attachments": ["screen.png"]}, None),
        ({"subject": "Re: Export", "description": "Thanks", "tags": {"category": "bug"}}, None),
    ],
)
def test_a_new_ticket_says_why_it_needs_nobody_and_has_no_deadlines(
    client: Client, fields: dict[str, Any], reason: str | None
) -> None:
    ticket = opened(client, **fields)
    assert ticket["needs_nobody"] == reason
    assert (ticket["sla"]["sla_deadline"] is None) is (reason is not None)
    assert (ONLY_THANKS in ticket["notes"]) is (reason == "thanks")


def test_headers_are_read_and_not_kept(client: Client) -> None:
    ticket = opened(client, **NEWS, email="kim@acme.example")
    stored = client.app.state.context.database.read(
        lambda connection: connection.exec_driver_sql("SELECT record FROM ticket_events").scalars().all()
    )
    assert ticket["needs_nobody"] == "newsletter"
    assert "news.acme.example" not in str(stored)


def test_an_emergency_needs_somebody_where_a_person_may_have_written_it(client: Client) -> None:
    urgent = opened(client, **NEWS | {"description": DOWN})
    assert urgent["needs_nobody"] is None
    assert urgent["tags"]["priority"]["label"] == "P0"
    answered = opened(client, subject="Re: case", description=DOWN, headers=HEADERS)
    assert answered["needs_nobody"] == "acknowledgement"


def test_thanks_reopen_nothing_and_start_no_clock(client: Client) -> None:
    ticket = opened(client, subject="Export", description="It is empty.")["id"]
    after(client, ticket, "replies", text="Removed the filter.")
    thanked = after(client, ticket, "replies", text="Thank you!", by="customer")
    assert (thanked["status"], thanked["transcript"][-1]["text"]) == ("open", "Thank you!")
    assert "next_response_by" not in thanked["sla"]["target"]
    after(client, ticket, "transitions", to="resolved")
    assert after(client, ticket, "replies", text="Thanks again!", by="customer")["status"] == "resolved"
    more = after(client, ticket, "replies", text="Thanks, but it is empty again.", by="customer")
    assert more["status"] == "open"


def test_thanks_for_a_question_reopen(client: Client) -> None:
    ticket = opened(client, subject="Export", description="It is empty.")["id"]
    after(client, ticket, "replies", text="May I close it?")
    after(client, ticket, "transitions", to="pending")
    assert after(client, ticket, "replies", text="Yes, thanks", by="customer")["status"] == "open"


def test_a_patch_takes_it_up_and_its_deadlines_run_from_when_it_came_in(client: Client, clock: FrozenClock) -> None:
    began = clock.now()
    ticket = opened(client, subject="Re: Export", description="Thanks!", tags={})
    plain = opened(client, subject="Export", description="It is empty.")
    clock.advance(timedelta(minutes=30))
    assert patched(client, ticket["id"], needs_nobody="thanks").status_code == 400
    taken = patched(client, ticket["id"], needs_nobody=None).json()
    assert (taken["needs_nobody"], taken["notes"]) == (None, [])
    assert taken["sla"]["sla_deadline"] == plain["sla"]["sla_deadline"]
    assert datetime.fromisoformat(taken["sla"]["sla_deadline"]["at"]) > began
    assert patched(client, ticket["id"], needs_nobody=None).json()["version"] == taken["version"]


def test_they_are_listed_apart_and_count_nowhere(client: Client, clock: FrozenClock) -> None:
    asked = opened(client, subject="Export", description="It is empty.", account="acme")["id"]
    clock.advance(timedelta(seconds=1))
    thanked = opened(client, subject="Re: Export", description="Thanks!", account="acme")["id"]

    def listed(query: str) -> list[str]:
        return [each["id"] for each in client.get(f"{PATH}{query}").json()["tickets"]]

    assert listed("?needs_nobody=true") == [thanked]
    assert listed("?needs_nobody=false") == [asked]
    assert listed("") == [thanked, asked]
    facts, now = FactStore(client.app.state.context.database), clock.now()
    day = timedelta(days=1)
    assert len(facts.account_tickets(now - day, now + day)) == 1
    assert sum(each.n for each in facts.open_tickets(now)) == 1
    assert facts.backlog(now + day) == 1
