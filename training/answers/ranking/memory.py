"""Fit what closed tickets teach of articles: the map of questions to titles, and the articles that labels lead to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from retrieval.answering.learnt.desk_memory import MOST_ARTICLES, MOST_LABELS, DeskMemory, title_vectors
from retrieval.index.article_index import ArticleIndex
from training.answers.ranking.lists import RankedList
from training.answers.ranking.softmax import ListSoftmax, minimised, steepest

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Columns of the map, and what its weights cost, squared: chosen on three time splits of a real desk.
RANK: Final = 32
MAP_COST: Final = 0.2
#: Products of questions and titles that are held at once.
MOST_AT_ONCE: Final = 10_000_000
#: The label that leads to articles: the first of these that enough tickets have; a label of fewer tickets is none.
LABELS: Final = ("product_area", "category")
FEWEST_LABELLED: Final = 100
FEWEST_OF_A_LABEL: Final = 5
MOST_LABELLED: Final = 6_000
LABEL_COST: Final = 1.0
#: A label's tickets are shared out as if half another one had gone where all tickets go.
SHRUNK: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTickets:
    """Closed tickets in the order of time: vectors (n, dim), and each one's label, empty where it has none."""

    vectors: np.ndarray
    labels: Sequence[str]

    @classmethod
    def of(cls, vectors: np.ndarray, labels: Sequence[dict[str, str]]) -> LabelledTickets:
        """Take the first kind of label that enough tickets have."""
        for kind in LABELS:
            found = [each.get(kind, "") for each in labels]
            if sum(map(bool, found)) >= FEWEST_LABELLED:
                return cls(vectors, found)
        return cls(vectors, [""] * len(labels))


def fit_memory(
    index: ArticleIndex, lists: Sequence[RankedList], labelled: LabelledTickets, *, by_second: bool = False
) -> DeskMemory:
    """Fit it on lists; of the labelled tickets those are read that came in before the last list's did."""
    vectors = np.stack([each.vector for each in lists]).astype(np.float32)
    centre = vectors.mean(axis=0)
    titles = title_vectors(index, by_second=by_second)
    middle = titles.mean(axis=0)
    maps = _maps(vectors - centre, titles - middle, lists)
    weights, intercepts = _labels(labelled, lists[-1].case.number + 1, centre)
    ids, shares = _shares(lists, weights, intercepts, centre)
    return DeskMemory(
        centre=centre,
        title_centre=middle,
        question_map=maps[0],
        title_map=maps[1],
        label_weights=weights,
        label_intercepts=intercepts,
        article_ids=ids,
        label_shares=shares,
        by_second=by_second,
    )


def _maps(questions: np.ndarray, titles: np.ndarray, lists: Sequence[RankedList]) -> tuple[np.ndarray, np.ndarray]:
    """Fit the map by a softmax over each list, on top of the fixed weights."""
    competing = ListSoftmax.of(lists)
    numbers, rows = competing.numbers, competing.rows
    dim, rank = questions.shape[1], min(RANK, *questions.shape, len(titles))

    def slope(added: np.ndarray) -> tuple[float, csr_matrix]:
        cost, wrong = competing.slope(added)
        return cost, competing.sparse(wrong, numbers, len(titles))

    def cost(both: np.ndarray) -> tuple[float, np.ndarray]:
        of_question, of_title = both.astype(np.float32).reshape(2, dim, rank)
        asked, named = questions @ of_question, titles @ of_title
        found, wrong = slope(_likeness(asked, named, rows, numbers))
        by_question = questions.T @ (wrong @ named) + 2 * MAP_COST * of_question
        by_title = titles.T @ (wrong.T @ asked) + 2 * MAP_COST * of_title
        return found + MAP_COST * float(both @ both), np.concatenate([by_question.ravel(), by_title.ravel()])

    # Where the slope is steepest: at zero both maps would stay where they are.
    first = steepest(-(questions.T @ (slope(np.zeros(len(numbers)))[1] @ titles)), rank)
    found = minimised(cost, np.concatenate([each.ravel() for each in first]))
    shape = (2, dim, rank)
    question_map, title_map = found.reshape(shape).astype(np.float16).astype(np.float32)
    return question_map, title_map


def _likeness(asked: np.ndarray, named: np.ndarray, rows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return the products of some rows of one with some of the other; all of them at once where that is little."""
    if len(asked) * len(named) <= MOST_AT_ONCE:
        return np.asarray((asked @ named.T)[rows, numbers])
    return np.asarray(np.einsum("ij,ij->i", asked[rows], named[numbers]))


def _labels(labelled: LabelledTickets, before: int, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a softmax regression of labels on vectors; no columns where too few tickets have one."""
    counts = Counter(each for each in labelled.labels[:before] if each)
    names = sorted(name for name, n in counts.most_common(MOST_LABELS) if n >= FEWEST_OF_A_LABEL)
    place = {name: at for at, name in enumerate(names)}
    rows = [row for row, each in enumerate(labelled.labels[:before]) if each in place][-MOST_LABELLED:]
    dim, n_labels = len(centre), len(names)
    if len(rows) < FEWEST_LABELLED or n_labels < 2:
        return np.zeros((dim, 0), np.float32), np.zeros(0, np.float32)
    vectors = (labelled.vectors[rows] - centre).astype(np.float32)
    wanted = np.eye(n_labels, dtype=np.float32)[[place[labelled.labels[row]] for row in rows]]

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        both = flat.astype(np.float32)
        weights, intercepts = both[:-n_labels].reshape(dim, n_labels), both[-n_labels:]
        logits = vectors @ weights + intercepts
        logits -= logits.max(axis=1, keepdims=True)
        risen = np.exp(logits)
        mass = risen.sum(axis=1, keepdims=True)
        found = float(np.log(mass).sum() - (wanted * logits).sum()) + LABEL_COST * float((weights**2).sum())
        wrong = risen / mass - wanted
        return found, np.concatenate([(vectors.T @ wrong + 2 * LABEL_COST * weights).ravel(), wrong.sum(axis=0)])

    found = minimised(cost, np.zeros((dim + 1) * n_labels)).astype(np.float32)
    return found[:-n_labels].reshape(dim, n_labels), found[-n_labels:]


def _shares(
    lists: Sequence[RankedList], weights: np.ndarray, intercepts: np.ndarray, centre: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the articles that solved tickets, and each label's share of them."""
    counts = Counter(article for each in lists for article in set(each.case.ticket.kb_article_ids))
    ids = tuple(sorted(name for name, _ in counts.most_common(MOST_ARTICLES)))
    if not len(intercepts):
        return (), np.zeros((0, 0), np.float32)
    place = {name: at for at, name in enumerate(ids)}
    logits = (np.stack([each.vector for each in lists]) - centre) @ weights + intercepts
    risen = np.exp(logits - logits.max(axis=1, keepdims=True))
    likely = risen / risen.sum(axis=1, keepdims=True)
    solved = np.zeros((len(intercepts), len(ids)))
    for labels, each in zip(likely, lists, strict=True):
        for nth, article in enumerate(each.case.ticket.kb_article_ids, 1):
            if article in place:
                solved[:, place[article]] += labels / nth
    everywhere = solved.sum(axis=0) / max(float(solved.sum()), 1e-12)
    shares = (solved + SHRUNK * everywhere) / (solved.sum(axis=1, keepdims=True) + SHRUNK)
    return ids, shares.astype(np.float32)
