"""Learn how a desk ranks, and let the newest tickets choose: plain fusion, learnt weights, or weights with trees.

With trees there is one more choice: whether the question is shifted.

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
from retrieval.answering.ranker import FUSION, LinearRanker, Signals
from retrieval.index.article_index import ArticleIndex
from training.answers.link_trust import LinkedTicket
from training.answers.ranker import EARLIER, AskedOnce, Recalls, fit_ranker, weights_of
from training.answers.ranking.boosting import Known, boosted, can_boost
from training.answers.ranking.choice import chosen
from training.answers.ranking.lists import RankedList, lists_of, places
from training.answers.ranking.memory import LabelledTickets, fit_memory
from training.answers.ranking.shift import fit_shift
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
    precedents: Recalls
    #: By ticket id, how much each of its links teaches.
    taught: Mapping[str, Sequence[float]]
    labelled: LabelledTickets
    #: Whether precedents, labelled tickets and lists are those of the second encoder.
    by_second: bool = False
    #: Whether a shift of questions is learnt as well: not where a second encoder reads them, which was not measured.
    shifts: bool = True


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
    desk = replace(desk, precedents=AskedOnce(desk.precedents))
    weights = fit_ranker(desk.index, desk.cases, desk.precedents, desk.taught)
    trial = tried(desk)
    if trial is None:
        return LearntRanking(weights)
    found = {"fusion": places(trial.newest, FUSION), "weights": places(trial.newest, trial.ranker.weights)}
    found["learnt"] = trial.places()
    if trial.ranker.memory.shift is not None:
        found["shifted"] = trial.places(shifted=True)
    choice = chosen(found)
    if choice.chosen in ("fusion", "weights"):
        return LearntRanking(FUSION if choice.chosen == "fusion" else weights, choice)
    return shipped(desk, weights, trial, choice)


def refitted(before: LearntRanking, desk: SolvedTickets) -> LearntRanking:
    """Learn a ranker of the kind that was chosen before from all tickets of a desk, newer ones among them."""
    kind = before.choice.chosen if before.choice else "weights"
    desk = replace(desk, precedents=AskedOnce(desk.precedents), shifts=kind == "shifted")
    if kind == "fusion":
        return LearntRanking(FUSION, before.choice)
    lists = [] if kind == "weights" else _lists(desk)
    weights = (
        later_weights(lists) if desk.by_second else fit_ranker(desk.index, desk.cases, desk.precedents, desk.taught)
    )
    if kind == "weights":
        return LearntRanking(weights, before.choice)
    return LearntRanking(_final(desk, weights, lists, _blocks(desk, lists).blocks), before.choice)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A ranker that has not seen the newest tickets, which are to choose."""

    lists: Sequence[RankedList]
    blocks: _Blocks
    ranker: LearntRanker

    @property
    def newest(self) -> Sequence[RankedList]:
        """The tickets that choose."""
        return self.lists[self.blocks.begins[-1] :]

    def scores(self, *, shifted: bool = False) -> list[np.ndarray]:
        """Score the newest lists by this ranker, with the questions where they are or shifted."""
        return [
            self.ranker.scored(each.list.signals, each.mapped, each.shares, each.gain if shifted else None)
            for each in self.blocks.blocks[-1]
        ]

    def places(self, *, shifted: bool = False) -> np.ndarray:
        """Return where this ranker puts the first right article of each of the newest, from 0."""
        found = zip(self.newest, self.scores(shifted=shifted), strict=True)
        return np.array([each.place(scores) for each, scores in found], dtype=np.int64)


def tried(desk: SolvedTickets) -> Trial | None:
    """Learn from all but the newest tickets; None where there are too few."""
    lists = _lists(desk) if len(desk.cases) >= LEAST and can_boost() else []
    if len(lists) < LEAST:
        return None
    taught = _blocks(desk, lists)
    then = _weights(lists[taught.begins[0] : taught.begins[-1]])
    ranker = _ranker(then, taught.memories[-1], [each for block in taught.blocks[:-1] for each in block])
    return Trial(lists, taught, ranker)


def shipped(desk: SolvedTickets, weights: LinearRanker, trial: Trial, choice: RankerChoice) -> LearntRanking:
    """Return the ranker that ships where map and trees were chosen: taught by the newest tickets, too."""
    lists, taught = trial.lists, trial.blocks
    desk = replace(desk, shifts=choice.chosen == "shifted")
    earlier = [
        (lists[begin].case.number, replace(trial.ranker, memory=memory if desk.shifts else replace(memory, shift=None)))
        for begin, memory in zip(taught.begins, taught.memories, strict=True)
    ]
    return LearntRanking(_final(desk, weights, lists, taught.blocks), choice, tuple(earlier), lists[-1].case.number)


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
    memory = fit_memory(desk.index, lists[:end], desk.labelled, by_second=desk.by_second)
    return replace(memory, shift=fit_shift(desk.index, lists[:end])) if desk.shifts and not desk.by_second else memory


def _known(index: ArticleIndex, lists: Sequence[RankedList], memory: DeskMemory) -> list[Known]:
    """Say of lists what a memory knows of their articles."""
    return [known_of(index, each, each.vector, memory) for each in lists]


def known_of(index: ArticleIndex, ranked: RankedList, question: np.ndarray, memory: DeskMemory) -> Known:
    """Say of a list what a memory knows of its articles for a question, float32 (dim,)."""
    mapped, shares, rows = memory.mapped(index, question), memory.shares(index, question), ranked.numbers
    gain = memory.gain(index, question)
    return Known(ranked, mapped[rows], shares[rows], None if gain is None else gain[rows])


def _lists(desk: SolvedTickets) -> list[RankedList]:
    return lists_of(desk.index, desk.cases[-MOST:], desk.precedents, desk.taught, by_second=desk.by_second)


def later_weights(lists: Sequence[RankedList]) -> LinearRanker:
    """Learn weights from lists that enough tickets stand before."""
    return _weights(lists[round(len(lists) * EARLIER) :])


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
