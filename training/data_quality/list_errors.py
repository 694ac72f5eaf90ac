"""Lists of labels that are probably wrong: labels to add and to remove, ticket by ticket, with evidence in words.

Each label is judged for itself, as one against the rest (confident learning of several labels a ticket: Thyagarajan,
Snorrason, Northcutt, Mueller 2022, by cleanlab), by a model that has not seen the ticket and by its neighbours. Tickets
that repeat it are a second witness. A ticket is as doubtful as the most doubtful of its labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

from training.data_quality.label_errors import REPEATED, SHOWN
from training.data_quality.out_of_fold import VOTES, scores_of, votes_of
from training.multi.fit import calibration
from triage.model.multi.head import sigmoid, truth_of
from triage.tickets.doubtful_labels import Suspect
from triage.tickets.label_decisions import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from training.data.labels import HeadLabels
    from training.data_quality.checks import TicketSet
    from training.data_quality.label_errors import Queue

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

LIKELY = 0.5
"""A label is proposed from this probability on, and to be taken away below it."""
_ASKED = 9
_EXPLAINED = 6


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Of one label: tickets that carry it, and the estimates of how many wrongly do, and how many lack it."""

    carried: int
    too_many: int
    missing: int


@dataclass(frozen=True, slots=True)
class ListQueue:
    """Suspects, the likeliest first; how many of the `labelled` lists are probably wrong; counts by label."""

    suspects: tuple[Suspect, ...]
    wrong: int
    labelled: int
    labels: Mapping[str, LabelCounts]


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """The lists of all tickets: probabilities of each label and truth, (n, n_labels), and where it is known, (n,)."""

    labels: Sequence[str]
    truth: Bools
    known: Bools
    probabilities: Floats


def queue(desk: TicketSet, chosen: HeadLabels, decided: Collection[tuple[str, str]] = ()) -> ListQueue | None:
    """Rank the lists that a person should look at.

    Parameters
    ----------
    desk
        Tickets and what is derived from them.
    chosen
        A multi head; labels that are too rare to be judged stay as they are.
    decided
        Tickets and heads that a person has decided on: they are not asked again.

    Returns
    -------
    ListQueue or None
        None where too few tickets have a list to judge any. Lists that nothing speaks against are not in the queue.
    """
    found = out_of_fold(desk, chosen)
    if found is None:
        return None
    issues = _issues(found)
    own = found.truth[found.known]
    counts = {
        label: LabelCounts(
            int(own[:, place].sum()),
            int((issues[:, place] & own[:, place]).sum()),
            int((issues[:, place] & ~own[:, place]).sum()),
        )
        for place, label in enumerate(found.labels)
    }
    suspects = [each for each in _suspects(desk, chosen.head, found) if (each.id, each.head) not in decided]
    suspects.sort(key=lambda each: (-each.score, each.id))
    return ListQueue(tuple(suspects), int(issues.any(axis=1).sum()), len(own), counts)


def out_of_fold(desk: TicketSet, chosen: HeadLabels) -> Lists | None:
    """Say of each ticket and label what others' tickets make of it.

    Parameters
    ----------
    desk
        Tickets and what is derived from them.
    chosen
        The labels of a multi head.

    Returns
    -------
    Lists or None
        Ridge regression on each label, calibrated for each (Platt 1999), mixed with the neighbours' votes. None where
        no label or no two groups of tickets are there.
    """
    sets = [ticket.seen_sets.get(chosen.head) for ticket in desk.tickets]
    known = np.array([each is not None for each in sets], dtype=bool)
    rows = np.flatnonzero(known)
    if not chosen.learnt or len(set(desk.groups[rows].tolist())) < 2:
        return None
    truth = truth_of([each or () for each in sets], chosen.learnt)
    scores = scores_of(desk.features, np.where(truth, 1.0, -1.0), rows, desk.groups)
    slope, offset = calibration(scores[rows], truth[rows])
    probabilities = sigmoid(scores * slope + offset)
    weights = votes_of(known, desk.groups, desk.near)
    total = weights.sum(axis=1)
    for place in range(len(chosen.learnt)) if total.any() else ():
        voted = (weights * truth[desk.near.rows, place]).sum(axis=1)
        mixed = (1 - VOTES) * probabilities[:, place] + VOTES * np.divide(voted, total, where=total > 0, out=voted)
        probabilities[:, place] = np.where(total > 0, mixed, probabilities[:, place])
    return Lists(chosen.learnt, truth, known, probabilities)


def _issues(found: Lists) -> Bools:
    """Return which labels of the known lists confident learning calls wrong, (n_known, n_labels)."""
    truth = found.truth[found.known]
    lists = [np.flatnonzero(each).tolist() for each in truth]
    probabilities = np.clip(found.probabilities[found.known], 1e-6, 1 - 1e-6)
    issues = np.zeros(truth.shape, dtype=bool)
    both = truth.any(axis=0) & ~truth.all(axis=0)  # of a label that all carry, or none, nothing can be estimated
    if both.any():
        places = np.flatnonzero(both)
        column = {place: i for i, place in enumerate(places.tolist())}
        own = [[column[place] for place in each if place in column] for each in lists]
        masks = find_multilabel_issues_per_class(own, probabilities[:, places], filter_by="both", n_jobs=1)
        issues[:, places] = np.array(masks, dtype=bool).reshape(len(places), len(truth)).T
    return issues


def _suspects(desk: TicketSet, head: str, found: Lists) -> list[Suspect]:
    against, others = _against(desk, found)
    doubt = np.where(found.truth, 1 - found.probabilities, found.probabilities)
    doubt = 1 - (1 - doubt) * (1 - REPEATED * against)
    flipped = ((found.probabilities >= LIKELY) != found.truth) | (against > LIKELY)
    suspects = []
    for row in np.flatnonzero(flipped.any(axis=1)).tolist():
        ticket = desk.tickets[row]
        before = listed(ticket.seen_sets[head]) if found.known[row] else None
        changed = sorted(np.flatnonzero(flipped[row]).tolist(), key=lambda place: -doubt[row, place])
        names = {found.labels[place] for place in changed}
        evidence = [_evidence(desk, found, row, place, int(others[row, place])) for place in changed[:_EXPLAINED]]
        score = round(float(doubt[row, changed[0]]), 4)
        proposed = listed(set(before or ()) ^ names)
        suspects.append(Suspect(ticket.id, head, before, proposed, score, tuple(evidence), ticket.text[:SHOWN]))
    return suspects


def _against(desk: TicketSet, found: Lists) -> tuple[Floats, NDArray[np.int64]]:
    """Return for each ticket and label the share, and the number, of its repeats that say otherwise."""
    shares, numbers = np.zeros(found.truth.shape), np.zeros(found.truth.shape, dtype=np.int64)
    rows = np.flatnonzero(found.known)
    order = rows[np.argsort(desk.repeats[rows], kind="stable")]
    for group in np.split(order, np.flatnonzero(np.diff(desk.repeats[order])) + 1):
        if len(group) > 1:
            own = found.truth[group]
            carried = own.sum(axis=0)
            numbers[group] = np.where(own, len(group) - carried, carried)
            shares[group] = numbers[group] / (len(group) - 1)
    return shares, numbers


def _evidence(desk: TicketSet, found: Lists, row: int, place: int, others: int) -> str:
    verb = "remove" if found.truth[row, place] else "add"
    near = [other for other in desk.near.rows[row].tolist() if other >= 0 and found.known[other]][:_ASKED]
    alike = int(found.truth[near, place].sum())
    told = [f"the model gives {found.probabilities[row, place]:.2f}"]
    if near:
        told.append(f"{alike} of {len(near)} nearest tickets have it")
    if others:
        told.append(f"{others} tickets that repeat it say so" if others > 1 else "a ticket that repeats it says so")
    return f"{verb} {found.labels[place]}: {', '.join(told)}"


def sentences(single: Queue, lists: Mapping[str, ListQueue]) -> Iterator[str]:
    """Yield how many labels of each head are probably wrong; of a multi head how many lists, and which labels most."""
    for head, n in single.labelled.items():
        yield f"{head}: about {single.wrong[head]} of {n} labels are probably wrong ({single.wrong[head] / n:.1%})"
    for head, found in lists.items():
        n = max(1, found.labelled)
        yield f"{head}: about {found.wrong} of {found.labelled} lists are probably wrong ({found.wrong / n:.1%})"
        worst = sorted(found.labels.items(), key=lambda each: -(each[1].too_many + each[1].missing))
        for label, counts in worst[:_EXPLAINED]:
            if counts.too_many + counts.missing:
                yield f"  {label}: about {counts.too_many} of {counts.carried} wrongly, {counts.missing} missing"
