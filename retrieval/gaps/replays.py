"""A replayed question: what the knowledge base found for it, and what solved it in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from retrieval.articles.article import Article

Outcome = Literal["confirmed", "not_helpful", "escalated"]
#: What became of one question: answered; its article was not shown; shown and no help; or nothing is known to fit.
Fate = Literal["answered", "unreachable", "unhelpful", "open"]


@dataclass(frozen=True, slots=True)
class Shown:
    """An article that was suggested, with how well it fits."""

    article_id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One question."""

    id: str
    text: str
    at: datetime | None = None
    #: What is saved where an article answers it, in the desk's currency.
    saves: float = 0.0
    #: `answer`, `clarify`, `hand_off` or `holdout`.
    decision: str = "hand_off"
    #: Best first.
    shown: tuple[Shown, ...] = ()
    outcome: Outcome | None = None
    #: The ticket that it became, and what its closing says: the articles that solved it, and the words that did.
    ticket_id: str | None = None
    solved_by: tuple[str, ...] = ()
    resolution: str | None = None
    csat: float | None = None

    @property
    def first(self) -> str | None:
        """The article on top."""
        return self.shown[0].article_id if self.shown else None

    def fate(self, articles: Mapping[str, Article]) -> tuple[Fate, str | None]:
        """Tell what became of it, and about which article that says something.

        For an open question the second is an article that its ticket names and that is not there (any more).
        """
        answered, refused = self.decision == "answer", self.outcome in ("not_helpful", "escalated")
        named = [each for each in self.solved_by if each in articles]
        if self.outcome == "confirmed":
            return "answered", self.first
        if answered and self.first in articles and (not self.solved_by or self.first in named):
            return ("unhelpful", self.first) if refused else ("answered", self.first)
        if named:
            return "unreachable", named[0]
        return "open", next(iter(self.solved_by), None)
