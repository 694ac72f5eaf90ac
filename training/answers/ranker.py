"""Learn the ranker's weights from closed tickets, each ranked as if only older tickets were known.

Links in closed tickets are unreliable, so each is weighted by `training.answers.link_trust`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, Protocol

import numpy as np

from retrieval.answering.learnt.ranker import COMPETING, DECIDED, DeskRanker
from retrieval.answering.precedents import History
from retrieval.answering.ranker import LinearRanker, Signals
from retrieval.answering.ranking import RankingQuery, signals_of
from retrieval.answering.second_view import SecondQuery
from retrieval.index.article_index import ArticleIndex
from training.answers.link_trust import LinkedTicket

#: The earlier share of the tickets are precedents only: too few stand before them.
EARLIER: Final = 0.3
#: Most tickets to learn from; more do not move nine numbers. Fewer than the least leave the fixed weights.
MOST: Final = 2_000
LEAST: Final = 30
#: What a departure from the fixed weights costs, squared.
PULL: Final = 0.6


class Recalls(Protocol):
    """Closed tickets that are asked about another one; see `Precedents.recall`."""

    def recall(self, vector: np.ndarray, text: str = "", *, before: int | None = None) -> History: ...  # noqa: D102


@dataclass(frozen=True, slots=True, eq=False)
class AskedOnce:
    """Precedents that keep what they say of a ticket: weights, map and trees are learnt from the same tickets."""

    precedents: Recalls
    _known: dict[int, History] = field(default_factory=dict)

    def recall(self, vector: np.ndarray, text: str = "", *, before: int | None = None) -> History:
        """Ask about a ticket that came in after so many others."""
        if before is None:
            return self.precedents.recall(vector, text)
        if before not in self._known:
            self._known[before] = self.precedents.recall(vector, text, before=before)
        return self._known[before]


def fit_ranker(
    index: ArticleIndex, cases: Sequence[LinkedTicket], precedents: Recalls, taught: Mapping[str, Sequence[float]]
) -> LinearRanker:
    """Learn the weights by a softmax over the articles that compete for each question (Cao et al., ListNet, 2007).

    Parameters
    ----------
    index
        The knowledge base.
    cases
        Tickets that an article solved, in the order of time.
    precedents
        All closed tickets, each case among them at its `number`.
    taught
        By ticket id, how much each of its links teaches, 0 to 1.

    Returns
    -------
    LinearRanker
        Pulled towards the fixed weights, the more so the fewer tickets there are; those where there are too few.
    """
    first = max(round(len(cases) * EARLIER), len(cases) - MOST)
    tried = (_list(index, case, precedents, taught[case.ticket.id]) for case in cases[first:])
    lists = [taught for taught in tried if taught is not None]
    if len(lists) < LEAST:
        return LinearRanker()
    return weights_of(lists)


def _list(
    index: ArticleIndex, case: LinkedTicket, precedents: Recalls, taught: Sequence[float]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the competing articles' columns (n, n_weights) and how right each is (n,); None without a right one."""
    right = rights(index, case, taught)
    if not right.any():
        return None
    asked = asked_then(case, precedents).across(index.translations.versions)
    signals = signals_of(index, asked, index.fits(asked.question, asked.vector))
    numbers = competing(signals, right)
    return signals.columns()[numbers], right[numbers]


def rights(index: ArticleIndex, case: LinkedTicket, taught: Sequence[float]) -> np.ndarray:
    """Return how right each article is for a ticket, float64 (n_articles,): its links, the later ones less."""
    right = np.zeros(len(index.articles))
    for place, (article_id, sure) in enumerate(zip(case.ticket.kb_article_ids, taught, strict=True)):
        if (at := index.number(article_id)) is not None:
            right[at] = sure / (place + 1)
    return right


def competing(signals: Signals, right: np.ndarray) -> np.ndarray:
    """Return the numbers of the articles that compete for a question: the best by fixed weights, and the right ones."""
    best = np.argsort(-LinearRanker()(signals), kind="stable")[:COMPETING]
    return np.union1d(best, np.flatnonzero(right))


def asked_then(
    case: LinkedTicket,
    precedents: Recalls,
    by_second: Recalls | None = None,
    second_ranker: DeskRanker | None = None,
) -> RankingQuery:
    """Return the question of a closed ticket with what was known when it came in, to the second encoder too."""
    history, second = precedents.recall(case.vector, case.text, before=case.number), None
    if by_second is not None and case.second is not None:
        known = by_second.recall(case.second, case.text, before=case.number)
        second = SecondQuery(case.second, known, second_ranker)
    return RankingQuery(case.text, case.vector, "agent", history, case.ticket.language, second=second)


def weights_of(lists: Sequence[tuple[np.ndarray, np.ndarray]]) -> LinearRanker:
    """Learn the weights from lists of columns (n, n_weights) and of how right each article is (n,)."""
    # Late: scipy takes half a second to import, and reading questions does not need it.
    from scipy.optimize import minimize

    start = DECIDED * LinearRanker().weights
    # All lists below each other: a product for each would take most of the time to be called.
    columns = np.concatenate([each for each, _ in lists])
    lengths = np.array([len(each) for each, _ in lists])
    begins = np.cumsum(lengths) - lengths
    # On the whole a list counts 1, however little the desk's links are trusted: trust only tells them apart.
    right = np.concatenate([each for _, each in lists])
    right = right * len(lists) / right.sum()
    rights = np.add.reduceat(right, begins)

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits = columns @ weights
        logits -= np.repeat(np.maximum.reduceat(logits, begins), lengths)
        risen = np.exp(logits)
        mass = np.add.reduceat(risen, begins)
        total = PULL * float(((weights - start) ** 2).sum()) - float(right @ logits - rights @ np.log(mass))
        slope = 2 * PULL * (weights - start) + (risen * np.repeat(rights / mass, lengths) - right) @ columns
        return total, slope

    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(start)).x
    names = [each.name for each in fields(LinearRanker)]
    return LinearRanker(**dict(zip(names, (found / DECIDED).tolist(), strict=True)))
