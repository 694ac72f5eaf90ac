"""Which tickets to label next: those the model is least sure of, spread over all topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from training.data_quality.label_errors import SHOWN, doubts
from triage.tickets.closed_ticket import heads_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from training.data_quality.checks import TicketSet
    from training.data_quality.out_of_fold import OutOfFold

_POOL = 6
"""Choose among so many times the tickets wanted, the most uncertain."""
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A ticket to label: for which heads, how uncertain they are (0 to 1), and why it was chosen."""

    id: str
    heads: tuple[str, ...]
    uncertainty: float
    why: str
    text: str

    def to_record(self) -> dict[str, Any]:
        """Return it as a line of label_next.jsonl."""
        told = {"id": self.id, "heads": list(self.heads), "uncertainty": self.uncertainty}
        return told | {"why": self.why, "text": self.text}


def wanted(desk: TicketSet, vectors: NDArray[np.float32], found: Mapping[str, OutOfFold], most: int) -> list[Wanted]:
    """Choose tickets.

    Parameters
    ----------
    desk
        The tickets.
    vectors
        Theirs, (n, dim).
    found
        Out-of-fold probabilities of the heads that can be learnt; with none, only diversity counts.
    most
        How many.

    Returns
    -------
    list of Wanted
        The most uncertain first, one of each cluster (k-means on the vectors of the most uncertain): tickets that say
        the same are not asked twice. Without unlabelled tickets, those whose label is most doubtful.
    """
    heads = heads_of(desk.tickets) or ("category",)
    open_ = {row: tuple(head for head in heads if head not in t.labels) for row, t in enumerate(desk.tickets)}
    open_ = {row: lacking for row, lacking in open_.items() if lacking}
    if open_:
        unsure = {row: _unsure(found, lacking, row) for row, lacking in open_.items()}
        why = "not labelled yet, the model is unsure" if found else "not labelled yet, typical of its kind"
    elif found:
        open_, unsure = _doubtful(found)
        why = "its label is doubtful"
    else:
        return []
    _, unique = np.unique(desk.repeats[list(unsure)], return_index=True)
    rows = np.array(list(unsure))[np.sort(unique)]
    score = np.array([unsure[row] for row in rows.tolist()])
    pool = rows[np.argsort(-score, kind="stable")[: _POOL * most if found else _MOST]]
    chosen = _spread(vectors, pool, np.array([unsure[row] for row in pool.tolist()]), most)
    return [
        Wanted(desk.tickets[row].id, open_[row], round(unsure[row], 4), why, desk.texts[row][:SHOWN]) for row in chosen
    ]


def _unsure(found: Mapping[str, OutOfFold], heads: tuple[str, ...], row: int) -> float:
    """Return one less the margin between the best two labels, averaged over the heads that lack one."""
    margins = []
    for head in heads:
        if head in found:
            first, second = np.sort(found[head].probabilities[row])[:-3:-1]
            margins.append(1 - float(first - second))
    return float(np.mean(margins)) if margins else 1.0


def _doubtful(found: Mapping[str, OutOfFold]) -> tuple[dict[int, tuple[str, ...]], dict[int, float]]:
    heads: dict[int, tuple[str, ...]] = {}
    scores: dict[int, float] = {}
    each = {head: doubts(one) for head, one in found.items()}
    for row in range(len(next(iter(each.values())))):
        head = max(each, key=lambda name: each[name][row])
        heads[row], scores[row] = (head,), float(each[head][row])
    return heads, scores


def _spread(vectors: NDArray[np.float32], pool: NDArray[np.int64], unsure: NDArray[Any], most: int) -> list[int]:
    """Return the most uncertain of each cluster, or where all are alike the one nearest to its middle."""
    if len(pool) <= most:
        return [int(pool[i]) for i in np.argsort(-unsure, kind="stable")]
    means = MiniBatchKMeans(most, random_state=0, n_init=1, batch_size=2048).fit(vectors[pool])
    distance = np.linalg.norm(vectors[pool] - means.cluster_centers_[means.labels_], axis=1)
    order = np.lexsort((distance, -unsure))
    _, first = np.unique(means.labels_[order], return_index=True)
    return [int(pool[order[i]]) for i in np.sort(first)]
