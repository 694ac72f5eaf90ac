"""The report's chapter on one head, ready for the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import structs

from training.report import figures as report_figures
from training.report import sentences as report_words
from training.report.worst_errors import worst_errors
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from training.classifiers.fit import FittedHead
    from training.report.worst_errors import HeldOutTickets
    from triage.model.head_entry import HeadEntry, SliceFigures
    from triage.model.manifest import Manifest

_NAMES = {"strength": "C", "vector_weight": "weight of the vector", "macro_f1": "macro-F1"}
_MOST_CANDIDATES = 40


def chapter(manifest: Manifest, name: str, fitted: FittedHead | None, material: HeldOutTickets) -> dict[str, Any]:
    """Gather what the page shows of a head.

    Parameters
    ----------
    manifest
        Before it is sealed.
    name
        Of the head.
    fitted
        With what it said of the tickets that measured it; None for a head that was not fitted.
    material
        The tickets.

    Returns
    -------
    dict
        Entry, sentences, figures, and rows of the tables; figures and errors only where tickets measured the head.
    """
    entry = manifest.heads[name]
    pair = manifest.comparison.heads.get(name) if manifest.comparison else None
    curve = (manifest.learning_curves or {}).get(name, ())
    found: dict[str, Any] = {
        "name": name,
        "entry": entry,
        "pair": pair,
        "rung": report_words.RUNGS[entry.rung],
        "sentences": [
            report_words.measured(entry),
            *report_words.steps(entry),
            report_words.compared(pair),
            report_words.applied(entry),
            *report_words.levels(entry),
        ],
        "applied": entry.applied,
        "grown": report_words.grown(curve),
        "slices": [_slice(row) for row in entry.slices],
        "candidates": _candidates(entry),
        "classes": _classes(entry),
        "figures": {"learning": report_figures.learning(curve)},
        "worst": [],
    }
    if pair is not None:
        found["figures"]["changed"] = report_figures.changed(pair)
    if fitted is not None and len(fitted.measured.rows):
        found["figures"] |= _figures(entry, fitted, material)
        found["worst"] = worst_errors(fitted, material)
    return found


def _figures(entry: HeadEntry, fitted: FittedHead, material: HeldOutTickets) -> dict[str, Any]:
    measured, truth = fitted.measured, material.truth(fitted)
    guesses = [measured.classes[column] for column in measured.probabilities.argmax(axis=1)]
    confidence = measured.probabilities.max(axis=1)
    right = np.array([guess == label for guess, label in zip(guesses, truth, strict=True)])
    heatmap, note = report_figures.confusions(truth, guesses)
    return {
        "risk": report_figures.risk_coverage(confidence, right, entry),
        "reliability": report_figures.reliability(confidence, right),
        "confusions": heatmap,
        "confusions_note": note,
    }


def _classes(entry: HeadEntry) -> list[dict[str, Any]]:
    """Return the labels' figures, the worst F1 first; then labels that no held-out ticket has."""
    rows = sorted((entry.metrics.per_class or {}).items(), key=lambda row: (not row[1].n, row[1].f1, row[0]))
    return [{"label": label, **structs.asdict(figures)} for label, figures in rows]


def _slice(row: SliceFigures) -> dict[str, Any]:
    return {
        "name": in_words(row.slice),
        "n": row.n,
        "accuracy": row.accuracy,
        "accuracy_said": report_words.spread(row.accuracy, row.n),
        "coverage": row.coverage,
        "risk_said": report_words.spread(row.selective_risk, row.coverage * row.n),
    }


def _candidates(entry: HeadEntry) -> dict[str, Any]:
    """Return the candidates as a table with a column for every setting that any of them has, the best first."""
    rows = sorted(entry.candidates, key=lambda row: -((row.accuracy or 0.0) + (row.macro_f1 or 0.0)))
    keys = list(dict.fromkeys(key for row in rows for key, value in structs.asdict(row).items() if value is not None))
    return {
        "columns": [_NAMES.get(key, key.replace("_", " ")) for key in keys],
        "rows": [
            {"chosen": row == entry.choice, "values": [_said(getattr(row, key)) for key in keys]}
            for row in rows[:_MOST_CANDIDATES]
        ],
    }


def _said(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value))
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
