"""Reports that keep what past days gave say the same as those that count everything anew."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from serving.reports.deflection import DeflectionNumbers
from serving.reports.facts import FactStore
from serving.reports.kpis import Kpis
from serving.storage.database import Database
from serving.storage.tables import deflections, ticket_figures
from tests.fakes import MONDAY_MORNING
from tests.serving.reports.filled_desk import fill

TICKETS, SESSIONS, OVER, DAY = 400, 800, timedelta(days=60), timedelta(days=1)
BLANK = {"visitor": None, "account": None}


@pytest.fixture
def few(database: Database) -> Database:
    database.write(lambda c: fill(c, tickets_n=TICKETS, sessions_n=SESSIONS, until=MONDAY_MORNING, over=OVER))
    return database


def kpis(database: Database) -> Kpis:
    store = FactStore(database)
    return Kpis(store, DeflectionNumbers(store))


def change(connection: sa.Connection, dice: random.Random, at: datetime) -> None:
    """Change a ticket and three sessions of any age: what agents, customers and erasures do."""
    figures, ticket = ticket_figures.c, f"tkt_{dice.randrange(TICKETS):026d}"
    values = {"csat": dice.choice((1, 5)), "type": "billing", "resolved_at": at, "contract": "missed"}
    changed = ticket_figures.update().where(figures.ticket_id == ticket)
    connection.execute(changed.values(version=figures.version + 1, **values))
    for new in ({"outcome": dice.choice(("confirmed", "not_helpful"))}, {"ended": "human_requested"}, BLANK):
        session = f"dfl_{dice.randrange(SESSIONS):026d}"
        connection.execute(deflections.update().where(deflections.c.id == session).values(new))


def test_kept_days_follow_every_change(few: Database) -> None:
    keeping, dice, at = kpis(few), random.Random(7), MONDAY_MORNING
    for _ in range(8):
        at += dice.choice((timedelta(seconds=30), timedelta(hours=5), 9 * DAY))
        for since, until in ((None, None), (at - 20.3 * DAY, at - 6.6 * DAY)):
            assert msgspec.json.encode(keeping.report(since, until, at=at)) == msgspec.json.encode(
                kpis(few).report(since, until, at=at)
            )
        few.write(lambda c, now=at: change(c, dice, now))
