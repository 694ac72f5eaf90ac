"""Labels that are probably wrong or missing: a ranked queue with evidence in words.

Three witnesses: a model that has not seen the ticket (confident learning: Northcutt, Jiang, Chuang 2021, by cleanlab),
tickets that repeat it under another label, and agents' corrections. Each is a probability that the label is wrong; the
label is right only if all of them err, so their complements are multiplied.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from triage.tickets.doubtful_labels import Suspect

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from training.data.agent_corrections import Corrected
    from training.data_quality.checks import TicketSet
    from training.data_quality.out_of_fold import OutOfFold

CORRECTED = 0.9
"""How surely an agent who changes a label is right, and how little a doubt is worth where one chose the same label."""
REPEATED = 0.5
"""How much it counts when all tickets that repeat this one have another label."""
SHOWN = 300
_ASKED = 9


@dataclass(frozen=True, slots=True)
class Queue:
    """Suspects, the likeliest first, and how many wrong labels confident learning estimates for each head."""

    suspects: tuple[Suspect, ...]
    wrong: Mapping[str, int]
    labelled: Mapping[str, int]


def queue(
    desk: TicketSet,
    heads: Collection[str],
    corrections: Mapping[tuple[str, str], Corrected],
    decided: Collection[tuple[str, str]] = (),
) -> Queue:
    """Rank the labels that a person should look at.

    Parameters
    ----------
    desk
        Tickets and what is derived from them.
    heads
        Which heads; those that the desk cannot learn are left out.
    corrections
        By ticket and head.
    decided
        Tickets and heads that a person has decided on: they are not asked again.

    Returns
    -------
    Queue
        Labels that nothing speaks against are not in it.
    """
    suspects: list[Suspect] = []
    wrong, labelled = {}, {}
    for head in heads:
        found = desk.out_of_fold(head) if head in desk.learnt else None
        if found is None:
            continue
        issues = _issues(found)
        wrong[head], labelled[head] = int(issues.sum()), len(found.labelled)
        suspects += _suspects(desk, head, found, corrections)
    suspects = [each for each in suspects if (each.id, each.head) not in decided]
    return Queue(tuple(sorted(suspects, key=lambda each: (-each.score, each.id, each.head))), wrong, labelled)


def doubts(found: OutOfFold) -> NDArray[np.float64]:
    """Return how doubtful each label is by the model alone, (n,), 0 to 1; a missing one by how sure its proposal is.

    The mean of two of cleanlab's scores: how little the label is believed, and how much more another is. The first
    alone ranks labels of vague tickets too high, the second alone misses neighbours that are easily confused.
    """
    rows, probabilities = found.labelled, found.probabilities
    codes, own = found.codes[rows], probabilities[rows]
    quality = (
        get_label_quality_scores(codes, own, method="self_confidence")
        + get_label_quality_scores(codes, own, method="normalized_margin")
    ) / 2
    doubt = np.asarray(probabilities.max(axis=1), dtype=np.float64)
    doubt[rows] = 1 - quality
    return doubt


def _issues(found: OutOfFold) -> NDArray[np.bool_]:
    rows = found.labelled
    issues = find_label_issues(found.codes[rows], found.probabilities[rows], filter_by="both", n_jobs=1)
    return np.asarray(issues, dtype=bool)


def _suspects(
    desk: TicketSet, head: str, found: OutOfFold, corrections: Mapping[tuple[str, str], Corrected]
) -> list[Suspect]:
    doubt, guesses = doubts(found), found.guesses
    others = _others(desk, found)
    suspects = []
    for row, ticket in enumerate(desk.tickets):
        label = ticket.labels.get(head)
        if label is not None and found.codes[row] < 0:
            continue  # too rare to be judged
        corrected = corrections.get((ticket.id, head))
        proposed = found.classes[guesses[row]]
        evidence, score = [], float(doubt[row])
        if row in others:
            proposed_there, evidence_there, share = others[row]
            score = 1 - (1 - score) * (1 - REPEATED * share)
            proposed = proposed_there if proposed == label else proposed
            evidence.append(evidence_there)
        if corrected is not None:
            agrees = corrected.label == label
            score = score * (1 - CORRECTED) if agrees else 1 - (1 - score) * (1 - CORRECTED)
            proposed = corrected.label
            when = f" on {corrected.at[:10]}" if corrected.at else ""
            evidence.insert(0, f"agent {corrected.actor} set {corrected.label}{when}")
        if proposed != label:
            told = (*evidence, _nearest(desk, found, row, proposed), _says(found, row, proposed, label))
            text = ticket.text[:SHOWN]
            suspects.append(Suspect(ticket.id, head, label, proposed, round(score, 4), tuple(filter(None, told)), text))
    return suspects


def _others(desk: TicketSet, found: OutOfFold) -> dict[int, tuple[str, str, float]]:
    """Return for tickets whose repeats are labelled otherwise: most frequent label there, in words, share."""
    of: dict[int, list[int]] = {}
    for row in found.labelled.tolist():
        of.setdefault(int(desk.repeats[row]), []).append(row)
    against = {}
    for rows in of.values():
        if len(rows) < 2 or len(set(found.codes[rows].tolist())) < 2:
            continue
        for row in rows:
            labels = Counter(found.codes[other] for other in rows if other != row)
            differing = sum(n for label, n in labels.items() if label != found.codes[row])
            if differing:
                label = found.classes[labels.most_common(1)[0][0]]
                words = f"{differing} of {len(rows) - 1} tickets that repeat it have another label"
                against[row] = (label, words, differing / (len(rows) - 1))
    return against


def _nearest(desk: TicketSet, found: OutOfFold, row: int, proposed: str) -> str | None:
    rows = desk.near.rows[row]
    known = [found.codes[other] for other in rows.tolist() if found.codes[other] >= 0][:_ASKED]
    alike = sum(found.classes[code] == proposed for code in known)
    return f"{alike} of {len(known)} nearest tickets are {proposed}" if known else None


def _says(found: OutOfFold, row: int, proposed: str, label: str | None) -> str:
    column = {name: i for i, name in enumerate(found.classes)}
    told = [
        f"{name} {found.probabilities[row, column[name]]:.2f}" for name in (proposed, label) if name and name in column
    ]
    return f"the model gives {', '.join(told)}" if told else f"the model does not know {proposed}"
