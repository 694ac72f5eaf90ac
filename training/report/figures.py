"""Figures of the report: from held-out predictions and the manifest to charts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from training.evaluation.intervals import wilson
from triage.charts.charts import Axis, Band, Dot, Line, Upright, Words, chart
from triage.charts.label_charts import Change, dumbbells, heatmap
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup
    from numpy.typing import NDArray

    from triage.charts.charts import Mark
    from triage.model.head_entry import Certifiable, HeadEntry
    from triage.model.refit_record import CurvePoint, Paired

BINS = 10
MOST_LABELS = 25
"""So many rows can be told apart; of more labels the most confused are drawn."""
_POINTS = 200
_LEAST_RISK = 0.08
_LABEL_ROOM = 0.055
"""Marks closer than this share of the axis would have their names on top of each other."""
_FEWEST_SHOWN = 10
"""The risk of fewer tickets than this jumps about and is not drawn."""


def risk_coverage(confidence: NDArray[np.float64], right: NDArray[np.bool_], entry: HeadEntry) -> Markup:
    """Draw selective risk over coverage.

    Parameters
    ----------
    confidence
        Shape (n,). Of each ticket's best label.
    right
        Shape (n,), bool.
    entry
        The head's entry in the manifest: certificates are drawn where their threshold cuts, and the coverage that
        could be certified at 1, 2 and 5 % beside an oracle's.

    Returns
    -------
    Markup
        With the 95 % interval of each point.
    """
    n = len(right)
    wrong = np.cumsum(~right[np.argsort(-confidence, kind="stable")])
    kept = np.unique(np.linspace(min(_FEWEST_SHOWN, n) - 1, n - 1, _POINTS).astype(int))
    shown, risk = kept + 1, wrong[kept] / (kept + 1)
    low, high = wilson(wrong[kept], shown)
    across = (shown / n).tolist()
    x = Axis("coverage: share of tickets shown")
    y = Axis("selective risk: share wrong", high=max(float(risk.max()) * 1.25, _LEAST_RISK))
    marks: list[Mark] = [Band(_points(across, low), _points(across, high)), Line(_points(across, risk))]
    for i, certificate in enumerate(entry.certificates):
        of = "applied" if not certificate.slice else in_words(certificate.slice)
        marks.append(Upright(float((confidence >= certificate.threshold).mean()), of, row=i))
    named = -1.0
    for row in entry.certifiable:
        room = row.alpha - named >= _LABEL_ROOM * y.high
        named = row.alpha if room else named
        marks += _certifiable(row, f"{row.alpha:.0%}" if room else "")
    about = f"{n} tickets; {risk[-1]:.1%} wrong if all are shown, {risk[len(risk) // 2]:.1%} in the surest half."
    return chart(Words("Risk and coverage", about), x, y, marks)


def _certifiable(row: Certifiable, name: str) -> list[Mark]:
    alpha, best, earned = row.alpha, row.oracle, row.coverage
    found: list[Mark] = [
        Dot(best, alpha, f"{alpha:.0%}: an oracle would show {best:.1%}", name, kind="hollow", radius=4.5)
    ]
    if earned:
        found.append(Dot(earned, alpha, f"{alpha:.0%}: {earned:.1%} could be certified", kind="good"))
    return found


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Markup:
    """Draw the share of right labels over confidence: a dot a bin with its 95 % interval."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    marks: list[Mark] = [Line(((0, 0), (1, 1)), "quiet")]
    for each in np.unique(bins).tolist():
        inside = right[bins == each]
        n, mean = len(inside), float(confidence[bins == each].mean())
        low, high = wilson(inside.sum(), n)
        said = f"{n} tickets with confidence about {mean:.2f}: {inside.mean():.0%} right"
        radius = 2.5 + 8 * float(np.sqrt(n / len(right)))
        marks.append(Dot(mean, float(inside.mean()), said, radius=radius, span=(float(low), float(high))))
    about = "On the diagonal, 80 % of the labels with confidence 80 % are right."
    return chart(Words("Reliability diagram", about), Axis("confidence"), Axis("share of right labels"), marks)


def confusions(truth: Sequence[str], guesses: Sequence[str]) -> tuple[Markup, str]:
    """Draw the confusion matrix, and say what part of the errors it has if not all labels are drawn."""
    pairs = Counter(zip(truth, guesses, strict=True))
    known = {*truth, *guesses}
    labels = _most_confused(pairs, known)
    place = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), np.int64)
    for (label, guess), n in pairs.items():
        if label in place and guess in place:
            counts[place[label], place[guess]] = n
    errors = sum(n for (label, guess), n in pairs.items() if label != guess)
    inside = int(counts.sum() - counts.trace())
    said = f"The {len(labels)} most confused of {len(known)} labels, with {inside} of {errors} errors."
    about = f"{len(labels)} labels, {inside} errors."
    return heatmap(Words("Confusion matrix", about), labels, counts), said if len(labels) < len(known) else ""


def _most_confused(pairs: Mapping[tuple[str, str], int], known: set[str]) -> list[str]:
    """Return at most 25 labels: both of the most frequent confusion, then of the next, and so on; then the others."""
    errors: Counter[tuple[str, ...]] = Counter()
    for pair, n in pairs.items():
        if pair[0] != pair[1]:
            errors[tuple(sorted(pair))] += n
    ordered = [label for pair, _ in sorted(errors.items(), key=lambda each: (-each[1], each[0])) for label in pair]
    return list(dict.fromkeys([*ordered, *sorted(known)]))[:MOST_LABELS]


def learning(curve: Sequence[CurvePoint]) -> Markup | None:
    """Draw the accuracy of a quick head over the tickets it learns from; None with fewer than two sizes."""
    if len(curve) < 2:
        return None
    sizes = [float(point.n) for point in curve]
    accuracy, macro = [point.accuracy for point in curve], [point.macro_f1 for point in curve]
    spread = [point.lowest for point in curve], [point.highest for point in curve]
    x = Axis("training tickets", sizes[0] * 0.85, sizes[-1] * 1.15, percent=False, log=True, at=tuple(sizes))
    low = min(*accuracy, *macro)
    y = Axis("score on the newest tickets", max(0.0, low - 0.1), min(1.0, max(*accuracy, *macro) + 0.05))
    marks: list[Mark] = [
        Band(_points(sizes, spread[0]), _points(sizes, spread[1])),
        Line(_points(sizes, macro), "quiet"),
        Line(_points(sizes, accuracy)),
        *(Dot(n, value, f"{n:,.0f} tickets: accuracy {value:.3f}") for n, value in zip(sizes, accuracy, strict=True)),
        *(
            Dot(n, value, f"{n:,.0f} tickets: macro-F1 {value:.3f}", kind="hollow")
            for n, value in zip(sizes, macro, strict=True)
        ),
    ]
    about = f"Accuracy grows from {accuracy[0]:.3f} to {accuracy[-1]:.3f}."
    return chart(Words("Learning curve", about), x, y, marks)


def changed(pair: Paired) -> Markup:
    """Draw what each label gained or lost against the current bundle; of many labels those that changed most."""
    changes = [Change(label, n, before, after) for label, (n, after, before) in pair.recall.items()]
    changes.sort(key=lambda each: (-abs(each.after - each.before) * each.n, each.label))
    chosen = sorted(changes[:MOST_LABELS], key=lambda each: (each.before - each.after, each.label))
    words = Words("Recall by label, before and after", f"{pair.only_new_right} gained, {pair.only_current_right} lost.")
    return dumbbells(words, chosen)


def _points(xs: Sequence[float], ys: NDArray[np.float64] | Sequence[float]) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
