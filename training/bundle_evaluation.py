"""A bundle on a file of closed tickets, through the very path that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training import evaluation
from training.errors import TicketsNotReadable
from training.ticket_rows import Unreadable, rows
from triage.classifier import softmax
from triage.text import model_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from triage.bundle import Bundle
    from triage.closed_ticket import ClosedTicket


def evaluate(
    bundle: Bundle,
    tickets: Sequence[ClosedTicket],
    encode: Callable[[Bundle, Sequence[str]], NDArray[np.float32]],
    *,
    foreign: Sequence[str] = (),
) -> dict[str, dict[str, Any]]:
    """Measure every head whose labels the tickets carry.

    Parameters
    ----------
    bundle
        What to measure.
    tickets
        That it was not fitted on: nothing here can tell.
    encode
        encode(bundle, texts): vectors by the bundle's own encoder.
    foreign
        Cleaned texts that belong to none of the labels, for `ood_auroc` (by energy, higher is more familiar).

    Returns
    -------
    dict
        Head to its figures: see `training.evaluation.measure`; with a certificate also alpha and delta, and coverage
        and risk from its threshold on.
    """
    texts = [ticket.text for ticket in tickets]
    vectors = encode(bundle, [*texts, *foreign])
    inside, outside = vectors[: len(texts)], vectors[len(texts) :]
    found = {}
    for head, classifier in bundle.heads.items():
        own_rows = [i for i, ticket in enumerate(tickets) if head in ticket.labels]
        if not own_rows:
            continue
        own = [texts[i] for i in own_rows]
        certificate = bundle.rules[head].certificate
        threshold = certificate.threshold if certificate else bundle.rules[head].suggest_at
        scores = classifier.scores(own, inside[own_rows])
        truth = [tickets[i].labels[head] for i in own_rows]
        found[head] = evaluation.measure(truth, softmax(scores), classifier.classes_, threshold)
        if certificate:
            found[head] |= {"alpha": certificate.alpha, "delta": certificate.delta}
        if foreign:
            familiar = classifier.energy(own, inside[own_rows])
            found[head]["ood_auroc"] = evaluation.ood_auroc(familiar, classifier.energy(foreign, outside))
    return found


def read_foreign(path: Path | None) -> list[str]:
    """Read texts that belong to no label: rows with a description or a question."""
    if path is None:
        return []
    texts = []
    for line, record in rows(path):
        text = None if isinstance(record, Unreadable) else record.get("description") or record.get("question")
        if isinstance(record, Unreadable) or not isinstance(text, str):
            raise TicketsNotReadable(path, f"line {line} is no record with a description or a question")
        texts.append(model_text(record.get("subject"), text))
    return texts
