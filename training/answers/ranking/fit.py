"""Learn how a desk ranks, and let the newest tickets choose: plain fusion, learnt weights, or weights with trees.

oldest 30 %   the first memory        then 10 % each: lists for the trees, each with a memory of what is older
newest 20 %   choose, by a ranker that has learnt from the rest; then they teach the one that ships as well

What is chosen may be learnt once more from tickets that came later (`refitted`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from retrieval.answering.learnt.desk_memory import DeskMemory
from retrieval.answering.learnt.ranker import DeskRanker, LearntRanker, linear
from retrieval.answering.precedents import Precedents
from retrieval.answering.ranker import FUSION, LinearRanker, Signals
from retrieval.index.article_index import ArticleIndex
from training.answers.link_trust import LinkedTicket
from training.answers.ranker import fit_ranker, weights_of
from training.answers.ranking.boosting import Known, boosted, can_boost
from training.answers.ranking.choice import chosen
from training.answers.ranking.lists import RankedList, lists_of, places
from training.answers.ranking.memory import LabelledTickets, fit_memory
from triage.model.answers_entry import RankerChoice

#: Fewer linked tickets keep the weights: there is too little to choose by.
LEAST: Final = 400
#: Most linked tickets to learn from, the newest.
MOST: Final = 3_000
#: Where the blocks begin, as shares of the tickets; the last one chooses.
BLOCKS: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
#: Weights of the map that are tried.
MAP_WEIGHTS: Final = tuple(np.round(np.arange(0.0, 0.041, 0.0025), 4).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class SolvedTickets:
    """A desk's linked tickets in the order of time, and what else is known."""

    index: ArticleIndex
    cases: Sequence[LinkedTicket]
    precedents: Precedents
    #: By ticket id, how much each of its links teaches.
    taught: Mapping[str, Sequence[float]]
    labelled: LabelledTickets


@dataclass(frozen=True, slots=True, eq=False)
class LearntRanking:
    """The ranker that ships, how it was chosen, and rankers for the tickets that it has learnt from."""

    ranker: DeskRanker
    choice: RankerChoice | None = None
    #: By a ticket's number, the ranker from then on, whose memory is older than those tickets.
    earlier: tuple[tuple[int, DeskRanker], ...] = field(default=())
    #: The number of the last ticket that taught.
    until: int = -1

    def of(self, case: LinkedTicket) -> DeskRanker:
        """Return the ranker to ask a ticket's question with."""
        if case.number > self.until or not self.earlier:
            return self.ranker
        older = [ranker for number, ranker in self.earlier if number <= case.number]
        return older[-1] if older else self.earlier[0][1]


def fit_ranking(desk: SolvedTickets) -> LearntRanking:
    """Learn the weights, and on a desk with enough linked tickets what ships by the newest of them."""
    weights = fit_ranker(desk.index, desk.cases, desk.precedents, desk.taught)
    if len(desk.cases) < LEAST or not can_boost():
        return LearntRanking(weights)
    lists = lists_of(desk.index, desk.cases[-MOST:], desk.precedents, desk.taught)
    if len(lists) < LEAST:
        return LearntRanking(weights)
    taught = _blocks(desk, lists)
    begins, blocks = taught.begins, taught.blocks
    then = _weights(lists[begins[0] : begins[-1]])
    trial = _ranker(then, taught.memories[-1], [each for block in blocks[:-1] for each in block])
    newest = lists[begins[-1] :]
    found = {
        "fusion": places(newest, FUSION),
        "weights": places(newest, then),
        "learnt": _places(blocks[-1], trial),
    }
    choice = chosen(found)
    if choice.chosen != "learnt":
        return LearntRanking(FUSION if choice.chosen == "fusion" else weights, choice)
    earlier = [
        (lists[begin].case.number, replace(trial, memory=memory))
        for begin, memory in zip(begins, taught.memories, strict=True)
    ]
    return LearntRanking(_final(desk, weights, lists, blocks), choice, tuple(earlier), lists[-1].case.number)


def refitted(before: LearntRanking, desk: SolvedTickets) -> LearntRanking:
    """Learn a ranker of the kind that was chosen before from all tickets of a desk, newer ones among them."""
    kind = before.choice.chosen if before.choice else "weights"
    if kind == "fusion":
        return LearntRanking(FUSION, before.choice)
    weights = fit_ranker(desk.index, desk.cases, desk.precedents, desk.taught)
    if kind == "weights":
        return LearntRanking(weights, before.choice)
    lists = lists_of(desk.index, desk.cases[-MOST:], desk.precedents, desk.taught)
    return LearntRanking(_final(desk, weights, lists, _blocks(desk, lists).blocks), before.choice)


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """Where the blocks of some lists begin, a memory of what is older than each, and what that knows of its lists."""

    begins: Sequence[int]
    memories: Sequence[DeskMemory]
    blocks: Sequence[Sequence[Known]]


def _blocks(desk: SolvedTickets, lists: Sequence[RankedList]) -> _Blocks:
    begins = [round(share * len(lists)) for share in BLOCKS]
    memories = [_memory(desk, lists, begin) for begin in begins]
    blocks = [
        _known(desk.index, lists[begin:end], memory)
        for begin, end, memory in zip(begins, [*begins[1:], len(lists)], memories, strict=True)
    ]
    return _Blocks(begins, memories, blocks)


def _final(
    desk: SolvedTickets, weights: LinearRanker, lists: Sequence[RankedList], blocks: Sequence[Sequence[Known]]
) -> LearntRanker:
    """Return the ranker that ships: taught by every block, with a memory of all lists."""
    return _ranker(weights, _memory(desk, lists, len(lists)), [each for block in blocks for each in block])


def _memory(desk: SolvedTickets, lists: Sequence[RankedList], end: int) -> DeskMemory:
    older = lists[:end]
    return fit_memory(desk.index, older, desk.labelled, [each.case for each in older])


def _known(index: ArticleIndex, lists: Sequence[RankedList], memory: DeskMemory) -> list[Known]:
    """Say of lists what a memory knows of their articles."""
    found = []
    for each in lists:
        mapped, shares = memory.mapped(index, each.case.vector), memory.shares(index, each.case.vector)
        found.append(Known(each, mapped[each.numbers], shares[each.numbers]))
    return found


def _weights(lists: Sequence[RankedList]) -> LinearRanker:
    return weights_of([(each.signals.columns(), each.right) for each in lists])


def _ranker(weights: LinearRanker, memory: DeskMemory, known: Sequence[Known]) -> LearntRanker:
    """Fit the map's weight and the trees on lists that the memory of each was older than."""
    costs = [_cost(known, weights, map_weight) for map_weight in MAP_WEIGHTS]
    map_weight = MAP_WEIGHTS[int(np.argmin(costs))]

    def logits(signals: Signals, mapped: np.ndarray) -> np.ndarray:
        return linear(weights, map_weight, signals, mapped)

    return LearntRanker(weights, map_weight, memory, boosted(known, logits))


def _cost(known: Sequence[Known], weights: LinearRanker, map_weight: float) -> float:
    """Return the cross-entropy of the lists' softmax with so much of the map."""
    total = 0.0
    for each in known:
        logits, right = linear(weights, map_weight, each.list.signals, each.mapped), each.list.right
        logits = logits - logits.max()
        total += float(right.sum() * np.log(np.exp(logits).sum()) - right @ logits)
    return total


def _places(known: Sequence[Known], ranker: LearntRanker) -> np.ndarray:
    scores = (ranker.scored(each.list.signals, each.mapped, each.shares) for each in known)
    return np.array([each.list.place(found) for each, found in zip(known, scores, strict=True)], dtype=np.int64)
