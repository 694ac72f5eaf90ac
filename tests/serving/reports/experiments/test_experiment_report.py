"""`GET /v1/reports/experiment`: which tickets follow which session, what is left out, and the figures of both arms."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.reports.experiments.counting import count
from serving.reports.experiments.facts import ArmSession, Contact, Who
from serving.storage.job_tables import session_arms
from serving.storage.tables import deflections
from tests.fakes import MONDAY_MORNING, FrozenClock
from triage.experiments.arms import Arm

Client = TestClient[Litestar]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY_MORNING + 30 * DAY


def session(name: str, at: timedelta, arm: Arm = "bot", **who: str) -> ArmSession:
    return ArmSession(name, MONDAY_MORNING + at, arm, Who(**{"visitor": name, **who}))


def ticket(at: timedelta, of: str | None = None, account: str | None = None, **who: str) -> Contact:
    return Contact(MONDAY_MORNING + at, of, account, Who(**who))


def tickets_of(sessions: list[ArmSession], *contacts: Contact, at: datetime = LATER) -> tuple[float, float]:
    found = count(sessions, contacts, at).arms
    return found["bot"].tickets, found["holdout"].tickets


class TestWhichTicketsFollow:
    def test_the_ticket_of_the_session_itself(self) -> None:
        assert tickets_of([session("a", DAY), session("b", DAY, "holdout")], ticket(2 * DAY, of="b")) == (0, 1)

    def test_one_that_the_visitor_opened_by_asking_for_a_person(self) -> None:
        """That session is in no arm: its visitor says whose ticket it is."""
        assert tickets_of([session("a", DAY)], ticket(2 * DAY, of="another", visitor="a")) == (1, 0)

    def test_one_that_the_account_opened_without_a_session(self) -> None:
        assert tickets_of([session("a", DAY, account="acme")], ticket(2 * DAY, account="acme")) == (1, 0)

    def test_a_ticket_counts_once_for_the_newest_session_before_it(self) -> None:
        asked = [session("a", DAY, visitor="v"), session("b", 2 * DAY, visitor="v"), session("c", 4 * DAY, visitor="v")]
        found = count(asked, [ticket(3 * DAY, visitor="v")], LATER).arms["bot"]
        assert (found.units, found.sessions, found.tickets) == (1, 3, 1)

    def test_none_that_came_before_or_a_week_later(self) -> None:
        asked = [session("a", DAY)]
        assert tickets_of(asked, ticket(HOUR, visitor="a"), ticket(8 * DAY, visitor="a")) == (0, 0)
        assert tickets_of(asked, ticket(8 * DAY - HOUR, visitor="a")) == (1, 0)

    def test_none_of_a_visitor_of_another_site_with_the_same_name(self) -> None:
        asked = [session("a", DAY, origin="https://shop.example")]
        assert tickets_of(asked, ticket(2 * DAY, visitor="a", origin="https://forum.example")) == (0, 0)


def test_sessions_younger_than_a_week_are_in_neither_arm() -> None:
    asked = [session("a", DAY), session("b", 5 * DAY, "holdout")]
    found = count(asked, [], MONDAY_MORNING + 9 * DAY)
    assert (found.arms["bot"].sessions, found.arms["holdout"].sessions) == (1, 0)
    assert found.young == {"holdout": 1}
    assert found.drawn == {"bot": 1, "holdout": 1}


def test_a_visitor_in_both_arms_is_in_neither_and_is_named() -> None:
    """As after the installation's secret was replaced."""
    asked = [session("a", DAY, visitor="v"), session("b", DAY, "holdout", visitor="v"), session("c", DAY)]
    found = count(asked, [], LATER)
    assert (found.arms["bot"].units, found.arms["holdout"].units, found.switched) == (1, 0, 1)


def report(client: Client, **query: Any) -> Any:
    answer = client.get("/v1/reports/experiment", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fill(client: Client, clock: FrozenClock, share: float, arms: dict[Arm, tuple[int, int]]) -> None:
    """Add sessions of visitors of their own to each arm: so many, of which so many open a ticket an hour later."""
    database, at = client.app.state.context.database, clock.now()
    rows = [(arm, number, number < k) for arm, (n, k) in arms.items() for number in range(n)]

    def write(connection: sa.Connection) -> None:
        for arm, number, _ in rows:
            name, decision = f"dfl_{share}_{arm}_{number}", "answer" if arm == "bot" else "holdout"
            asked = {"id": name, "created_at": at, "question": "?", "visitor": name, "account": name, "reason": ""}
            connection.execute(deflections.insert(), {**asked, "decision": decision, "eligible": True, "response": {}})
            kept = {"deflection_id": name, "created_at": at, "arm": arm, "share": share}
            connection.execute(session_arms.insert(), kept)

    database.write(write)
    clock.advance(HOUR)
    for arm, number, opens in rows:
        if opens:
            sent = {"subject": "x", "account": f"dfl_{share}_{arm}_{number}", "channel": "web"}
            assert client.post("/v1/tickets", json=sent).status_code == 201


def test_without_an_experiment_nothing_is_counted_and_the_report_says_how_to_begin(client: Client) -> None:
    found = report(client)
    assert (found["state"], found["arms"], found["difference"]["value"]) == ("none", [], None)
    assert "FIRSTLINE_HOLDOUT=0.05" in found["note"]


def test_the_arms_their_difference_and_what_it_saves(client: Client, clock: FrozenClock) -> None:
    """20 of 80 and 24 of 44 open a ticket: 0.5455 - 0.25 = 0.2955, which are 23.6 tickets of 80 sessions."""
    fill(client, clock, 0.4, {"bot": (80, 20), "holdout": (44, 24)})
    clock.advance(8 * DAY)

    found = report(client)

    bot, holdout = found["arms"]
    assert (bot["visitors"], bot["sessions"], bot["tickets"], bot["figure"]["value"]) == (80, 80, 20, 0.25)
    assert (holdout["sessions"], holdout["tickets"], holdout["figure"]["value"]) == (44, 24, 0.5455)
    assert (found["difference"]["value"], found["difference"]["n"]) == (0.2955, 124)
    low, high = found["difference"]["interval"]
    assert low < 0 < 0.2955 < high
    assert (found["state"], found["tickets_saved"]["value"]) == ("not_seen", 23.6)
    assert found["difference_per_visitor"]["value"] == 0.2955
    assert found["sessions_to_see"] > 0
    assert found["sample_ratio"] == {"expected": 0.4, "found": 0.3548, "p_value": 1.0, "mismatch": False}


def test_few_sessions_have_a_difference_and_no_interval(client: Client, clock: FrozenClock) -> None:
    fill(client, clock, 0.5, {"bot": (4, 1), "holdout": (4, 2)})
    assert report(client)["arms"][0]["too_young"] == 4
    clock.advance(8 * DAY)
    found = report(client)
    assert (found["state"], found["difference"]["value"]) == ("too_small", 0.25)
    assert found["difference"]["interval"] == [None, None]
    assert found["sessions_to_see"] is None


def test_another_share_is_another_experiment(client: Client, clock: FrozenClock) -> None:
    fill(client, clock, 0.5, {"bot": (4, 0), "holdout": (4, 0)})
    clock.advance(23 * HOUR)
    fill(client, clock, 0.25, {"bot": (6, 0), "holdout": (2, 0)})
    clock.advance(9 * DAY)
    found = report(client)
    assert (found["share"], found["window"]["from"]) == (0.25, "2026-03-03T10:00:00Z")
    assert [each["sessions"] for each in found["arms"]] == [6, 2]
    assert report(client, since=f"{MONDAY_MORNING:%Y-%m-%dT%H:%M:%SZ}")["other_shares"] == 8


def test_sizes_that_chance_does_not_give_are_said_before_any_difference(client: Client, clock: FrozenClock) -> None:
    fill(client, clock, 0.5, {"bot": (60, 0), "holdout": (5, 0)})
    clock.advance(9 * DAY)
    found = report(client)
    assert (found["state"], found["sample_ratio"]["mismatch"]) == ("mismatch", True)
    assert "find it before you believe" in found["note"]


def test_a_spreadsheet_gets_a_row_for_each_arm_and_difference(client: Client, clock: FrozenClock) -> None:
    fill(client, clock, 0.5, {"bot": (4, 1), "holdout": (4, 2)})
    clock.advance(8 * DAY)
    answer = client.get("/v1/reports/experiment?format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(each["figure"], each["arm"], each["value"], each["n"]) for each in rows] == [
        ("tickets_per_session", "bot", "0.25", "4"),
        ("tickets_per_session", "holdout", "0.5", "4"),
        ("difference", "", "0.25", "8"),
        ("difference_per_visitor", "", "0.25", "8"),
        ("tickets_saved", "", "1.0", "4"),
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "since"),
        ({"since": "2999-01-01T00:00:00Z"}, "since"),
        ({"since": "2026-03-01T00:00:00"}, "since"),
    ],
)
def test_a_window_that_ends_before_it_begins_or_lies_ahead_is_refused(
    client: Client, query: dict[str, str], field: str
) -> None:
    answer = client.get("/v1/reports/experiment", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_a_key_that_may_not_read_reports_gets_none(client: Client, make_key: Any) -> None:
    answer = client.get("/v1/reports/experiment", headers=make_key("tag"))
    assert answer.status_code == 403


def test_who_was_erased_stays_counted_as_a_session_of_nobody() -> None:
    asked = [replace_who(session("a", DAY)), replace_who(session("b", DAY))]
    found = count(asked, [ticket(2 * DAY, of="b")], LATER).arms["bot"]
    assert (found.units, found.tickets) == (2, 1)


def replace_who(of: ArmSession) -> ArmSession:
    return of._replace(who=Who())
