"""Charts with a row per label: the confusion matrix, and changes in recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.charts.charts import Words, frame, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

LONGEST = 24
_LETTER = 7.2
_CELL, _WIDE_CELL, _FEW = 26, 40, 8
_STRONG = 0.8
_LEGEND = 130
_ROW, _SPAN, _FIGURES = 22, 220, 96


@dataclass(frozen=True, slots=True)
class Change:
    """A label's recall on n tickets: by the current model, and by this one."""

    label: str
    n: int
    before: float
    after: float


def heatmap(words: Words, labels: Sequence[str], counts: NDArray[np.int64]) -> Markup:
    """Draw a confusion matrix.

    Parameters
    ----------
    words
        Title and description.
    labels
        Names of the rows (true labels) and, in the same order, of the columns (predicted labels).
    counts
        Shape (n_labels, n_labels). Tickets; a cell is as strong as its share of its row.

    Returns
    -------
    Markup
        An `svg` element in which every cell that holds tickets has a title.
    """
    side = _WIDE_CELL if len(labels) <= _FEW else _CELL
    longest = 18 + _LETTER * max((len(_short(label)) for label in labels), default=0)
    margin, slant = max(longest, _LEGEND), 0.72 * longest + 4  # names above the columns stand at 45 degrees
    size = margin + side * len(labels) + slant, slant + side * len(labels) + 12
    parts = [
        text(margin - 10, slant - 8, "true ↓  predicted →", "name", "end"),
        *(_names(label, i, (margin, slant), side) for i, label in enumerate(labels)),
    ]
    for row, label in enumerate(labels):
        total = max(int(counts[row].sum()), 1)
        for column, n in enumerate(counts[row].tolist()):
            place = margin + side * column, slant + side * row
            parts.append(_cell(place, side, (label, labels[column]), (n, total)))
    return frame(words, size, Markup("").join(parts))


def dumbbells(words: Words, changes: Sequence[Change]) -> Markup:
    """Draw each label's recall before (hollow) and after (full), joined by a line in the colour of gain or loss."""
    left = 12 + _LETTER * max((len(_short(change.label)) for change in changes), default=0)
    bottom = 8 + _ROW * len(changes)
    parts = []
    for share in (0.0, 0.5, 1.0):
        across = left + _SPAN * share
        parts.append(Markup('<path class="grid" d="M{:.1f} 4V{}"/>').format(across, bottom))
        parts.append(text(across, bottom + 14, f"{share:.0%}", anchor="middle"))
    parts.append(text(left + _SPAN / 2, bottom + 30, "recall", "name", "middle"))
    parts += [_dumbbell(change, left, 8 + _ROW * (i + 0.5)) for i, change in enumerate(changes)]
    return frame(words, (left + _SPAN + _FIGURES, bottom + 36), Markup("").join(parts))


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


def _names(label: str, i: int, corner: tuple[float, float], side: float) -> Markup:
    """Write a label before its row, and slanted above its column."""
    margin, top = corner
    middle = side * (i + 0.5)
    slanted = Markup('<text transform="translate({:.1f} {:.1f}) rotate(-45)">{}</text>').format(
        margin + middle + 3, top - 5, _short(label)
    )
    return text(margin - 6, top + middle + 4, _short(label), anchor="end") + slanted


def _cell(place: tuple[float, float], side: float, pair: tuple[str, str], of: tuple[int, int]) -> Markup:
    (truth, guess), (n, total) = pair, of
    if not n:
        return Markup('<rect class="empty" x="{:.1f}" y="{:.1f}" width="{}" height="{}"/>').format(
            *place, side - 1, side - 1
        )
    strength = min(0.14 + 0.8 * n / total, 0.94)
    is_right = truth == guess
    said = f"{truth}: {n} of {total} found" if is_right else f"{truth} predicted as {guess}: {n} of {total}"
    number = text(
        place[0] + (side - 1) / 2, place[1] + side / 2 + 4, str(n), "on" if strength > _STRONG else "in", "middle"
    )
    return Markup(
        '<g><title>{}</title><rect class="{}" x="{:.1f}" y="{:.1f}" width="{}" height="{}" '
        'fill-opacity="{:.2f}"/>{}</g>'
    ).format(said, "right" if is_right else "wrong", *place, side - 1, side - 1, strength, number)


def _dumbbell(change: Change, left: float, down: float) -> Markup:
    before, after = (left + _SPAN * value for value in (change.before, change.after))
    kind = "quiet" if change.after == change.before else "good" if change.after > change.before else "bad"
    said = f"{change.label}: {change.before:.0%} before, {change.after:.0%} with this model, {change.n} tickets"
    return Markup(
        '<g><title>{}</title>{}<path class="joint {}" d="M{:.1f} {:.1f}H{:.1f}"/>'
        '<circle class="dot hollow" cx="{:.1f}" cy="{:.1f}" r="4"/>'
        '<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="4.5"/>{}</g>'
    ).format(
        said,
        text(left - 10, down + 4, _short(change.label), anchor="end"),
        *(kind, before, down, after),
        *(before, down),
        *(kind, after, down),
        text(left + _SPAN + 12, down + 4, f"{100 * (change.after - change.before):+.0f} pts, {change.n}", kind),
    )
