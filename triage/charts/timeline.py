"""A value over weeks or days, with the band of its interval; small beside a figure, or large with axes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.charts.charts import Axis, Band, Dot, Line, Words, chart, frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.charts.charts import Mark, Points

_SPARK = (280.0, 44.0)
_EDGE = 4.0
_ROOM = 1.05  # between the highest value and the top


@dataclass(frozen=True, slots=True)
class Moment:
    """The value of a week or a day; None where nothing was counted."""

    name: str
    value: float | None
    span: tuple[float, float] | None = None
    title: str = ""


def timeline(words: Words, moments: Sequence[Moment], y: Axis, target: float | None = None) -> Markup:
    """Draw values over time with their intervals; where there is none the line is broken.

    Parameters
    ----------
    words
        Title and description.
    moments
        In their order, evenly apart.
    y
        Axis upwards.
    target
        Drawn as a line from left to right.

    Returns
    -------
    Markup
        An `svg` element with axes, that grows with its container.
    """
    last = max(len(moments) - 1, 1)
    step = max(last // 3, 1)
    at = tuple(float(place) for place in range(0, len(moments), step))
    x = Axis("", 0.0, float(last), at=at, names=tuple(moments[int(place)].name for place in at))
    marks: list[Mark] = [*_bands(moments)]
    if target is not None:
        marks.append(Line(((0.0, target), (float(last), target)), "target"))
    marks += [Line(run) for run in _runs(moments)]
    marks += [
        Dot(float(place), each.value, each.title or each.name, radius=3)
        for place, each in enumerate(moments)
        if each.value is not None
    ]
    return chart(words, x, y, marks)


def sparkline(words: Words, moments: Sequence[Moment], target: float | None = None) -> Markup:
    """Draw values over time as a small line from nothing up to the highest, the last one as a dot."""
    width, height = _SPARK
    values = [each.value for each in moments if each.value is not None]
    most = max([*values, target or 0.0], default=0.0) * _ROOM or 1.0
    across = (width - 2 * _EDGE) / max(len(moments) - 1, 1)

    def down(value: float) -> float:
        return height - _EDGE - (height - 2 * _EDGE) * min(value / most, 1.0)

    parts = []
    if target is not None:
        parts.append(Markup('<path class="line target" d="M0 {:.1f}H{:.0f}"/>').format(down(target), width))
    for run in _runs(moments):
        points = " ".join(f"{_EDGE + across * place:.1f},{down(value):.1f}" for place, value in run)
        parts.append(Markup('<polyline class="line ours" points="{}"/>').format(points))
    for place, each in enumerate(moments):
        alone = _is_alone(moments, place)
        if each.value is not None and (alone or not any(later.value is not None for later in moments[place + 1 :])):
            parts.append(
                Markup('<circle class="dot ours" cx="{:.1f}" cy="{:.1f}" r="2.5"/>').format(
                    _EDGE + across * place, down(each.value)
                )
            )
    return frame(words, _SPARK, Markup("").join(parts))


def _runs(moments: Sequence[Moment]) -> list[Points]:
    """Return the stretches of weeks that have a value."""
    known = [(float(place), each.value) for place, each in enumerate(moments)]
    return [
        [(place, value) for place, value in run if value is not None]
        for is_known, run in groupby(known, key=lambda pair: pair[1] is not None)
        if is_known
    ]


def _bands(moments: Sequence[Moment]) -> list[Band]:
    known = [(float(place), each.span) for place, each in enumerate(moments)]
    found = []
    for is_known, run in groupby(known, key=lambda pair: pair[1] is not None):
        if is_known:
            spans = [(place, span) for place, span in run if span is not None]
            found.append(Band([(x, span[0]) for x, span in spans], [(x, span[1]) for x, span in spans]))
    return found


def _is_alone(moments: Sequence[Moment], place: int) -> bool:
    beside = (moments[each] for each in (place - 1, place + 1) if 0 <= each < len(moments))
    return all(each.value is None for each in beside)
