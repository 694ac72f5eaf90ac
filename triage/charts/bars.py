"""Bars from left to right: counts of groups, and shares with their intervals, as the rungs of a ladder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.charts.charts import Words, frame, text

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 360.0
_ROW, _THICK, _LETTER = 30.0, 18.0, 6.9
_VALUES, _LONGEST, _GAP = 76.0, 18, 8.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A named value; `said` is how it is written, `span` its interval, `kind` the class of its colour."""

    name: str
    value: float | None
    said: str
    title: str = ""
    """Shown by browsers on hover."""
    kind: str = "ours"
    span: tuple[float, float] | None = None


def bars(words: Words, rows: Sequence[Bar], most: float | None = None) -> Markup:
    """Draw a bar for each row.

    Parameters
    ----------
    words
        Title and description.
    rows
        From top to bottom. A row without a value has no bar.
    most
        The value at the right end; the largest one if None.

    Returns
    -------
    Markup
        An `svg` element that grows with its container.
    """
    left = _GAP + _LETTER * max((min(len(row.name), _LONGEST) for row in rows), default=0)
    top = most or max((row.value or 0.0 for row in rows), default=0.0) or 1.0
    room = WIDTH - left - _VALUES
    drawn = Markup("").join(_bar(row, left, room / top, _ROW * place) for place, row in enumerate(rows))
    edge = Markup('<path class="axis" d="M{:.1f} 0V{:.0f}"/>').format(left, _ROW * len(rows))
    return frame(words, (WIDTH, _ROW * len(rows)), drawn + edge)


def _bar(row: Bar, left: float, scale: float, top: float) -> Markup:
    middle, width = top + _ROW / 2, (row.value or 0.0) * scale
    end = left + width
    parts = [text(left - _GAP, middle + 4, _short(row.name), "name", "end")]
    parts.append(
        Markup('<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.0f}" rx="2"/>').format(
            row.kind, left, middle - _THICK / 2, width, _THICK
        )
    )
    if row.span is not None:
        low, high = (left + each * scale for each in row.span)
        parts.append(
            Markup('<path class="whisker" d="M{0:.1f} {2:.1f}H{1:.1f}M{0:.1f} {3:.1f}v8M{1:.1f} {3:.1f}v8"/>').format(
                low, high, middle, middle - 4
            )
        )
        end = max(end, high)
    parts.append(text(end + 6, middle + 4, row.said, "said"))
    return Markup("<g><title>{}</title>{}</g>").format(row.title or f"{row.name}: {row.said}", Markup("").join(parts))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
