"""The use case: what was asked, week by week, that the bot found neither an answer nor a choice of articles for."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from msgspec import Struct

from retrieval.gaps.search_terms import SharedTerms
from retrieval.gaps.themes import CUSTOMERS, Text
from serving.erasure import MARK
from serving.http.spreadsheets.csv_rows import Cell, written
from serving.reports.deflection import week_of
from serving.reports.figures import Span, span
from serving.reports.ladder import HELD_OUT
from serving.reports.windows import WEEK, ReportWindow, past_window
from serving.storage.database import Database
from serving.storage.tables import deflections
from triage.text.cleaning import model_text

USUAL = timedelta(days=28)
MOST, TOP = 5_000, 20
FOUND = ("answer", "clarify")
COLUMNS = ("week", "whole", "searches", "term", "count", "visitors")
NOTHING = "Every question of this time found an answer or a choice of articles, or nobody asked one."
RARE = f"A term is shown once {CUSTOMERS} different visitors use it; sessions without visitor and account show none."
MANY = f"Only the newest {MOST:,} searches without a result were read: choose a shorter window."


class _Asked(NamedTuple):
    id: str
    created_at: datetime
    question: str
    locale: str | None
    email: str | None
    visitor: str | None
    origin: str | None
    identity_id: str | None
    account: str | None


class TermOut(Struct, kw_only=True):
    """A term, as it is most often written: the searches that have it, and the different visitors who made them."""

    term: str
    count: int
    visitors: int


class SearchWeekOut(Struct, kw_only=True):
    """The searches without a result of a week, from Monday (UTC); `whole` where all of it lies in the window."""

    week: str
    whole: bool
    searches: int
    terms: list[TermOut]


class SearchesOut(Struct, kw_only=True):
    """Searches without a result: the terms of the window, and of each of its weeks."""

    generated_at: datetime
    window: Span
    searches: int
    terms: list[TermOut]
    weeks: list[SearchWeekOut]
    note: str | None


class Searches:
    """Reads questions and keeps nothing; one report at a time, because each uses a core for a while."""

    def __init__(self, database: Database) -> None:
        self._database, self._one = database, threading.Lock()

    def report(self, since: datetime | None, until: datetime | None, *, at: datetime) -> SearchesOut:
        """Return the top terms of searches without a result.

        Parameters
        ----------
        since
            Where the window begins; by default 28 days before its end.
        until
            Where it ends; by default now.
        at
            Now.

        Returns
        -------
        SearchesOut

        Raises
        ------
        InvalidRequest
            There is no such window.
        """
        window = past_window(since, until, at, usual=USUAL)
        with self._one:
            missed = self._read(window, deflections.c.decision.not_in((*FOUND, HELD_OUT)))
            found = self._read(window, deflections.c.decision.in_(FOUND)) if missed else []
            texts = [_text(row, model_text(None, row.question, (row.email, row.account))) for row in missed]
            terms = SharedTerms(texts, [_text(row, row.question) for row in found])
            asked_at = [row.created_at for row in missed]
            weeks = [_week(week, terms, asked_at, window) for week in window.weeks if week.until > window.since]
            every = _top(terms, range(len(missed)))
        return SearchesOut(
            generated_at=at,
            window=span(window),
            searches=len(missed),
            terms=every,
            weeks=weeks,
            note=_note(len(missed), every),
        )

    def _read(self, window: ReportWindow, which: sa.ColumnElement[bool]) -> list[_Asked]:
        """Return the newest real questions of a window."""
        asked = deflections.c
        chosen = (
            sa.select(*(asked[name] for name in _Asked._fields))
            .where(asked.created_at >= window.since, asked.created_at < window.until, asked.eligible, which)
            .where(asked.question != MARK)
            .order_by(asked.created_at.desc(), asked.id.desc())
            .limit(MOST)
        )
        return self._database.read(lambda connection: [_Asked(*row) for row in connection.execute(chosen)])


def searches_csv(report: SearchesOut) -> str:
    """Return a row for each term of the window, and then of each week; a week without terms has one row."""
    rows: list[tuple[Cell, ...]] = [
        (None, None, report.searches, each.term, each.count, each.visitors) for each in report.terms
    ]
    for week in report.weeks:
        head = (week.week, str(week.whole).lower(), week.searches)
        rows += [(*head, each.term, each.count, each.visitors) for each in week.terms] or [(*head, None, None, None)]
    return written(COLUMNS, rows)


def _text(row: _Asked, text: str) -> Text:
    who = row.identity_id or row.visitor or row.account
    language = (row.locale or "").replace("_", "-").split("-")[0].lower()
    return Text(id=row.id, text=text, customer=f"{row.origin or ''} {who}" if who else "", language=language or None)


def _week(week: ReportWindow, terms: SharedTerms, asked_at: Sequence[datetime], window: ReportWindow) -> SearchWeekOut:
    rows = [row for row, at in enumerate(asked_at) if week.holds(at)]
    return SearchWeekOut(
        week=week_of(week),
        whole=week.since >= window.since and week.until - week.since >= WEEK,
        searches=len(rows),
        terms=_top(terms, rows),
    )


def _top(terms: SharedTerms, rows: Sequence[int]) -> list[TermOut]:
    return [TermOut(term=word, count=n, visitors=visitors) for word, n, visitors in terms.top(rows, TOP)]


def _note(n: int, terms: Sequence[TermOut]) -> str | None:
    if n == 0:
        return NOTHING
    return MANY if n >= MOST else None if terms else RARE
