"""The multi heads of a bundle: what the manifest says of them, their files, and what they say of held-out tickets."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from training.data import array_files
from training.evaluation import certificates
from training.multi.certifying import LOWEST
from training.multi.metrics import by_label, measure
from triage.instants import from_text
from triage.model.certificate import LabelCertificate, Window
from triage.model.head_entry import Ladder
from triage.model.multi.entry import MultiEntry, MultiLabel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from training.evaluation.certificates import Certification
    from training.multi.certifying import Steps
    from training.multi.fit import FittedMulti
    from triage.model.manifest import Manifest
    from triage.tickets.closed_ticket import ClosedTicket


def file_of(fitted: FittedMulti) -> tuple[str, bytes]:
    """Return path and content of a head's weights."""
    weights = fitted.weights
    arrays = {name: np.ascontiguousarray(getattr(weights, name)) for name in ("dense", "sparse", "intercept")}
    return f"heads/{fitted.lesson.head}.npz", array_files.archive(arrays)


def entry_of(fitted: FittedMulti, tickets: Sequence[ClosedTicket], manifest: Manifest, days: int) -> MultiEntry:
    """Return what the manifest says of a head.

    Parameters
    ----------
    fitted
        With its test.
    tickets
        All of the refit.
    manifest
        As far as it is known; certificates are bound to its encoder and taxonomy.
    days
        How long certificates last.

    Returns
    -------
    MultiEntry
        With each label's figures on held-out tickets, and the certificate of those that earned one.
    """
    lesson, (path, data) = fitted.lesson, file_of(fitted)
    times = [at for row in fitted.rows.tolist() if (at := tickets[row].created_at)]
    bound: dict[str, Any] = {
        "slice": {},
        "window": Window.of(times),
        "head": lesson.head,
        "encoder": manifest.encoder.fingerprint,
        "taxonomy": manifest.taxonomy.version,
        "weights": hashlib.sha256(data).hexdigest(),
    }
    at = from_text(manifest.created_at, "created_at")
    teach = lesson.rows(lesson.split.teach)
    taught = lesson.truth(teach).sum(axis=0).tolist()
    figures = zip(*(each.tolist() for each in by_label(fitted.truth, fitted.shown)), strict=True)
    labels = []
    for place, (name, (precision, recall, _, support)) in enumerate(zip(lesson.labels, figures, strict=True)):
        record = _certificate(fitted.tested[place], {**bound, "label": name})
        labels.append(
            MultiLabel(
                name=name,
                suggest_at=float(fitted.suggest_at[place]),
                n=taught[place],
                support=support,
                precision=None if np.isnan(precision) else precision,
                recall=None if np.isnan(recall) else recall,
                certificate=record.dated(at, days) if record else None,
                ladder=_ladder(fitted.ladders[place], bound["window"]),
            )
        )
    return MultiEntry(
        file=path,
        labels=tuple(labels),
        rare=lesson.chosen.rare,
        strength=fitted.strength,
        n=len(teach),
        metrics=measure(fitted.truth, fitted.shown, fitted.applied, fitted.probabilities),
        parity=fitted.parity,
        taught_by_all=lesson.split.folds is not None,
    )


def _ladder(steps: Steps | None, window: Window | None) -> Ladder | None:
    if steps is None:
        return None
    target = steps.target
    return Ladder(slice={}, alpha=target.alpha, delta=target.delta, thresholds=steps.thresholds, window=window)


def _certificate(tested: Certification, bound: dict[str, Any]) -> LabelCertificate | None:
    return certificates.earned(tested, LabelCertificate, bound)


def said(
    fitted: FittedMulti, tickets: Sequence[ClosedTicket]
) -> Iterator[tuple[int, list[str], list[str], dict[str, float]]]:
    """Yield of each held-out ticket its row, the labels that it was closed with, and those that it gets.

    The last part are the labels that are likelier than not, with their probabilities; none where the text is foreign.
    """
    labels = np.array(fitted.lesson.labels, dtype=object)
    likely = (fitted.probabilities >= LOWEST) & ~fitted.withheld[:, None]
    for place, (row, shown) in enumerate(zip(fitted.rows.tolist(), fitted.shown, strict=True)):
        own = likely[place]
        sure = dict(zip(labels[own].tolist(), fitted.probabilities[place, own].tolist(), strict=True))
        yield row, list(tickets[row].seen_sets[fitted.lesson.head]), labels[shown].tolist(), sure
