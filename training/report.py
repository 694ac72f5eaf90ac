"""The report: one HTML file that needs nothing else, and the same in a few lines for the terminal."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from training.fit import FittedHead

_SIDE, _EDGE = 200, 24
_BINS = 10
_POINTS = 200
_CONFUSIONS = 8


def render(facts: Mapping[str, Any], heads: Sequence[FittedHead], truth: Mapping[str, Sequence[str]]) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    facts
        The manifest, before it is sealed.
    heads
        With what each said of its held-out tickets.
    truth
        The labels of those tickets, by head.

    Returns
    -------
    str
        Self-contained: no script, no font, no link.
    """
    template = resources.files("training").joinpath("report.html").read_text(encoding="utf-8")
    charts = {head.labels.head: _charts(head, truth[head.labels.head]) for head in heads if len(head.measured.rows)}
    page = Environment(autoescape=True, trim_blocks=True).from_string(template)
    return page.render(facts=facts, data=facts["data"], compared=facts.get("comparison"), charts=charts)


def lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield the report's figures for the terminal."""
    compared = (manifest.get("comparison") or {}).get("heads", {})
    for head, entry in manifest["heads"].items():
        metrics, trivial = entry["metrics"], entry["trivial"]
        if not metrics["n"]:
            yield f"{head}: {len(entry['labels'])} labels; no held-out ticket to measure on"
            continue
        risk = metrics["selective_risk"]
        shown = f"{metrics['coverage']:.0%} shown" + (f", {risk:.1%} of those wrong" if risk is not None else "")
        beside = f"always {trivial['label']!r} {trivial['accuracy']:.3f}/{trivial['macro_f1']:.3f}"
        if head in compared:
            pair = compared[head]
            beside += f"; current model {pair['current_accuracy']:.3f}, this one {pair['accuracy']:.3f} on {pair['n']}"
        yield (
            f"{head}: {len(entry['labels'])} labels, accuracy {metrics['accuracy']:.3f}, macro-F1 "
            f"{metrics['macro_f1']:.3f} on {metrics['n']} newer tickets ({beside}); {shown}"
        )
        yield from _certified(entry)


def _certified(entry: Mapping[str, Any]) -> Iterator[str]:
    """Tell what is applied by itself, or what is missing; and what other risks would give."""
    certificate = entry.get("certificate")
    if certificate:
        yield (
            f"  applied by itself from confidence {certificate['threshold']:.3f} on: {certificate['coverage']:.1%} of "
            f"tickets; {certificate['k']} of {certificate['n']} wrong, so at most {certificate['alpha']:.1%} with "
            f"{1 - certificate['delta']:.1%} confidence ({certificate['id']})"
        )
    else:
        yield f"  nothing is applied by itself: {entry.get('uncertified')}"
    rows = [f"{row['alpha']:.0%}: {row['coverage']:.1%} ({row['oracle']:.1%})" for row in entry.get("certifiable", ())]
    if rows:
        yield f"  tickets that could be certified (an oracle's) at most wrong {', '.join(rows)}"


def _charts(head: FittedHead, truth: Sequence[str]) -> dict[str, Any]:
    probabilities = head.measured.probabilities
    guesses = [head.measured.classes[column] for column in probabilities.argmax(axis=1)]
    right = np.array([guess == label for guess, label in zip(guesses, truth, strict=True)])
    wrong = Counter(pair for pair in zip(truth, guesses, strict=True) if pair[0] != pair[1])
    confidence = probabilities.max(axis=1)
    return {
        "risk": _risk(confidence, right),
        "reliability": _reliability(confidence, right),
        "confusions": [(*pair, n) for pair, n in wrong.most_common(_CONFUSIONS)],
    }


def _risk(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Markup:
    """Draw the share of wrong labels among the k most confident ones, over k."""
    wrong = ~right[np.argsort(-confidence, kind="stable")]
    risk = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    kept = np.unique(np.linspace(0, len(risk) - 1, _POINTS).astype(int))
    top = max(float(risk[kept][len(kept) // 20 :].max()), 0.02)
    points = [_point((i + 1) / len(risk), min(risk[i] / top, 1.0)) for i in kept]
    curve = f'<polyline class="curve" points="{" ".join(points)}"/>'
    return _frame(curve, bottom="share of tickets shown", left=f"{top:.0%}")


def _reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Markup:
    """Draw accuracy over confidence, a dot a bin, its area the tickets in it."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    dots = []
    for each in range(_BINS):
        inside = bins == each
        if inside.any():
            x, y = _point(float(confidence[inside].mean()), float(right[inside].mean())).split(",")
            radius = 2 + 8 * float(np.sqrt(inside.mean()))
            dots.append(f'<circle class="dot" cx="{x}" cy="{y}" r="{radius:.1f}"/>')
    diagonal = f'<polyline class="axis" points="{_point(0, 0)} {_point(1, 1)}"/>'
    return _frame(diagonal + "".join(dots), bottom="confidence", left="100%")


def _point(x: float, y: float) -> str:
    return f"{_EDGE + x * _SIDE:.1f},{_EDGE / 2 + (1 - y) * _SIDE:.1f}"


def _frame(content: str, *, bottom: str, left: str) -> Markup:
    """Put axes around a drawing of the unit square; only numbers and our own words go in."""
    width, height = _SIDE + 2 * _EDGE, _SIDE + 2 * _EDGE
    axes = f'<polyline class="axis" points="{_point(0, 1)} {_point(0, 0)} {_point(1, 0)}"/>'
    words = (
        f'<text x="0" y="{_EDGE / 2 + 4}">{left}</text>'
        f'<text x="{_EDGE}" y="{_SIDE + _EDGE + 2}">0</text>'
        f'<text x="{_EDGE + _SIDE / 2}" y="{_SIDE + _EDGE + 2}" text-anchor="middle">{bottom}</text>'
        f'<text x="{_EDGE + _SIDE}" y="{_SIDE + _EDGE + 2}" text-anchor="end">100%</text>'
    )
    return Markup(f'<svg viewBox="0 0 {width} {height}" role="img">{axes}{content}{words}</svg>')  # noqa: S704
