"""The ranker's weights, learnt from closed tickets: each is ranked for as if only older tickets were known.

A link in a closed ticket is a doubtful teacher: many name a generic first step. On a desk whose links were graded by
hand, 3 in 10 links answered the question where the article was among the half that fits it least, 8 in 10 where it
stood three standard deviations out. So each link is trusted as far as its article stands out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from retrieval.index import ArticleIndex
from retrieval.precedents import Precedents
from retrieval.ranker import LinearRanker
from retrieval.ranking import Asked, signals_of
from triage.closed_ticket import ClosedTicket

#: The earlier share of the tickets are precedents only: too few stand before them.
EARLIER: Final = 0.3
#: Most tickets to learn from; more do not move nine numbers. Fewer than the least leave the fixed weights.
MOST: Final = 2_000
LEAST: Final = 30
#: Articles that compete for a question, the best by the fixed weights.
COMPETING: Final = 100
#: How decided the fixed weights are (score to logit), and what a departure from them costs, squared.
DECIDED: Final = 12.0
PULL: Final = 0.6
#: Standard deviations above the mean where a link is trusted half, and how fast trust rises there.
HALF_TRUSTED: Final = 1.5
RISE: Final = 2.0


@dataclass(frozen=True)
class Case:
    """A solved ticket and the encoding of its text."""

    ticket: ClosedTicket
    vector: np.ndarray


def trust(index: ArticleIndex, case: Case) -> tuple[float, ...]:
    """Tell for each of a ticket's articles how far the link is to be trusted, 0 to 1; 1 for what is gone today."""
    numbers = [index.number(article_id) for article_id in case.ticket.kb_article_ids]
    if all(number is None for number in numbers):
        return (1.0,) * len(numbers)
    scores = LinearRanker()(signals_of(index, asked := _asked(case), index.fits(asked.question, asked.vector)))
    spread = float(scores.std()) or 1.0
    outstanding = (scores - scores.mean()) / spread
    trusted = 1 / (1 + np.exp(-RISE * (outstanding - HALF_TRUSTED)))
    return tuple(1.0 if number is None else float(trusted[number]) for number in numbers)


def fit_ranker(
    index: ArticleIndex, cases: Sequence[Case], precedents: Precedents, trusted: Mapping[str, Sequence[float]]
) -> LinearRanker:
    """Learn the weights by a softmax over the articles that compete for each question (Cao et al., ListNet, 2007).

    Parameters
    ----------
    index
        The knowledge base.
    cases
        Solved tickets in the order of time.
    precedents
        The same tickets in the same order.
    trusted
        By ticket id, what `trust` says of its links.

    Returns
    -------
    LinearRanker
        Pulled towards the fixed weights, the more so the fewer tickets there are; those where there are too few.
    """
    first = max(round(len(cases) * EARLIER), len(cases) - MOST)
    tried = (_list(index, cases[number], precedents, number, trusted) for number in range(first, len(cases)))
    lists = [taught for taught in tried if taught is not None]
    if len(lists) < LEAST:
        return LinearRanker()
    return _minimised(lists)


def _list(
    index: ArticleIndex,
    case: Case,
    precedents: Precedents,
    number: int,
    trusted: Mapping[str, Sequence[float]],
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the competing articles' columns (n, n_weights) and how right each is (n,); None without a right one."""
    right = np.zeros(len(index.articles))
    for place, (article_id, sure) in enumerate(zip(case.ticket.kb_article_ids, trusted[case.ticket.id], strict=True)):
        if (at := index.number(article_id)) is not None:
            right[at] = sure / (place + 1)
    if not right.any():
        return None
    asked = _asked(case, precedents, number)
    signals = signals_of(index, asked, index.fits(asked.question, asked.vector))
    best = np.argsort(-LinearRanker()(signals), kind="stable")[:COMPETING]
    competing = np.union1d(best, np.flatnonzero(right))
    return signals.columns()[competing], right[competing]


def _asked(case: Case, precedents: Precedents | None = None, before: int = 0) -> Asked:
    ticket = case.ticket
    asked = Asked(ticket.text, case.vector, "agent", language=ticket.language)
    if precedents is None:
        return asked
    history = precedents.recall(case.vector, before=before)
    return Asked(ticket.text, case.vector, "agent", history, ticket.language)


def _minimised(lists: Sequence[tuple[np.ndarray, np.ndarray]]) -> LinearRanker:
    # Late: scipy takes half a second to import, and reading questions does not need it.
    from scipy.optimize import minimize

    start = DECIDED * LinearRanker().weights()
    # On the whole a list counts 1, however little the desk's links are trusted: trust only tells them apart.
    mean = sum(float(right.sum()) for _, right in lists) / len(lists)
    lists = [(columns, right / mean) for columns, right in lists]

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = PULL * float(((weights - start) ** 2).sum()), 2 * PULL * (weights - start)
        for columns, right in lists:
            logits = columns @ weights
            logits -= logits.max()
            mass = np.exp(logits).sum()
            total -= float(right @ (logits - np.log(mass)))
            slope += (np.exp(logits) / mass * right.sum() - right) @ columns
        return total, slope

    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start)).x
    names = [each.name for each in fields(LinearRanker)]
    return LinearRanker(**dict(zip(names, (found / DECIDED).tolist(), strict=True)))
