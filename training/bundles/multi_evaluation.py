"""Evaluate the multi heads of a bundle on closed tickets, with the same code that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import to_builtins

from training.evaluation.slices import facts_of
from training.multi.metrics import by_label, measure
from triage.model.multi.head import guesses, truth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from triage.model.bundle import Bundle
    from triage.model.multi.head import MultiHead
    from triage.tickets.closed_ticket import ClosedTicket

    Bools = NDArray[np.bool_]


def evaluate(
    bundle: Bundle,
    tickets: Sequence[ClosedTicket],
    encode: Callable[[Bundle, Sequence[str]], NDArray[np.floating]],
) -> dict[str, dict[str, Any]]:
    """Measure every multi head whose labels the tickets carry.

    Parameters
    ----------
    bundle
        What to measure.
    tickets
        That it was not fitted on: nothing here can tell.
    encode
        encode(bundle, texts): states (n_texts, n_pools, dim) by the bundle's own encoder.

    Returns
    -------
    dict
        Head to its figures (`triage.model.multi.entry.MultiMetrics`), and under `per_label` precision, recall, support,
        and of a certified label what was applied and how much of that is wrong.
    """
    found: dict[str, dict[str, Any]] = {}
    own = [ticket for ticket in tickets if ticket.seen_sets.keys() & bundle.multi.keys()]
    if not own:
        return found
    texts = [ticket.text for ticket in own]
    states = encode(bundle, texts)
    languages = [facts_of(ticket).get("language") for ticket in own]
    foreign = next(iter(bundle.judge(texts, states, languages).foreign.values()))
    for name, head in bundle.multi.items():
        rows = [row for row, ticket in enumerate(own) if name in ticket.seen_sets]
        if not rows:
            continue
        probabilities = head.predict_proba([texts[row] for row in rows], states[rows])
        familiar = ~foreign[rows][:, None]
        truth = truth_of([own[row].seen_sets[name] for row in rows], head.labels)
        shown, applied = guesses(head.rules, probabilities) & familiar, _applied(head, probabilities) & familiar
        figures = to_builtins(measure(truth, shown, applied, probabilities))
        found[name] = figures | {"per_label": _by_label(head, truth, shown, applied)}
    return found


def _applied(head: MultiHead, probabilities: NDArray[np.float64]) -> Bools:
    at = [np.inf if rule.apply_at is None else rule.apply_at for rule in head.rules]
    return np.asarray(probabilities >= np.array(at), dtype=bool)


def _by_label(head: MultiHead, truth: Bools, shown: Bools, applied: Bools) -> dict[str, dict[str, Any]]:
    found = {}
    for place, figures in enumerate(zip(*by_label(truth, shown), strict=True)):
        precision, recall, _, support = (None if np.isnan(each) else each.item() for each in figures)
        label: dict[str, Any] = {"precision": precision, "recall": recall, "support": support}
        if head.rules[place].apply_at is not None:
            n = int(applied[:, place].sum())
            wrong = int((applied[:, place] & ~truth[:, place]).sum())
            label |= {"applied": n, "wrong": wrong}
        found[head.labels[place]] = label
    return found
