"""Zero-shot heads: a ticket gets the label whose name and description are nearest.

A label's direction is the mean of its name and its description as the encoder reads them, and of the tickets that carry
it, where there are some. Tickets without labels help twice, as in self-training (Scudder 1965): each label's mean
similarity to them is taken off, and each direction goes half the way to the tickets that lean towards it. Measured on
the bundled sample and banking77, that is worth one to five points of accuracy.

Such a head only ever suggests. Priority gets none: how urgent a ticket is hangs on what it says happened, not on the
words that define P1; described, it was right less often than always saying P3.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, Final

import numpy as np

from training.classifiers.candidates import Choice
from training.classifiers.cross_fitting import unseen_scores
from training.classifiers.estimators import LinearHead
from training.classifiers.fit import FittedHead, Measured, Trained
from training.data.labels import TEACHES, HeadLabels
from training.evaluation import metrics as evaluation
from training.evaluation.slices import Promises, Proof
from triage.model.classifier import softmax
from triage.model.head_entry import Trivial, Uncertified
from triage.model.pools import dense
from triage.taxonomy import labels as taxonomy
from triage.taxonomy.heads import multis_of, names_of
from triage.tickets.closed_ticket import heads_of, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Reading
    from training.classifiers.features import Features
    from training.classifiers.head_data import HeadData
    from training.config import RefitConfig
    from training.data.splits import Split
    from triage.taxonomy.labels import Label, Taxonomy
    from triage.tickets.closed_ticket import ClosedTicket

    Read = Callable[[Sequence[str]], Reading]
    Directions = NDArray[np.float64]

NOT_DESCRIBED: Final = frozenset({"priority"})
SUGGEST_AT: Final = 0.5
ENOUGH: Final = 50
"""Fewer tickets than this say nothing about what tickets look like."""
WORDS_COUNT: Final = 2
"""A label's words count as much as so many tickets of it."""
_LEAN: Final = 20.0
_SPREAD: Final = 0.35
_WORD: Final = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A head to describe: its labels, with how many tickets carry them, and what they mean."""

    labels: HeadLabels
    meanings: tuple[Label, ...]


def wanted(chosen: Sequence[HeadLabels], tickets: Sequence[ClosedTicket], given: Taxonomy | None) -> list[Wanted]:
    """Choose the heads that have to be described.

    Parameters
    ----------
    chosen
        The heads that the tickets carry; one without a problem is learnt and needs no description. Nor does a multi
        head, which words alone do not teach.
    tickets
        All of them.
    given
        The desk's own labels. A head that no ticket carries is described only from these: labels that come with
        Firstline are no desk's.

    Returns
    -------
    list of Wanted
        Labels in alphabetical order.
    """
    learnt = {head.head for head in chosen if head.problem is None} | NOT_DESCRIBED
    learnt |= set(multis_of(given.declared)) if given else set()
    found = []
    for head in in_order({*heads_of(tickets), *(names_of(given.declared) if given else ())}):
        support = Counter(ticket.labels[head] for ticket in tickets if head in ticket.labels)
        own = given.heads.get(head) if given else None
        meanings = (
            own or taxonomy.seen({head: support}, given or taxonomy.default()).heads[head] if own or support else ()
        )
        if head in learnt or len(meanings) < 2:
            continue
        names = tuple(sorted(each.name for each in meanings))
        labels = HeadLabels(head, names, {}, sum(support[name] for name in names))
        found.append(Wanted(labels, tuple(sorted(meanings, key=lambda each: each.name))))
    return found


def instead(chosen: Sequence[HeadLabels], described: Sequence[Wanted]) -> list[HeadLabels]:
    """Put the heads that are described in the place of those that could not be learnt."""
    new = {each.labels.head: each.labels for each in described}
    return [head for head in chosen if head.head not in new] + list(new.values())


def centred(features: Features, split: Split) -> Features:
    """Take the centre away where it is the mean of too few tickets to say what tickets look like."""
    few = len(split.teach) < ENOUGH
    return replace(features, centres=np.zeros_like(features.centres)) if few else features


def wordings(label: Label) -> list[str]:
    """Return what a label says of itself; a name without a word, such as a code, says nothing."""
    name = label.name.replace("_", " ")
    if not label.description:
        return [name]
    return [name, f"{name}: {label.description}"] if _WORD.search(name) else [label.description]


def describe(head: Wanted, lesson: HeadData, features: Features, read: Read) -> FittedHead:
    """Make a head of its labels' words.

    Parameters
    ----------
    head
        Labels and meanings.
    lesson
        Which ticket carries which label, and the split: the held-out slice measures, and has no other part in it.
    features
        Of all tickets, by the lexicon and the centres that serve.
    read
        The encoder.

    Returns
    -------
    FittedHead
        Of the rung "described": nothing of it can be certified, whatever it was measured on.
    """
    words, folds = _of_words(head, features, read), lesson.split.folds

    def fit(taught: NDArray[np.int64]) -> LinearHead:
        tickets = _first_pool(dense(features.states[taught], features.centres), features.n_pools)
        directions, lift = _among(tickets, _with_examples(words, head, tickets, lesson.own[taught]))
        return _linear(head.labels.learnt, directions, lift, features)

    model, unseen = fit(lesson.split.teach), None
    if folds is not None:  # all tickets teach: each is measured by what it has not taught
        unseen = unseen_scores(fit, head.labels.learnt, lesson.split.teach, features, folds)
    temperature = _SPREAD / log(1 + len(words))
    return FittedHead(
        labels=head.labels,
        trained=Trained(model),
        temperature=temperature,
        suggest_at=SUGGEST_AT,
        rung="described",
        candidates=(),
        choice=Choice("described", 0.0, 0.0),
        measured=_measured(Trained(model, unseen), lesson, features, temperature),
        proof=Proof((), (), ()),
        taught_by_all=folds is not None,
    )


def uncertified(labels: HeadLabels, config: RefitConfig) -> Promises:
    """Return what the manifest says in place of a described head's certificates: what it takes to learn."""
    least, wanted = max(TEACHES, config.data.minimum_support), config.certificate
    reason = f"it takes {least} closed tickets of each label to learn from them"
    more = max(0, least * len(labels.learnt) - labels.n)
    limits = {"alpha": wanted.alpha, "delta": wanted.delta}
    missing = Uncertified(slice={}, **limits, reason=reason, more_labels=more, most_labels=more)
    return Promises(uncertified=(missing,))


def _of_words(head: Wanted, features: Features, read: Read) -> Directions:
    """Return the direction of each label's words, (n_labels, dim)."""
    found = []
    for label in head.meanings:
        states = read(wordings(label)).states
        found.append(_unit(_first_pool(dense(states, features.centres), features.n_pools).mean(axis=0)))
    return np.stack(found)


def _with_examples(
    directions: Directions, head: Wanted, tickets: NDArray[np.float32], own: NDArray[np.object_]
) -> Directions:
    """Add the tickets that carry a label to its words."""
    sums = [
        WORDS_COUNT * words + tickets[own == label].sum(axis=0)
        for words, label in zip(directions, head.labels.learnt, strict=True)
    ]
    return _unit(np.stack(sums))


def _among(tickets: NDArray[np.float32], directions: Directions) -> tuple[Directions, NDArray[np.float64]]:
    """Move each direction towards the tickets that lean to it; return directions, and what evens the labels out."""
    if len(tickets) < ENOUGH:
        return directions, np.zeros(len(directions))
    scores = tickets @ directions.T
    lean = softmax(_LEAN * (scores - scores.mean(axis=0)))
    directions = _unit(directions + _unit((lean.T @ tickets) / lean.sum(axis=0)[:, None]))
    return directions, -(tickets @ directions.T).mean(axis=0)


def _linear(labels: Sequence[str], directions: Directions, lift: NDArray[np.float64], features: Features) -> LinearHead:
    """Return the linear map: only the first pool counts, and no n-gram."""
    dim, n_dense = directions.shape[1], features.centres.size
    model = LinearHead(n_dense=n_dense)
    model.classes_ = np.array(labels)
    model.n_features_in_ = n_dense + features.ngrams.shape[1]
    model.coef_ = np.zeros((model.n_features_in_, len(labels)))
    model.coef_[:dim] = directions.T * np.sqrt(features.n_pools)
    model.intercept_ = lift
    return model


def _measured(trained: Trained, lesson: HeadData, features: Features, temperature: float) -> Measured:
    rows = lesson.labelled(lesson.split.hold_out)
    before = lesson.own[lesson.labelled(lesson.split.teach)].tolist()
    rows = rows if before else rows[:0]
    probabilities = (
        softmax(trained.scores(features, rows) / temperature) if len(rows) else np.empty((0, len(trained.classes)))
    )
    truth = lesson.own[rows].tolist()
    simple = evaluation.trivial(truth, before) if truth else Trivial(label=None, n=0)
    figures = evaluation.measure(truth, probabilities, trained.classes, SUGGEST_AT)
    return Measured(rows, trained.classes, probabilities, figures, simple, np.ones(len(rows), dtype=bool))


def _first_pool(pools: NDArray[np.float32], n_pools: int) -> NDArray[np.float32]:
    """Return the mean over tokens at unit length: all pools together have unit length."""
    return pools[:, : pools.shape[1] // n_pools] * np.float32(np.sqrt(n_pools))


def _unit(rows: Directions) -> Directions:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), dtype=np.float64)
