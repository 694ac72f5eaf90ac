"""Learn what ranks by the second encoder, and choose on the newest tickets in the languages that are read by it.

One set of weights for both encoders knows neither which words the second one reads as one, nor its map of questions to
titles: those are learnt from its own vectors of every linked ticket, in all languages.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from retrieval.answering.learnt.ranker import DeskRanker, LearntRanker
from retrieval.answering.ranker import FUSION, Signals
from retrieval.answering.second_view import SECOND
from retrieval.index.article_index import ArticleIndex
from training.answers.ranking.choice import chosen
from training.answers.ranking.fit import LearntRanking, SolvedTickets, Trial, known_of, later_weights, shipped, tried
from training.answers.ranking.lists import RankedList, only, seen

#: Fewer of the newest tickets in other languages choose nothing: all of the newest do.
ENOUGH: Final = 30


def fit_second(
    desk: SolvedTickets, beside: SolvedTickets, first: LearntRanking, asking: Collection[int]
) -> LearntRanking | None:
    """Learn what ranks by the second encoder, for scores that are averaged with those by the first.

    Parameters
    ----------
    desk
        By the second encoder, which has read every case.
    beside
        The same tickets by the first one.
    first
        What ranks by the first one.
    asking
        The numbers of the tickets whose language asks for the second encoder.

    Returns
    -------
    LearntRanking or None
        None where the first one's ranker does no worse, or where there are too few tickets.
    """
    trial = tried(desk) if first.choice else None
    if trial is None:
        return None
    choice = chosen(_places(trial, beside, first, asking))
    if choice.chosen == "learnt":
        return shipped(desk, later_weights(trial.lists), trial, choice)
    return LearntRanking(FUSION, choice) if choice.chosen == "fusion" else None


def _places(
    trial: Trial, beside: SolvedTickets, first: LearntRanking, asking: Collection[int]
) -> dict[str, np.ndarray]:
    """Return where the first right article stands by each way to rank the second view, beside the first one."""
    own = trial.scores()
    rows = [row for row, each in enumerate(trial.newest) if each.case.number in asking]
    found: dict[str, list[int]] = {"fusion": [], "first": [], "learnt": []}
    for row in rows if len(rows) >= ENOUGH else range(len(own)):
        each = trial.newest[row]
        ranker = first.of(each.case)
        alone = _scores(
            beside.index, each, ranker, only(seen(beside.index, each.case, beside.precedents), each.numbers)
        )
        again = _scores(beside.index, each, ranker, each.signals)
        for name, scores in (("fusion", FUSION(each.signals)), ("first", again), ("learnt", own[row])):
            found[name].append(each.place(SECOND * scores + (1 - SECOND) * alone))
    return {name: np.array(places, dtype=np.int64) for name, places in found.items()}


def _scores(index: ArticleIndex, each: RankedList, ranker: DeskRanker, signals: Signals) -> np.ndarray:
    """Score a list's articles by the first encoder's ranker."""
    if not isinstance(ranker, LearntRanker):
        return ranker(signals)
    known = known_of(index, each, each.case.vector, ranker.memory)
    return ranker.scored(signals, known.mapped, known.shares, known.gain)
