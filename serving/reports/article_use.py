"""How articles did: how often each was shown, answered from, and found helpful."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from serving.erasure import MARK
from serving.reports.rollups.article_days import QUESTIONS, ArticleDays, DayUses
from serving.storage.database import Database
from serving.storage.tables import deflections
from triage.text.cleaning import redacted

WINDOW = timedelta(days=90)
KEPT_FOR = timedelta(minutes=1)
#: Fewer outcomes say nothing of an article; from so many on, one that helps fewer than half is worth a look.
ENOUGH, LOW = 10, 0.5

Outcome = Literal["confirmed", "not_helpful", "escalated", "abandoned"]


@dataclass(slots=True)
class Use:
    """What became of one article in the window."""

    shown: int = 0
    answered: int = 0
    helped: int = 0
    not_helped: int = 0
    sessions: list[str] = field(default_factory=list)
    """Ids of the newest sessions that were answered from it."""

    @property
    def judged(self) -> int:
        """Answers of which an outcome is known."""
        return self.helped + self.not_helped

    @property
    def helpful(self) -> float | None:
        """The share of these that helped; None while none is known."""
        return self.helped / self.judged if self.judged else None

    @property
    def is_low(self) -> bool:
        """Whether it helps rarely, as far as enough outcomes tell."""
        return self.helpful is not None and self.judged >= ENOUGH and self.helpful < LOW


@dataclass(frozen=True, slots=True)
class ArticleUses:
    """The uses of every article that was shown, by id, in `n` sessions up to an instant."""

    by_article: dict[str, Use]
    n: int
    at: datetime

    def of(self, article_id: str) -> Use:
        """Return the use of an article."""
        return self.by_article.get(article_id) or Use()


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question that was answered from an article, without personal data, and its outcome if one is known."""

    at: datetime
    question: str
    outcome: Outcome | None


class ArticleReport:
    """The use case: counts are at most a minute old, texts are read when they are shown."""

    def __init__(self, database: Database, days: ArticleDays) -> None:
        self._database, self._days, self._lock = database, days, threading.Lock()
        self._kept: ArticleUses | None = None

    def uses(self, at: datetime) -> ArticleUses:
        """Return how every article did in the 90 days before, from a midnight on."""
        with self._lock:
            if self._kept is None or not timedelta() <= at - self._kept.at < KEPT_FOR:
                self._kept = summed(self._days.uses(at - WINDOW, at), at)
            return self._kept

    def questions(self, session_ids: Sequence[str]) -> list[AnsweredQuestion]:
        """Return the questions of some sessions, the newest first; those that were erased are left out."""
        asked = deflections.c
        chosen = (
            sa.select(asked.created_at, asked.question, asked.account, asked.email, asked.outcome, asked.ended)
            .where(asked.id.in_(session_ids), asked.question != MARK)
            .order_by(asked.created_at.desc(), asked.id.desc())
        )
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [
            AnsweredQuestion(
                row.created_at, redacted(row.question, (row.email, row.account)), _outcome(row.outcome, row.ended)
            )
            for row in rows
        ]


def summed(days: Iterable[DayUses], at: datetime) -> ArticleUses:
    """Return the uses of days, the newest first, as uses up to an instant."""
    uses, n = defaultdict[str, Use](Use), 0
    for day in days:
        n += day.n
        for article_id, some in day.articles.items():
            use = uses[article_id]
            use.shown += some.shown
            use.answered += some.answered
            use.helped += some.helped
            use.not_helped += some.not_helped
            use.sessions = [*use.sessions, *some.sessions][:QUESTIONS]
    return ArticleUses(uses, n, at)


def _outcome(outcome: str | None, ended: str | None) -> Outcome | None:
    """Return what a session says of its answer; whoever went on to a person was not helped by it."""
    if ended in ("escalated", "human_requested"):
        return "escalated"
    return outcome  # type: ignore[return-value]
