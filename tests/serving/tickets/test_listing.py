"""Lists of tickets: by status, by lateness, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes import FrozenClock

Client = TestClient[Litestar]
PATH = "/v1/tickets"


def open_ticket(client: Client, clock: FrozenClock, **fields: Any) -> str:
    clock.advance(timedelta(milliseconds=1))  # ids of one millisecond are in no order
    return client.post(PATH, json={"subject": "x", **fields}).json()["id"]


def ids(client: Client, query: str = "") -> list[str]:
    return [ticket["id"] for ticket in client.get(f"{PATH}?{query}").json()["tickets"]]


def test_the_newest_comes_first(desk_client: Client, clock: FrozenClock) -> None:
    made = [open_ticket(desk_client, clock) for _ in range(3)]
    assert ids(desk_client) == made[::-1]


def test_pages_follow_each_other_without_gap_or_repeat_while_tickets_come_in(
    desk_client: Client, clock: FrozenClock
) -> None:
    made = [open_ticket(desk_client, clock) for _ in range(5)]
    seen: list[str] = []
    query = "limit=2"
    while True:
        page = desk_client.get(f"{PATH}?{query}").json()
        seen += [ticket["id"] for ticket in page["tickets"]]
        open_ticket(desk_client, clock)
        if page["next_cursor"] is None:
            break
        query = f"limit=2&cursor={page['next_cursor']}"
    assert seen == made[::-1]


def test_a_status_lists_only_its_own(desk_client: Client, clock: FrozenClock) -> None:
    waiting, resolved = (open_ticket(desk_client, clock) for _ in range(2))
    desk_client.post(f"{PATH}/{resolved}/transitions", json={"to": "resolved"})
    assert (ids(desk_client, "status=new"), ids(desk_client, "status=resolved")) == ([waiting], [resolved])


def test_breached_is_what_has_a_running_deadline_in_the_past(desk_client: Client, clock: FrozenClock) -> None:
    late, answered, relaxed = (open_ticket(desk_client, clock, plan="standard") for _ in range(3))
    desk_client.post(f"{PATH}/{answered}/replies", json={"text": "Hello"})
    desk_client.patch(f"{PATH}/{relaxed}", json={"tags": {"priority": "P3"}}, headers={"If-Match": "*"})
    clock.advance(timedelta(hours=2))  # P1 wanted a first response within the hour
    assert ids(desk_client, "breached=true") == ids(desk_client, "overdue=true") == [late]
    assert ids(desk_client, "breached=false") == ids(desk_client, "overdue=false") == [relaxed, answered]
    assert ids(desk_client, "breached=true&status=open") == []


def test_a_deadline_is_kept_at_its_very_instant_and_missed_right_after(desk_client: Client, clock: FrozenClock) -> None:
    ticket = open_ticket(desk_client, clock)
    clock.advance(timedelta(hours=1))
    assert ids(desk_client, "breached=true") == []
    clock.advance(timedelta(microseconds=1))
    assert ids(desk_client, "breached=true") == [ticket]


def test_a_list_shows_tickets_as_they_are_read_one_by_one(desk_client: Client, clock: FrozenClock) -> None:
    ticket = open_ticket(desk_client, clock, plan="premium")
    assert desk_client.get(PATH).json()["tickets"] == [desk_client.get(f"{PATH}/{ticket}").json()]
