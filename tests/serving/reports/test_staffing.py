"""Staffing alarms: what a week must look like for one, and that each is sent once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from serving.console.overview.alarms import said
from serving.reports.deflection import DeflectionNumbers
from serving.reports.facts import FactStore
from serving.reports.kpis import Kpis
from serving.reports.rollups.refreshing import Rollups
from serving.reports.staffing import StaffingWatch
from serving.storage.database import Database
from serving.storage.job_tables import outbox_events
from serving.storage.tables import ticket_figures, tickets
from tests.fakes import MONDAY_MORNING
from tests.serving.reports.filled_desk import fill

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)


def watch(database: Database) -> StaffingWatch:
    store = FactStore(database)
    rollups = Rollups(database)
    return StaffingWatch(database, store, Kpis(store, rollups.tickets, DeflectionNumbers(rollups.sessions)))


def events(database: Database) -> list[dict[str, Any]]:
    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "staffing.alarm")
    return database.read(lambda c: list(c.scalars(asked)))


@pytest.fixture
def late(database: Database) -> Database:
    """A desk on which every ninth ticket stays open and two of five ratings are good, for six weeks."""
    database.write(lambda c: fill(c, tickets_n=900, sessions_n=10, until=MONDAY_MORNING, over=6 * WEEK))
    return database


def test_each_alarm_of_a_week_is_sent_once_whoever_looks(late: Database) -> None:
    first, second = watch(late), watch(late)
    for at in (MONDAY_MORNING, MONDAY_MORNING + HOUR):
        first.look(at)
        second.look(at)
    assert [each["alarm"] for each in events(late)] == ["csat_low", "backlog_growing"]
    assert [each.alarm for each in second.latest(MONDAY_MORNING)] == ["csat_low", "backlog_growing"]
    assert second.latest(MONDAY_MORNING + WEEK) == []


def test_an_alarm_has_its_figures(late: Database) -> None:
    watch(late).look(MONDAY_MORNING)
    csat, backlog = watch(late).latest(MONDAY_MORNING)
    assert csat.figure.n >= 5
    assert csat.figure.value is not None
    assert csat.figure.value < 0.85 == csat.limit
    assert f"n {csat.figure.n}, 95 %:" in said(csat)
    numbers = [each.value for each in backlog.weeks]
    assert (len(numbers), numbers) == (4, sorted(set(numbers)))
    assert said(backlog).startswith("The backlog has grown 3 weeks in a row: open tickets ")


def test_slow_first_responses_are_an_alarm(late: Database) -> None:
    late.write(lambda c: c.execute(ticket_figures.update().values(response_work=9 * 3600)))
    watch(late).look(MONDAY_MORNING)
    assert (events(late)[0]["alarm"], events(late)[0]["figure"]["value"]) == ("response_over_target", 9 * 3600)


def test_a_backlog_that_did_not_grow_each_week_is_none(late: Database) -> None:
    everything = tickets.update().values(status="closed", closed_at=MONDAY_MORNING - WEEK - HOUR)
    late.write(lambda c: c.execute(everything.where(tickets.c.created_at < MONDAY_MORNING - WEEK - HOUR)))
    watch(late).look(MONDAY_MORNING)
    assert [each["alarm"] for each in events(late)] == ["csat_low"]


def test_an_empty_desk_has_no_alarm(database: Database) -> None:
    watch(database).look(MONDAY_MORNING)
    assert (events(database), watch(database).latest(MONDAY_MORNING)) == ([], [])
