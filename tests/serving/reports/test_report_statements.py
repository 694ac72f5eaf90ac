"""Reports over 10,000 tickets and 20,000 sessions: few statements, narrow columns, and the same on both engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from serving.reports.deflection import DeflectionNumbers
from serving.reports.facts import FactStore
from serving.reports.kpis import Kpis
from serving.reports.rollups.refreshing import Rollups
from serving.storage.database import Database, EmbeddedDatabase
from tests.fakes import MONDAY_MORNING
from tests.serving.reports.filled_desk import fill

TICKETS, SESSIONS, TWELVE_WEEKS = 10_000, 20_000, timedelta(days=84)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is executed meanwhile."""
    said: list[str] = []

    def note(*arguments: object) -> None:
        said.append(str(arguments[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def reads(said: list[str]) -> list[str]:
    return [each for each in said if re.search(r"FROM (deflections|ticket)", each)]


@pytest.fixture
def full(database: Database) -> Database:
    database.write(lambda c: fill(c, tickets_n=TICKETS, sessions_n=SESSIONS, until=MONDAY_MORNING, over=TWELVE_WEEKS))
    return database


def test_reports_take_few_statements_and_open_no_event_log(full: Database) -> None:
    rollups, store = Rollups(full), FactStore(full)
    rollups.refresh(MONDAY_MORNING)
    with statements() as said:
        ladder = DeflectionNumbers(rollups.sessions).report(None, None, "language", at=MONDAY_MORNING)
    kpis = Kpis(store, rollups.tickets, DeflectionNumbers(rollups.sessions))
    with statements() as counted:
        numbers = kpis.report(None, None, at=MONDAY_MORNING)
    found = [*reads(said), *reads(counted)]
    assert len(reads(said)) <= 6, said
    assert len(reads(counted)) <= 9, counted
    assert not [each for each in found if "ticket_events" in each or "response," in each or "question" in each]
    # 28 of 84 days: a third of the sessions, ten of eleven of them with a real question.
    assert ladder.rungs[0].figure.n == pytest.approx(SESSIONS / 3 * 10 / 11, rel=0.01)
    assert {each.key for each in ladder.groups} == {"en", "de", "fr"}
    by_name = {each.id: each for each in [*numbers.kpis, *numbers.beside]}
    assert by_name["open"].figure.value == -(-TICKETS // 9)
    assert sum(part.figure.value or 0 for part in by_name["backlog_age"].parts) == by_name["open"].figure.value
    assert sum(part.figure.value or 0 for part in by_name["open"].parts) == by_name["open"].figure.value
    assert by_name["csat"].figure.n > 0
    assert numbers.note is None
    if isinstance(full, EmbeddedDatabase):  # PostgreSQL decides this by its own statistics
        sessions = next(each for each in found if "deflections.decision" in each)
        assert_read_from_the_index_alone(full, sessions)


def assert_read_from_the_index_alone(database: Database, statement: str) -> None:
    """A session's row has its answer in it: thousands of them are megabytes."""
    given = ("article", "2025-12-01T00:00:00.000000Z", "2026-03-02T00:00:00.000000Z")
    plan = database.read(lambda c: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all())
    assert any("COVERING INDEX ix_deflections_reported" in str(row) for row in plan), plan
