"""Evaluate a bundle on closed tickets, with the same code that serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import to_builtins

from training.data.rows import rows
from training.data.unreadable_rows import Unreadable
from training.errors import TicketsNotReadable
from training.evaluation import metrics as evaluation
from training.evaluation import urgency_cutoff as urgency
from training.evaluation.slices import facts_of
from triage.model.assessment import assess, ranked
from triage.model.urgency import HEAD, alarm, raised
from triage.model.urgency import default as lexicon
from triage.taxonomy.tree import is_kept
from triage.text.cleaning import model_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from triage.model.assessment import Assessment, HeadThresholds
    from triage.model.bundle import Bundle
    from triage.model.head_entry import PriorityFigures
    from triage.model.urgency import Alarm
    from triage.tickets.closed_ticket import ClosedTicket


def evaluate(
    bundle: Bundle,
    tickets: Sequence[ClosedTicket],
    encode: Callable[[Bundle, Sequence[str]], NDArray[np.floating]],
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
        encode(bundle, texts): states (n_texts, n_pools, dim) by the bundle's own encoder.
    foreign
        Cleaned texts that belong to none of the labels, for `ood_auroc`, `ood_recall` and `familiar`
        (`training.evaluation.metrics.out_of_scope`).

    Returns
    -------
    dict
        Head to its figures: see `training.evaluation.metrics.measure`; where a certificate was earned also alpha,
        delta, and coverage and risk of what is applied automatically.
    """
    texts = [ticket.text for ticket in tickets]
    states = encode(bundle, [*texts, *foreign])
    facts = [facts_of(ticket) for ticket in tickets]
    languages = [each.get("language") for each in facts] + [None] * len(foreign)
    predicted = bundle.judge([*texts, *foreign], states, languages)
    gated = _gated(bundle, [*texts, *foreign], states, predicted.foreign)
    found = {}
    orders = {each.name: each.order for each in bundle.manifest.taxonomy.heads or ()}
    for head, classifier in bundle.heads.items():
        own_rows = [i for i, ticket in enumerate(tickets) if head in ticket.labels]
        if not own_rows:
            continue
        own = [texts[i] for i in own_rows]
        rule, probabilities = bundle.rules[head], predicted.probabilities[head][own_rows]
        truth = [tickets[i].labels[head] for i in own_rows]
        measured = evaluation.measure(truth, probabilities, classifier.classes_, rule.suggest_at, orders.get(head, ()))
        whys: list[Alarm | None] = [None] * len(own)
        if head == HEAD:
            figures, whys = _floored(bundle, urgency.Judged(truth, classifier.classes_, probabilities), own)
            measured = measured.with_priorities(figures)
        found[head] = to_builtins(measured)
        if rule.certificates:
            told = [
                assess(
                    ranked(classifier.classes_, predicted.probabilities[head][row].tolist()),
                    rule,
                    facts=facts[row],
                    foreign=bool(gated[head].foreign[row]),
                )
                for row in own_rows
            ]
            by_label = [dict(zip(classifier.classes_, row.tolist(), strict=True)) for row in probabilities]
            floored = [raised(*each) for each in zip(told, whys, by_label, strict=True)]
            found[head] |= applied([each for each in floored if each], truth, rule)
        if foreign:
            found[head] |= evaluation.out_of_scope(
                gated[head].part(own_rows), gated[head].part(slice(len(texts), None))
            )
    return found


def evaluate_gate(
    bundle: Bundle,
    tickets: Sequence[ClosedTicket],
    encode: Callable[[Bundle, Sequence[str]], NDArray[np.floating]],
    *,
    foreign: Sequence[str] = (),
) -> dict[str, Any]:
    """Measure the foreign-text gate; for the arguments see `evaluate`. Return nothing for a bundle without a gate.

    `abstained` is the share of the n tickets that is called foreign, by language under `languages`; with foreign texts,
    `caught` under `foreign` is the share of those.
    """
    if bundle.gate is None or not tickets:
        return {}
    texts = [*(ticket.text for ticket in tickets), *foreign]
    states = encode(bundle, texts)
    languages = [*(ticket.language for ticket in tickets), *(None for _ in foreign)]
    called = next(iter(bundle.judge(texts, states, languages).foreign.values()))
    own, others = called[: len(tickets)], called[len(tickets) :]
    by_language: dict[str, list[bool]] = {}
    for language, each in zip(languages, own.tolist(), strict=False):
        by_language.setdefault(language or "unknown", []).append(each)
    found: dict[str, Any] = {
        "n": len(own),
        "abstained": float(own.mean()),
        "languages": {
            name: {"n": len(each), "abstained": sum(each) / len(each)} for name, each in sorted(by_language.items())
        },
    }
    return found | ({"foreign": {"n": len(others), "caught": float(others.mean())}} if len(others) else {})


def _gated(
    bundle: Bundle, texts: Sequence[str], states: NDArray[np.floating], foreign: Mapping[str, NDArray[np.bool_]]
) -> dict[str, evaluation.Gated]:
    """Return by head how familiar each text is, and whether it is called foreign."""
    energies = {head: each.energies for head, each in bundle.predictions(texts, states).items()}
    scores = energies if bundle.gate is None else dict.fromkeys(energies, bundle.gate.scores(states, energies))
    return {head: evaluation.Gated(scores[head], foreign[head]) for head in energies}


def _floored(
    bundle: Bundle, judged: urgency.Judged, texts: Sequence[str]
) -> tuple[PriorityFigures | None, list[Alarm | None]]:
    """Measure the priority head with the never-miss floor that comes with Firstline; return what raises each ticket."""
    costs = bundle.manifest.heads[HEAD].urgency or urgency.Urgency()
    phrases = lexicon()
    alarms = [phrases.find(text) for text in texts]
    figures = urgency.measure(judged, costs, alarms, bundle.urgent_cut)
    rows = (dict(zip(judged.classes, row.tolist(), strict=True)) for row in judged.probabilities)
    return figures, [alarm(each, row, bundle.urgent_cut) for each, row in zip(alarms, rows, strict=True)]


def applied(told: Sequence[Assessment], truth: Sequence[str], rule: HeadThresholds) -> dict[str, Any]:
    """Measure what a head with certificates applies automatically: overall, and of each certificate."""
    earned = rule.certificates
    wrong = {
        each.id: [
            not is_kept(said.label, label)
            for said, label in zip(told, truth, strict=True)
            if said.certificate == each.id
        ]
        for each in earned
    }
    every = [each for own in wrong.values() for each in own]
    return {
        "alpha": max(each.alpha for each in earned),
        "delta": sum(each.delta for each in earned),
        "threshold": min(each.threshold for each in earned),
        "coverage": len(every) / len(truth),
        "selective_risk": sum(every) / len(every) if every else None,
        "certificates": {
            name: {"applied": len(own), "selective_risk": sum(own) / len(own) if own else None}
            for name, own in wrong.items()
        },
    }


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
