"""The articles that compete for each ticket's question, with their signals as of when it came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from retrieval.answering.ranker import Ranker, Signals
from retrieval.answering.ranking import RankingQuery, signals_of
from retrieval.answering.second_view import second_fits
from retrieval.index.article_index import ArticleIndex
from training.answers.link_trust import LinkedTicket
from training.answers.ranker import Recalls, asked_then, competing, rights


@dataclass(frozen=True, slots=True, eq=False)
class RankedList:
    """A ticket's question, and n articles that compete for it: the best by the fixed weights and the right ones."""

    case: LinkedTicket
    #: int64 (n,): their numbers in the index.
    numbers: np.ndarray
    #: Of these articles alone.
    signals: Signals
    #: (n,): how far each is believed to be right, 0 to 1.
    right: np.ndarray
    #: The question, by the encoder that the signals are of.
    vector: np.ndarray

    def place(self, scores: np.ndarray) -> int:
        """Return where the first right article stands by these scores (n,), from 0."""
        return int(np.flatnonzero(self.right[np.argsort(-scores, kind="stable")] > 0)[0])


def lists_of(
    index: ArticleIndex,
    cases: Sequence[LinkedTicket],
    precedents: Recalls,
    taught: Mapping[str, Sequence[float]],
    *,
    by_second: bool = False,
) -> list[RankedList]:
    """Rank each ticket by what was known before it; those whose articles are all gone are left out.

    With `by_second` precedents and signals are those of the second encoder, which has read every case.
    """
    found = []
    for case in cases:
        right, again = rights(index, case, taught[case.ticket.id]), case.second if by_second else None
        if right.any():
            signals = seen(index, case, precedents) if again is None else _seen_again(index, case, again, precedents)
            numbers = competing(signals, right)
            vector = case.vector if again is None else again
            found.append(RankedList(case, numbers, only(signals, numbers), right[numbers], vector))
    return found


def seen(index: ArticleIndex, case: LinkedTicket, precedents: Recalls) -> Signals:
    """Return the signals of all articles for a ticket's question, as of when it came in."""
    # Whoever asks where it serves has given no language or product area: nothing may be learnt from those.
    asked = replace(asked_then(case, precedents).across(index.translations.versions), language=None)
    return signals_of(index, asked, index.fits(asked.question, asked.vector))


def _seen_again(index: ArticleIndex, case: LinkedTicket, vector: np.ndarray, precedents: Recalls) -> Signals:
    history = precedents.recall(vector, case.text, before=case.number).across(index.translations.versions)
    fits = second_fits(index, index.fits(case.text, case.vector), vector)
    return signals_of(index, RankingQuery(case.text, case.vector, "agent", history), fits)


def only(signals: Signals, rows: np.ndarray) -> Signals:
    """Return the signals of some articles."""
    kept = {each.name: getattr(signals, each.name) for each in fields(signals)}
    of_articles = {name: values[rows] for name, values in kept.items() if name not in ("question", "articles")}
    return replace(signals, articles=None, **of_articles)


def places(lists: Sequence[RankedList], ranker: Ranker) -> np.ndarray:
    """Return where the first right article of each list stands, from 0, int64 (n_lists,)."""
    return np.array([each.place(ranker(each.signals)) for each in lists], dtype=np.int64)
