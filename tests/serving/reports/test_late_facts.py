"""A fact that changes late corrects a day that is kept: at once, and again once the day is counted anew."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import Litestar
from litestar.testing import TestClient

from serving.reports.rollups.refreshing import Rollups
from tests.fakes import FrozenClock
from tests.serving.reports.test_numbers import act, kpi, open_ticket, report, rungs

Client = TestClient[Litestar]
DAY = timedelta(days=1)


def kept(client: Client, at: datetime) -> None:
    """Keep the days that are over, as the service does every half minute."""
    assert Rollups(client.app.state.context.database).refresh(at)


def test_a_late_outcome_corrects_a_day_that_is_kept(knowing: Client, clock: FrozenClock) -> None:
    sent = {"question": "reset your password", "visitor": "a", "channel": "chat"}
    answer = knowing.post("/v1/deflections", json=sent).json()
    clock.advance(20 * DAY)
    kept(knowing, clock.now())
    assert rungs(report(knowing, "deflection"))["durable"] == (1, 1)
    knowing.post(f"/v1/deflections/{answer['id']}/outcome", json={"outcome": "not_helpful"})
    for _ in range(2):
        assert rungs(report(knowing, "deflection"))["durable"] == (0, 1)
        kept(knowing, clock.now())


def test_a_late_reopening_corrects_a_day_that_is_kept(client: Client, clock: FrozenClock) -> None:
    ticket = open_ticket(client, plan="standard")
    act(client, ticket, "replies", by="agent", text="Please remove the filter.")
    act(client, ticket, "transitions", to="resolved", resolution_type="solved")
    clock.advance(20 * DAY)
    kept(client, clock.now())
    assert kpi(client, "resolution")["figure"]["n"] == 1
    act(client, ticket, "replies", by="customer", text="It is back.")
    for _ in range(2):
        assert kpi(client, "resolution")["figure"]["n"] == 0
        kept(client, clock.now())


def test_a_ticket_that_an_account_opens_late_takes_a_success_back(knowing: Client, clock: FrozenClock) -> None:
    """The ticket came by mail days ago and is opened here only now."""
    sent = {"question": "reset your password", "account": "acme", "channel": "chat"}
    knowing.post("/v1/deflections", json=sent)
    mailed_at = clock.now() + DAY / 2
    clock.advance(20 * DAY)
    kept(knowing, clock.now())
    assert rungs(report(knowing, "deflection"))["durable"] == (1, 1)
    open_ticket(knowing, account="acme", created_at=mailed_at.isoformat())
    for _ in range(2):
        assert rungs(report(knowing, "deflection"))["durable"] == (0, 1)
        kept(knowing, clock.now())
