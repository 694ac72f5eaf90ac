"""How articles did, by day: what was shown, answered from, and what became of it."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from serving.reports.facts import articles_of
from serving.reports.rollups.session_days import WHAT
from serving.reports.rollups.store import DAY, Counted, RollupStore, begin, runs
from serving.reports.rollups.ticket_days import Progress
from serving.storage.tables import deflections

PART: Literal["articles"] = "articles"
OVER_AFTER = timedelta(hours=1)
"""So long after its end the last question of a day is surely stored."""
QUESTIONS = 20
"""Ids of sessions that are kept of an article and day, the newest."""
_AT_ONCE = 7
_ASKED = ("id", "created_at", "decision", "response", "outcome", "ended")


class DayUse(msgspec.Struct):
    """What became of one article on a day."""

    shown: int = 0
    answered: int = 0
    helped: int = 0
    not_helped: int = 0
    sessions: list[str] = msgspec.field(default_factory=list)
    """Ids of sessions that were answered from it, the newest first."""


class DayUses(msgspec.Struct):
    """The uses of articles on a day, by id, in `n` sessions with a real question."""

    n: int = 0
    articles: dict[str, DayUse] = msgspec.field(default_factory=dict)


class ArticleDays:
    """Reads days that are kept, and counts those that are not or have changed."""

    def __init__(self, store: RollupStore) -> None:
        self._store = store

    def uses(self, since: datetime, until: datetime) -> list[DayUses]:
        """Return the uses of each day from midnight on, the newest first."""
        last, oldest = until.toordinal(), self._store.first(PART, WHAT)
        first = last + 1 if oldest is None else max(since.toordinal(), oldest)
        changed = self._store.changes(WHAT).days
        kept = self._store.contents(PART, first, (until - DAY).toordinal())
        days = {day: _DECODER.decode(content) for day, content in kept.items() if day not in changed}
        for run in runs(set(range(first, last + 1)) - days.keys(), _AT_ONCE):
            days |= self._counted(*run, until)
        return [days[day] for day in sorted(days, reverse=True)]

    def refresh(self, at: datetime, changed: frozenset[int], progress: Progress) -> None:
        """Keep the days that are over and not kept yet, or have changed."""
        last = (at - OVER_AFTER).toordinal() - 1
        stale = {day for day in changed if day <= last} | self._store.missing(PART, WHAT, last)
        for done, (begun, ended) in enumerate(found := runs(stale, _AT_ONCE)):
            progress(done, len(found))
            counted = self._counted(begun, ended, begin(ended + 1))
            self._store.keep(Counted(PART, day, msgspec.msgpack.encode(uses)) for day, uses in counted.items())

    def _counted(self, first: int, last: int, until: datetime) -> dict[int, DayUses]:
        asked = deflections.c
        chosen = (
            sa.select(*(asked[name] for name in _ASKED))
            .where(asked.created_at >= begin(first), asked.created_at < begin(last + 1), asked.created_at <= until)
            .where(asked.eligible, asked.decision != "holdout")
            .order_by(asked.created_at.desc(), asked.id.desc())
        )
        found = {day: DayUses() for day in range(first, last + 1)}

        def count(connection: sa.Connection) -> None:
            for row in connection.execute(chosen).mappings():
                _count(row, found[row["created_at"].toordinal()])

        self._store.database.read(count)
        return found


def _count(row: sa.RowMapping, day: DayUses) -> None:
    day.n += 1
    shown, quoted = articles_of(row["decision"], row["response"])
    for article_id in shown | quoted:
        day.articles.setdefault(article_id, DayUse()).shown += 1
    outcome = "escalated" if row["ended"] in ("escalated", "human_requested") else row["outcome"]
    for article_id in quoted:
        use = day.articles[article_id]
        use.answered += 1
        use.helped += outcome == "confirmed"
        use.not_helped += outcome in ("not_helpful", "escalated")
        if len(use.sessions) < QUESTIONS:
            use.sessions.append(row["id"])


_DECODER = msgspec.msgpack.Decoder(DayUses)
