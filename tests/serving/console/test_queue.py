"""The list of tickets: what comes first, filters, search, pages, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from serving.console.queue import rows
from serving.console.queue.filters import Filter
from serving.storage.tables import tickets
from tests.serving.console.desk import ConsoleDesk

EVERY = [
    "status=nonsense", "priority=P9", "page=0", "page=-1", "page=1e9", "page=9" * 40, "sort=drop", "overdue=maybe",
    "q=%00%01", "q=%25%5F%5C", "team=%F0%9F%99%82", "unknown=1", "q=" + "a+" * 200, "page=%D9%A1",
]  # fmt: skip


def test_what_is_breached_comes_first_then_what_is_at_risk_then_what_is_due_next(desk: ConsoleDesk) -> None:
    late = desk.open(tags={"priority": "P0"})
    earlier = desk.open(tags={"priority": "P3"})
    desk.clock.advance(timedelta(hours=3))
    near = desk.open(tags={"priority": "P1"})
    later = desk.open(tags={"priority": "P3"})
    desk.clock.advance(timedelta(minutes=50))
    assert desk.listed() == [late, near, earlier, later]
    assert desk.listed("?breached=1") == [late]
    assert desk.listed("?overdue=1") == [late]  # the older name
    assert desk.listed("?at_risk=1") == [near]
    text = desk.console.read("/queue")
    assert "First response" in text
    assert " over " in text
    assert "9 min 59 s left" in text


def test_an_incident_shows_the_earliest_deadline_of_its_tickets_as_such(desk: ConsoleDesk) -> None:
    incident, urgent = desk.open(tags={"priority": "P3"}), desk.open(tags={"priority": "P0"})
    desk.send(urgent, "incident", incident=incident)
    assert desk.listed("?leads=1") == [incident]
    lines = desk.console.read("/queue").partition("Assignee and team")[2]
    assert lines.count("Incident, ") == 1
    assert lines.count("First response, ") == 1  # of the urgent ticket, whose own deadline it is
    assert "Next response" not in lines
    assert "target of the priority, of another ticket of the incident" in desk.page(incident)
    assert "of another ticket of the incident" not in desk.page(urgent)


def test_resolved_and_closed_tickets_are_shown_when_they_are_asked_for(desk: ConsoleDesk) -> None:
    done, waiting = desk.open(), desk.open()
    desk.api(done, "/transitions", to="resolved")
    assert desk.listed() == [waiting]
    assert desk.listed("?status=resolved") == [done]
    assert set(desk.listed("?status=all")) == {done, waiting}
    assert "Unfinished 1 New 1 Open 0 Pending 0 Resolved 1 Closed 0 All 2" in desk.console.read("/queue")


def test_filters_and_search_find_what_they_name(desk: ConsoleDesk) -> None:
    one = desk.open(subject="Übersetzung kaputt", email="ann@example.com", account="acme", tags={"category": "billing"})
    two = desk.open(subject="100% of_exports", tags={"category": "bug", "priority": "P3"})
    desk.send(one, "assignee", assignee="Ann")
    for query, found in [
        ("category=billing", [one]), ("priority=P3", [two]), ("assignee=me", [one]), ("assignee=Ann", [one]),
        ("assignee=none", [two]), ("q=%C3%BCbersetzung", [one]), ("q=ANN@example", [one]), ("q=kaputt+acme", [one]),
        ("q=kaputt+exports", []), (f"q={one[-8:-4].upper()}-{one[-4:]}", [one]), (f"q={two}", [two]),
        ("q=100%25", [two]), ("q=f_e", [two]), ("q=fxe", []), ("team=nobody", []), ("tier=T3", []),
        (f"incident={two}", [two]),
    ]:  # fmt: skip
        assert desk.listed(f"?{query}") == found, query


def test_a_search_looks_in_tickets_of_every_status(desk: ConsoleDesk) -> None:
    done = desk.open(subject="The old one")
    desk.api(done, "/transitions", to="closed")
    assert desk.listed("?q=old") == [done]
    assert desk.listed("?q=old&status=new") == []


@pytest.mark.parametrize("query", EVERY)
def test_no_address_breaks_the_list(desk: ConsoleDesk, query: str) -> None:
    desk.open()
    desk.console.get(f"/queue?{query}")


def test_the_links_of_the_list_keep_what_was_chosen() -> None:
    chosen = Filter.read({"q": "a&b", "priority": "P1", "overdue": "1", "leads": "1", "page": "3"})
    assert chosen.address(status="new") == "/queue?q=a%26b&status=new&priority=P1&breached=1&leads=1"
    assert Filter.read({}).address() == "/queue"
    assert Filter.read({"sort": "nonsense"}) == Filter()


def filled(desk: ConsoleDesk, number: int) -> None:
    """Copy the row of a ticket; the list reads nothing else."""
    example = desk.open(subject="Export is empty", email="ann@example.com", plan="standard")
    copied = sa.select(tickets).where(tickets.c.id == example)

    def copy(connection: sa.Connection) -> None:
        row = dict(connection.execute(copied).mappings().one())
        made = [
            row | {"id": f"tkt_{place:026}", "due_by": row["due_by"] + timedelta(minutes=place - number // 2)}
            for place in range(number - 1)
        ]
        connection.execute(tickets.insert(), made)

    desk.console.client.app.state.context.database.write(copy)


def test_pages_hold_fifty_and_follow_each_other(desk: ConsoleDesk) -> None:
    filled(desk, 120)
    pages = [desk.listed(f"?page={number}") for number in (1, 2, 3)]
    assert [len(each) for each in pages] == [50, 50, 20]
    assert len({ticket for each in pages for ticket in each}) == 120
    assert "Tickets 51 to 100 of 120" in desk.console.read("/queue?page=2")
    assert "no tickets on this page" in desk.console.read("/queue?page=9")


def test_a_list_costs_the_same_few_statements_however_long_it_is(desk: ConsoleDesk) -> None:
    context = desk.console.client.app.state.context
    asked: list[str] = []

    def listen(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    def statements() -> int:
        asked.clear()
        desk.console.get("/queue?q=export&sort=priority")
        return sum(each.startswith("SELECT") for each in asked)

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    try:
        desk.open()
        few = statements()
        filled(desk, 120)
        assert statements() == few <= 6
        assert not any("ticket_events" in each for each in asked)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    at = desk.clock.now()
    assert len(context.database.read(lambda connection: rows.find(connection, Filter(), "Ann", at)).rows) == rows.PAGE


def test_an_erased_customer_is_gone_from_the_list(desk: ConsoleDesk) -> None:
    ticket = desk.open(subject="Ann Smith cannot sign in", email="ann@example.com", account="acme")
    erased = desk.console.client.post("/v1/erasures", json={"email": "ann@example.com"}, headers=desk.key)
    assert erased.status_code < 300, erased.text
    text = desk.console.read("/queue")
    assert "[erased]" in text
    assert not {"Smith", "ann@example.com", "acme"} & set(text.split())
    assert desk.listed("?q=Smith") == []
    assert "Smith" not in desk.page(ticket)


def test_a_desk_that_never_had_a_ticket_is_shown_where_they_come_from(desk: ConsoleDesk) -> None:
    assert "No ticket came in yet." in desk.console.read("/queue")
    assert 'href="/settings/helpdesks"' in desk.console.get("/queue")
    desk.send(desk.open(), "transitions", to="closed")
    assert "every ticket is resolved or closed" in desk.console.read("/queue")


def test_what_needs_nobody_stands_in_a_list_of_its_own_until_one_click(desk: ConsoleDesk) -> None:
    asked, thanked = desk.open(), desk.open(subject="Re: Export", description="Thanks, that fixed it!")
    assert desk.listed() == [asked]
    assert desk.listed("?needs_nobody=1") == [thanked]
    assert "Unfinished 1 New 1 Open 0 Pending 0 Resolved 0 Closed 0 All 2" in desk.console.read("/queue")
    assert "only thanks" in desk.console.read("/queue?needs_nobody=1")
    assert "needs nobody: only thanks" in desk.page(thanked)
    desk.send(thanked, "somebody")
    page = desk.page(thanked)
    assert "said that it needs somebody" in page
    assert "Needs somebody" not in page
    assert set(desk.listed()) == {asked, thanked}
    assert desk.api(thanked)["sla"]["sla_deadline"] is not None
