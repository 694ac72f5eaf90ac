"""How articles did: how often each was shown, answered from, and found helpful."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from serving.erasure import MARK
from serving.storage.database import Database
from serving.storage.tables import deflections
from triage.text.cleaning import redacted

WINDOW = timedelta(days=90)
MOST = 5_000  # newest sessions that are counted
KEPT_FOR = timedelta(minutes=1)
#: Fewer outcomes say nothing of an article; from so many on, one that helps fewer than half is worth a look.
ENOUGH, LOW = 10, 0.5
_ASKED = ("id", "decision", "response", "outcome", "ended")

Outcome = Literal["confirmed", "not_helpful", "escalated", "abandoned"]


@dataclass(slots=True)
class Use:
    """What became of one article in the window."""

    shown: int = 0
    answered: int = 0
    helped: int = 0
    not_helped: int = 0
    sessions: list[str] = field(default_factory=list)
    """Ids of the sessions that were answered from it, the newest first."""

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

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._kept: ArticleUses | None = None

    def uses(self, at: datetime) -> ArticleUses:
        """Return how every article did in the 90 days before."""
        with self._lock:
            if self._kept is None or not timedelta() <= at - self._kept.at < KEPT_FOR:
                self._kept = self._counted(at)
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

    def _counted(self, at: datetime) -> ArticleUses:
        asked = deflections.c
        chosen = (
            sa.select(*(asked[name] for name in _ASKED))
            .where(asked.created_at >= at - WINDOW, asked.created_at <= at, asked.eligible, asked.decision != "holdout")
            .order_by(asked.created_at.desc(), asked.id.desc())
            .limit(MOST)
        )
        uses: dict[str, Use] = {}

        def count(connection: sa.Connection) -> int:
            n = 0
            for row in connection.execute(chosen).mappings():
                _count(row, lambda article_id: uses.setdefault(article_id, Use()))
                n += 1
            return n

        return ArticleUses(uses, self._database.read(count), at)


def _count(row: sa.RowMapping, use: Callable[[str], Use]) -> None:
    response: dict[str, Any] = row["response"] or {}
    answer = response.get("answer") or {}
    shown = {str(each["id"]) for each in response.get("articles") or ()}
    quoted = {str(each["article_id"]) for each in answer.get("sources") or ()} if row["decision"] == "answer" else set()
    for article_id in shown | quoted:
        use(article_id).shown += 1
    outcome = _outcome(row["outcome"], row["ended"])
    for article_id in quoted:
        one = use(article_id)
        one.answered += 1
        one.sessions.append(row["id"])
        one.helped += outcome == "confirmed"
        one.not_helped += outcome in ("not_helpful", "escalated")


def _outcome(outcome: str | None, ended: str | None) -> Outcome | None:
    """Return what a session says of its answer; whoever went on to a person was not helped by it."""
    if ended in ("escalated", "human_requested"):
        return "escalated"
    return outcome  # type: ignore[return-value]
