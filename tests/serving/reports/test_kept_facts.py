"""Reports over days that are kept say the same as a count of every fact, whatever changes late."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import msgspec
import pytest
import sqlalchemy as sa

from serving.deflections import store as sessions
from serving.deflections.erasing import erase
from serving.erasure import ErasureSubject, ErasureTrail
from serving.jobs import changed_days
from serving.reports.deflection import By, DeflectionNumbers
from serving.reports.facts import FactStore
from serving.reports.kpis import Kpis
from serving.reports.ladder import counted, judge_all, kind_of
from serving.reports.rollups.refreshing import Rollups
from serving.reports.windows import ReportWindow
from serving.storage.database import Database
from serving.storage.job_tables import changed_days as notes
from serving.storage.job_tables import day_counts
from serving.storage.tables import ticket_figures
from tests.fakes import MONDAY_MORNING
from tests.serving.reports.filled_desk import fill
from triage.intervals import quantile
from triage.tickets.events import Message

BY: tuple[By, ...] = ("channel", "language", "brand", "article", "week")
TICKETS, SESSIONS, OVER, DAY = 300, 600, timedelta(days=60), timedelta(days=1)


@pytest.fixture
def few(database: Database) -> Database:
    database.write(lambda c: fill(c, tickets_n=TICKETS, sessions_n=SESSIONS, until=MONDAY_MORNING, over=OVER))
    return database


class Reports:
    """What is shown of a window."""

    def __init__(self, database: Database) -> None:
        self.rollups, self.facts = Rollups(database), FactStore(database)
        self.deflection = DeflectionNumbers(self.rollups.sessions)
        self.kpis = Kpis(self.facts, self.rollups.tickets, self.deflection)

    def of(self, window: ReportWindow) -> bytes:
        numbers, ladder = self.kpis.counted(window)
        groups = [
            self.deflection.report(window.since, window.until, by, at=window.at) for by in ("channel", "language")
        ]
        return msgspec.json.encode([numbers, ladder, groups, self.rollups.articles.uses(window.since, window.until)])


def recounted(database: Database, window: ReportWindow) -> bytes:
    """Return what is shown of a window where no day is kept."""
    kept = database.read(lambda c: c.execute(sa.select(day_counts)).mappings().all())
    database.write(lambda c: c.execute(day_counts.delete()))
    found = Reports(database).of(window)
    if kept:
        database.write(lambda c: c.execute(day_counts.insert(), [dict(row) for row in kept]))
    return found


def change(connection: sa.Connection, dice: random.Random, at: datetime) -> None:
    """Change a ticket and some sessions of any age: what agents, customers and erasures do."""
    ticket = f"tkt_{dice.randrange(TICKETS):026d}"
    values = {"csat": dice.choice((1, 5)), "reopens": 1, "resolved_at": at, "contract": "missed"}
    this = ticket_figures.c.ticket_id == ticket
    created_at = connection.execute(sa.select(ticket_figures.c.created_at).where(this)).scalar_one()
    connection.execute(ticket_figures.update().where(this).values(values))
    changed_days.note(connection, "tickets", created_at)  # as `figures.write` does
    rated, opened = (f"dfl_{dice.randrange(SESSIONS):026d}" for _ in range(2))
    said = Message(at, "customer", "Yes.")
    sessions.note_outcome(connection, rated, dice.choice(("confirmed", "not_helpful")), None, said, key_id="key")
    sessions.note_ticket(connection, opened, f"tkt_of_{opened}")
    erase(connection, ErasureTrail(ErasureSubject(visitor=f"visitor-{dice.randrange(SESSIONS)}")))


def test_kept_days_follow_every_change(few: Database) -> None:
    reports, dice, at = Reports(few), random.Random(7), MONDAY_MORNING
    for turn in range(6):
        at += dice.choice((timedelta(seconds=30), timedelta(hours=5), 9 * DAY))
        if turn % 3 != 1:  # once nobody has kept what changed
            assert reports.rollups.refresh(at)
        for window in (ReportWindow(at - 28 * DAY, at, at), ReportWindow(at - 50.3 * DAY, at - 6.6 * DAY, at)):
            assert msgspec.json.decode(reports.of(window)) == msgspec.json.decode(recounted(few, window))
        few.write(lambda c, now=at: change(c, dice, now))


def test_kept_days_say_what_the_facts_say(few: Database) -> None:
    """The ladder is judged over all sessions at once, and a median is that of the rows."""
    reports, at = Reports(few), MONDAY_MORNING
    few.write(lambda c: [change(c, random.Random(3), at) for _ in range(5)])
    reports.rollups.refresh(at)
    window = ReportWindow(at - 40.4 * DAY, at - 9.9 * DAY, at)
    every = reports.facts.sessions(at - 2 * OVER, at)
    judged = judge_all(every, reports.facts.account_tickets(at - 2 * OVER, at), at)
    inside = Counter(kind_of(each) for each in judged if window.holds(each.session.created_at))
    numbers, ladder = reports.kpis.counted(window)
    assert {each.id: (each.count, each.figure.n) for each in ladder.rungs} == counted(inside)
    columns = ticket_figures.c
    resolved = sa.and_(columns.resolved_at >= window.since, columns.resolved_at < window.until)
    works = few.read(lambda c: c.scalars(sa.select(columns.resolution_work).where(resolved)).all())
    resolution = next(each for each in numbers.kpis if each.id == "resolution").figure
    value, *interval = quantile(sorted(works), 0.5) or ()
    assert (resolution.value, resolution.n, [*(resolution.interval or ())]) == (value, len(works), interval)


def test_a_refresh_reads_only_what_changed(few: Database) -> None:
    reports = Reports(few)
    reports.rollups.refresh(MONDAY_MORNING)
    said: list[str] = []
    reports.rollups.refresh(MONDAY_MORNING, lambda part, done, n: said.append(f"{part} {done}/{n}"))
    assert said == []
    few.write(lambda c: changed_days.note(c, "sessions", MONDAY_MORNING - 30 * DAY))
    reports.rollups.refresh(MONDAY_MORNING, lambda part, done, n: said.append(f"{part} {done}/{n}"))
    assert said == ["articles 0/1", "sessions 0/1"]
    assert few.read(lambda c: c.scalars(sa.select(notes.c.number)).all()) == []


def test_an_interrupted_rebuild_is_carried_on(few: Database) -> None:
    reports = Reports(few)
    reports.rollups.refresh(MONDAY_MORNING)
    window = ReportWindow(MONDAY_MORNING - 40 * DAY, MONDAY_MORNING, MONDAY_MORNING)
    before = reports.of(window)
    few.write(lambda c: c.execute(day_counts.update().values(content=b"spoilt")))

    def stop(part: str, done: int, _: int) -> None:
        if (part, done) == ("sessions", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reports.rollups.rebuild(MONDAY_MORNING, stop)
    assert reports.of(window) == before  # what is left is counted from the facts
    assert reports.rollups.refresh(MONDAY_MORNING)
    assert few.read(lambda c: c.scalars(sa.select(notes.c.number)).all()) == []
    assert reports.of(window) == before
