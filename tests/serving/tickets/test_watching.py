"""Before a deadline the desk warns, at it the breach is noted: each once, whoever looks, whatever their clocks say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import Settings
from serving.storage.database import Database, EmbeddedDatabase
from serving.storage.postgres import PostgresDatabase
from serving.storage.tables import ticket_events
from serving.tickets.accounts import AccountWatch
from serving.tickets.desk import Desk
from serving.tickets.event_log import EventLog
from serving.tickets.notices import BREACHED, Notice, first_to_tell
from serving.tickets.tasks import TicketTasks, _over
from tests.fakes import FixedTagger, FrozenClock

Client = TestClient[Litestar]
PATH = "/v1/tickets"
HOUR = timedelta(hours=1)


@pytest.fixture
def ticket_tasks(desk_client: Client, tagger: FixedTagger) -> TicketTasks:
    context = desk_client.app.state.context
    return TicketTasks(context, Desk(context, tagger))


@pytest.fixture
def replicas(desk_client: Client, tagger: FixedTagger, tmp_path: Path) -> Iterator[list[TicketTasks]]:
    """Three processes on one database, the server's or the file."""
    context = desk_client.app.state.context
    databases = [another(context.settings, tmp_path / f"replica-{number}.db") for number in range(3)]
    for database in databases:
        database.open()
    grounds = [replace(context, database=database) for database in databases]
    yield [TicketTasks(each, Desk(each, tagger)) for each in grounds]
    for database in databases:
        database.close()


def another(settings: Settings, name: Path) -> Database:
    """Return a further database of the same tickets; a file is taken by another name, since one name has one owner."""
    if settings.database_url is not None:
        return PostgresDatabase(settings.database_url)
    name.symlink_to(settings.database_path)
    return EmbeddedDatabase(name)


def open_ticket(client: Client, **fields: Any) -> str:
    return client.post(PATH, json={"subject": "x", **fields}).json()["id"]


def facts(client: Client, kind: str) -> list[dict[str, Any]]:
    asked = sa.select(ticket_events.c.record).where(ticket_events.c.type == kind)
    return client.app.state.context.database.read(lambda connection: list(connection.scalars(asked)))


def ids(client: Client, query: str) -> list[str]:
    return [ticket["id"] for ticket in client.get(f"{PATH}?{query}").json()["tickets"]]


def notices(client: Client, query: str = "") -> list[dict[str, Any]]:
    return client.get(f"/v1/sla/notices?{query}").json()["notices"]


def test_a_deadline_that_is_near_is_warned_of_once(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    ticket = open_ticket(desk_client, plan="premium")  # P1: a first response is due at 11:00, its last quarter warns
    assert ticket_tasks.warn(clock.advance(timedelta(minutes=44))) == 0
    near = clock.advance(timedelta(minutes=1))
    assert [ticket_tasks.warn(near) for _ in range(3)] == [1, 0, 0]
    told = {"source": "target", "kind": "first_response", "due_by": "2026-03-02T11:00:00Z"}
    assert facts(desk_client, "sla_warned") == [
        {"type": "sla_warned", "at": "2026-03-02T10:45:00Z", "by": "firstline", **told}
    ]
    assert notices(desk_client, "what=warned") == [
        {"id": 1, "ticket_id": ticket, "what": "warned", "at": "2026-03-02T10:45:00Z", "credit_percent": 0, **told}
    ]


def test_at_risk_is_what_is_near_and_not_overdue(desk_client: Client, clock: FrozenClock) -> None:
    urgent = open_ticket(desk_client, plan="premium")
    clock.advance(timedelta(milliseconds=1))
    relaxed = open_ticket(desk_client, plan="premium", tags={"priority": "P3"})
    assert (ids(desk_client, "at_risk=true"), ids(desk_client, "at_risk=false")) == ([], [relaxed, urgent])
    clock.advance(timedelta(minutes=45))
    assert (ids(desk_client, "at_risk=true"), ids(desk_client, "at_risk=false")) == ([urgent], [relaxed])
    clock.advance(timedelta(minutes=16))
    assert (ids(desk_client, "at_risk=true"), ids(desk_client, "overdue=true")) == ([], [urgent])


def test_an_answer_takes_a_ticket_off_the_list(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    ticket = open_ticket(desk_client, plan="premium")
    clock.advance(timedelta(minutes=50))
    desk_client.post(f"{PATH}/{ticket}/replies", json={"text": "Hello"})
    assert (ids(desk_client, "at_risk=true"), ticket_tasks.warn(clock.now())) == ([], 0)


def test_after_a_breach_nobody_is_warned_of_it(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    open_ticket(desk_client, plan="premium", tags={"priority": "P4"})
    ticket_tasks.watch(clock.advance(5 * HOUR))
    assert (len(facts(desk_client, "sla_breached")), facts(desk_client, "sla_warned")) == (1, [])
    assert ticket_tasks.warn(clock.now()) == 0


def test_an_answer_that_came_late_between_two_rounds_is_a_breach(
    desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
) -> None:
    ticket = open_ticket(desk_client, plan="premium", tags={"priority": "P4"})
    clock.advance(4 * HOUR + timedelta(seconds=1))
    desk_client.post(f"{PATH}/{ticket}/replies", json={"text": "Sorry"})
    assert [ticket_tasks.note_breaches(clock.advance(HOUR)) for _ in range(2)] == [1, 0]
    told = [(each["what"], each["kind"], each["credit_percent"]) for each in notices(desk_client)]
    assert told == [("breached", "first_response", 5)]


def test_three_replicas_with_clocks_that_disagree_note_each_deadline_once(
    desk_client: Client, replicas: list[TicketTasks], clock: FrozenClock
) -> None:
    tickets = [open_ticket(desk_client, plan="premium") for _ in range(12)]
    at = clock.advance(5 * HOUR)
    skews = (timedelta(), HOUR, -HOUR)
    with ThreadPoolExecutor(6) as pool:
        rounds = [
            pool.submit(each.watch, at + skew) for _ in range(3) for each, skew in zip(replicas, skews, strict=True)
        ]
        for each in rounds:
            each.result()
    noted = Counter((each["source"], each["kind"], each["due_by"]) for each in facts(desk_client, "sla_breached"))
    assert noted == {
        ("target", "first_response", "2026-03-02T11:00:00Z"): len(tickets),
        ("contract", "first_response", "2026-03-02T14:00:00Z"): len(tickets),
    }
    told = Counter(
        (each["ticket_id"], each["what"], each["source"], each["kind"]) for each in notices(desk_client, "limit=500")
    )
    assert max(told.values()) == 1
    for ticket in tickets:
        desk_client.get(f"{PATH}/{ticket}").raise_for_status()


def test_the_row_itself_lets_one_of_many_tell(
    desk_client: Client, replicas: list[TicketTasks], clock: FrozenClock
) -> None:
    """Each asks without having read the log, as one that holds an older snapshot does."""
    due_by = clock.now()
    notice = Notice(
        ticket_id=open_ticket(desk_client), what=BREACHED, source="target", kind="first_response", due_by=due_by
    )

    def tell(number: int) -> bool:
        database, seen_at = replicas[number % 3]._database, due_by + (number - 6) * HOUR
        return database.write(lambda connection: first_to_tell(connection, notice, seen_at))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(tell, range(12))) == 1


def test_the_feed_goes_on_where_it_was_left(desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock) -> None:
    open_ticket(desk_client, plan="premium")
    ticket_tasks.watch(clock.advance(5 * HOUR))
    first = desk_client.get("/v1/sla/notices?limit=1").json()
    rest = desk_client.get(f"/v1/sla/notices?after={first['next_after']}").json()
    assert [each["id"] for each in (*first["notices"], *rest["notices"])] == list(range(1, 2 + len(rest["notices"])))
    assert desk_client.get(f"/v1/sla/notices?after={rest['next_after']}").json()["notices"] == []


class TestTroubleshooting:
    @pytest.fixture
    def ticket(self, desk_client: Client) -> str:
        return open_ticket(desk_client, plan="standard", tags={"category": "billing", "priority": "P2"})

    def test_at_t1_ends_after_a_quarter_of_an_hour_with_one_call(
        self, desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock, ticket: str
    ) -> None:
        clock.advance(HOUR)
        assert ticket_tasks.call_for_escalation(clock.now()) == 0  # nobody has begun
        desk_client.post(f"{PATH}/{ticket}/replies", json={"text": "I look into it"})
        assert ticket_tasks.call_for_escalation(clock.advance(timedelta(minutes=14))) == 0
        assert [ticket_tasks.call_for_escalation(clock.advance(timedelta(minutes=1))) for _ in range(3)] == [1, 0, 0]
        assert [(each["since"], each["due_by"]) for each in facts(desk_client, "escalation_due")] == [
            ("2026-03-02T11:00:00Z", "2026-03-02T11:15:00Z")
        ]
        [notice] = desk_client.get("/v1/sla/notices?what=escalation_due").json()["notices"]
        assert (notice["due_by"], notice["at"]) == ("2026-03-02T11:15:00Z", "2026-03-02T11:15:00Z")

    def test_is_called_for_once_even_where_the_policy_gives_more_time_afterwards(
        self, desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock, ticket: str
    ) -> None:
        desk_client.post(f"{PATH}/{ticket}/replies", json={"text": "I look into it"})
        assert ticket_tasks.call_for_escalation(clock.advance(timedelta(minutes=20))) == 1
        [notice] = desk_client.get("/v1/sla/notices?what=escalation_due").json()["notices"]
        assert (notice["due_by"], notice["at"]) == ("2026-03-02T10:15:00Z", "2026-03-02T10:20:00Z")
        rules = desk_client.app.state.context.policies.sla.escalation
        longer = replace(rules, t1_troubleshoots_for=timedelta(minutes=18))
        ticket_tasks._books = EventLog(replace(ticket_tasks._books.policy, escalation=longer))
        ticket_tasks._tell_of(ticket, _over, clock.now())
        assert len(desk_client.get("/v1/sla/notices?what=escalation_due").json()["notices"]) == 1

    def test_does_not_count_while_the_customer_is_asked(
        self, desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock, ticket: str
    ) -> None:
        desk_client.post(f"{PATH}/{ticket}/replies", json={"text": "Which invoice?"})
        clock.advance(timedelta(minutes=10))
        desk_client.post(f"{PATH}/{ticket}/transitions", json={"to": "pending"})
        assert ticket_tasks.call_for_escalation(clock.advance(HOUR)) == 0
        desk_client.post(f"{PATH}/{ticket}/transitions", json={"to": "open"})
        assert ticket_tasks.call_for_escalation(clock.advance(timedelta(minutes=4))) == 0
        assert ticket_tasks.call_for_escalation(clock.advance(timedelta(minutes=1))) == 1

    def test_of_a_plan_without_a_way_up_calls_for_nothing(
        self, desk_client: Client, ticket_tasks: TicketTasks, clock: FrozenClock
    ) -> None:
        ticket = open_ticket(desk_client, plan="free", tags={"category": "billing", "priority": "P3"})
        desk_client.post(f"{PATH}/{ticket}/replies", json={"text": "Hello"})
        assert ticket_tasks.call_for_escalation(clock.advance(HOUR)) == 0


class TestAlertsOfAnAccount:
    @pytest.fixture
    def watch(self, desk_client: Client) -> AccountWatch:
        return AccountWatch(desk_client.app.state.context)

    def test_come_once_a_window(self, desk_client: Client, watch: AccountWatch, clock: FrozenClock) -> None:
        first = open_ticket(desk_client, plan="premium", account="acme")
        assert watch.alert(clock.advance(timedelta(days=13))) == 0
        second = open_ticket(desk_client, plan="premium", account="acme")
        assert [watch.alert(clock.now()) for _ in range(2)] == [1, 0]
        open_ticket(desk_client, plan="premium", account="acme")
        assert watch.alert(clock.now()) == 0
        assert desk_client.get("/v1/sla/alerts").json()["alerts"] == [
            {
                "id": 1,
                "account": "acme",
                "csm": "shared",
                "since": "2026-03-02T10:00:00Z",
                "at": "2026-03-15T10:00:00Z",
                "tickets": [first, second],
            }
        ]
        assert [each["tickets"] for each in facts(desk_client, "csm_alerted")] == [[first, second]]

    def test_come_again_in_the_next_window(self, desk_client: Client, watch: AccountWatch, clock: FrozenClock) -> None:
        for _ in range(2):
            for _ in range(2):
                open_ticket(desk_client, plan="premium", account="acme")
            assert watch.alert(clock.now()) == 1
            clock.advance(timedelta(days=14))

    def test_do_not_come_for_small_or_calm_accounts(
        self, desk_client: Client, watch: AccountWatch, clock: FrozenClock
    ) -> None:
        for _ in range(3):
            open_ticket(desk_client, plan="standard", account="small")
            open_ticket(desk_client, plan="premium", account="calm", tags={"priority": "P2"})
            open_ticket(desk_client, plan="premium")
        assert watch.alert(clock.now()) == 0

    def test_are_told_by_one_of_many_who_look(self, desk_client: Client, clock: FrozenClock) -> None:
        for _ in range(2):
            open_ticket(desk_client, plan="enterprise", account="acme")
        watches = [AccountWatch(desk_client.app.state.context) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda each: each.alert(clock.now()), watches)) == 1
