"""What a desk answers from, and its questions asked again: those of closed tickets, and those known to be answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from retrieval.answering.learnt.ranker import DeskRanker
from retrieval.answering.precedents import Precedents
from retrieval.answering.ranking import RankingQuery
from retrieval.answering.second_view import asks_for_second
from retrieval.encoder.text_language import language_of
from retrieval.index.article_index import ArticleIndex
from training.answers.leave_articles_out import TAUGHT, Trials, as_ticket, sections_of, tried
from training.answers.link_trust import LinkedTicket
from training.answers.ranker import asked_then
from training.answers.ranking.fit import LearntRanking

#: So many known questions in each half teach instead of tickets.
KNOWN_ENOUGH: Final = 100
#: About so many of each half are asked: more cost time and change nothing.
MOST_KNOWN: Final = 400


@dataclass(frozen=True, slots=True, eq=False)
class AnswerContext:
    """What answers use: the articles, and precedents from earlier tickets."""

    index: ArticleIndex
    cases: Sequence[LinkedTicket]
    """Solved tickets in the order of time."""
    precedents: Precedents
    """All closed tickets, each case among them at its `number`."""
    ranking: LearntRanking
    encoder: str
    """Its fingerprint."""
    by_second: Precedents | None = None
    """The same closed tickets by the second encoder; None without one."""
    second_ranking: LearntRanking | None = None
    """What ranks by the second encoder; None: what ranks by the first."""

    @property
    def ranker(self) -> DeskRanker:
        """The one that ships."""
        return self.ranking.ranker

    def trials(self, rows: range) -> Trials:
        """Ask the questions of some tickets, each seeing only older ones."""
        cases = (self.cases[row] for row in rows)
        return self._trials((case, self.index, None) for case in cases)

    def taught(self, rows: range, part: int) -> Trials:
        """Ask every second known question as if none were known; the questions of some tickets where those are few.

        Customers ask in a few words, as known questions do; a ticket is a letter.
        """
        index, closed = self.index, self.precedents.n_questions
        unknown = index.without_known_questions()
        known = [
            (
                LinkedTicket(as_ticket(row, index), index.asked.vectors[row], closed, _seen_again(row, index)),
                unknown,
                sections_of(row, index),
            )
            for row in _spread(part, len(index.asked.texts))
        ]
        enough = len(known) >= KNOWN_ENOUGH
        return self._trials([*((self.cases[row], index, None) for row in (() if enough else rows)), *known])

    def _asked(self, case: LinkedTicket) -> RankingQuery:
        second = self.second_ranking
        return asked_then(case, self.precedents, self.by_second, second.of(case) if second else None)

    def _trials(self, asked: Iterable[tuple[LinkedTicket, ArticleIndex, Sequence[tuple[str, str]] | None]]) -> Trials:
        found = (
            tried(index, case, self._asked(case), self.ranking.of(case), TAUGHT, answering)
            for case, index, answering in asked
        )
        return Trials.of([trial for trial in found if trial is not None])


def _seen_again(row: int, index: ArticleIndex) -> np.ndarray | None:
    """Return a known question by the second encoder, where there is one and its language asks for it."""
    known = index.second.asked if index.second else None
    asks = known is not None and asks_for_second(language_of(index.asked.texts[row]))
    return known.vectors[row] if known is not None and asks else None


def _spread(part: int, n: int) -> range:
    """Return the rows of one half; where that are too many, some of it from everywhere."""
    return range(part, n, 2 * max(1, round(n / 2 / MOST_KNOWN)))
