"""Charts as inline SVG, without scripts and accessible to screen readers.

A chart is two axes and marks between them. Colours are classes, so that the page's style sheet decides them for light
and dark; whatever text goes in is escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 380, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 14, 46
_STEPS = (1, 2, 2.5, 5, 10)
_MOST_TICKS = 6
_LABEL_HEIGHT = 14


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart shows, in a title and a sentence, for those who do not see it."""

    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale from `low` to `high` with its name; `log` where each doubling takes the same room."""

    name: str
    low: float = 0.0
    high: float = 1.0
    percent: bool = True
    log: bool = False
    at: tuple[float, ...] = ()
    """Where to put ticks; chosen where empty."""
    names: tuple[str, ...] = ()
    """What to write at them, in their order; the values where empty."""

    def share(self, value: float) -> float:
        """Return where a value lies, 0 at the axis' start and 1 at its end; what is outside is put on the edge."""
        low, high = (log10(self.low), log10(self.high)) if self.log else (self.low, self.high)
        place = log10(max(value, self.low)) if self.log else value
        return min(max((place - low) / (high - low), 0.0), 1.0) if high > low else 0.5

    def ticks(self) -> tuple[float, ...]:
        """Return round values over the axis."""
        return self.at or round_values(self.low, self.high)

    def said(self, value: float) -> str:
        """Return a value as the axis writes it."""
        if self.names:
            return self.names[self.at.index(value)]
        if self.percent:
            return f"{100 * value:.3g}%"
        return f"{value:,.0f}" if value >= 1 or value == 0 else f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined in their order."""

    points: Points
    kind: str = "ours"


@dataclass(frozen=True, slots=True)
class Band:
    """The area between two lines over the same places."""

    lower: Points
    upper: Points


@dataclass(frozen=True, slots=True)
class Dot:
    """One value, named by its title (a tooltip), and beside it by its label; `span` is its interval."""

    x: float
    y: float
    title: str
    label: str = ""
    kind: str = "ours"
    radius: float = 4.0
    span: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Upright:
    """A line from top to bottom with a label at height `row`, counted from the top."""

    x: float
    label: str
    kind: str = "good"
    row: int = 0


Mark = Line | Band | Dot | Upright


def round_values(low: float, high: float) -> tuple[float, ...]:
    """Return at most six round values from low to high (steps of 1, 2, 2.5 or 5 times a power of ten)."""
    rough = (high - low) / (_MOST_TICKS - 1)
    if rough <= 0:
        return (low,)
    power = 10.0 ** floor(log10(rough))
    step = next(power * each for each in _STEPS if power * each >= rough * 0.999)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return tuple(round(step * each, 10) for each in range(first, last + 1))


def chart(words: Words, x: Axis, y: Axis, marks: Sequence[Mark]) -> Markup:
    """Draw marks over two axes.

    Parameters
    ----------
    words
        Title and description.
    x
        Axis to the right.
    y
        Axis upwards.
    marks
        Drawn in their order; values outside the axes are put on the edge.

    Returns
    -------
    Markup
        An `svg` element that grows with its container.
    """
    drawn = Markup("").join([_grid(x, y), *(_mark(mark, x, y) for mark in marks)])
    return frame(words, (WIDTH, HEIGHT), drawn)


def frame(words: Words, size: tuple[float, float], drawn: Markup) -> Markup:
    """Put a drawing of this size (width, height) into an `svg` element with title and description."""
    return Markup(
        '<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}"><title>{}</title><desc>{}</desc>{}</svg>'
    ).format(*size, words.title, words.title, words.about, drawn)


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> Markup:
    """Write at a place; `anchor` is start, middle or end."""
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>').format(x, y, kind, anchor, said)


def _place(x: Axis, y: Axis, point: tuple[float, float]) -> tuple[float, float]:
    across = _LEFT + x.share(point[0]) * (WIDTH - _LEFT - _RIGHT)
    return across, _TOP + (1 - y.share(point[1])) * (HEIGHT - _TOP - _BOTTOM)


def _path(x: Axis, y: Axis, points: Points) -> str:
    return " ".join(f"{across:.1f},{down:.1f}" for across, down in (_place(x, y, point) for point in points))


def _grid(x: Axis, y: Axis) -> Markup:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    parts = [Markup('<path class="axis" d="M{} {}V{}H{}"/>').format(_LEFT, _TOP, bottom, right)]
    for value in y.ticks():
        _, down = _place(x, y, (x.low, value))
        parts.append(Markup('<path class="grid" d="M{} {:.1f}H{}"/>').format(_LEFT, down, right))
        parts.append(text(_LEFT - 6, down + 4, y.said(value), anchor="end"))
    for value in x.ticks():
        across, _ = _place(x, y, (value, y.low))
        parts.append(Markup('<path class="axis" d="M{:.1f} {}v4"/>').format(across, bottom))
        parts.append(text(across, bottom + 17, x.said(value), anchor="middle"))
    parts.append(text((_LEFT + right) / 2, HEIGHT - 8, x.name, "name", "middle"))
    middle = (_TOP + bottom) / 2
    parts.append(
        Markup('<text class="name" text-anchor="middle" transform="translate(11 {:.0f}) rotate(-90)">{}</text>').format(
            middle, y.name
        )
    )
    return Markup("").join(parts)


def _mark(mark: Mark, x: Axis, y: Axis) -> Markup:
    match mark:
        case Line(points, kind):
            return Markup('<polyline class="line {}" points="{}"/>').format(kind, _path(x, y, points))
        case Band(lower, upper):
            return Markup('<polygon class="band" points="{}"/>').format(_path(x, y, [*lower, *reversed(upper)]))
        case Upright():
            return _upright(mark, x, y)
        case Dot():
            return _dot(mark, x, y)


def _upright(mark: Upright, x: Axis, y: Axis) -> Markup:
    across, top = _place(x, y, (mark.x, y.high))
    line = Markup('<path class="upright {}" d="M{:.1f} {}V{}"/>').format(mark.kind, across, _TOP, HEIGHT - _BOTTOM)
    left = across > WIDTH / 2  # where there is more room
    place = (across - 5 if left else across + 5, top + 12 + _LABEL_HEIGHT * mark.row)
    return line + text(*place, mark.label, f"said {mark.kind}", "end" if left else "start")


def _dot(mark: Dot, x: Axis, y: Axis) -> Markup:
    across, down = _place(x, y, (mark.x, mark.y))
    parts = []
    if mark.span is not None:
        ends = [_place(x, y, (mark.x, value))[1] for value in mark.span]
        parts.append(Markup('<path class="whisker" d="M{:.1f} {:.1f}V{:.1f}"/>').format(across, *ends))
    parts.append(
        Markup('<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>').format(
            mark.kind, across, down, mark.radius, mark.title
        )
    )
    if mark.label:
        parts.append(text(across + mark.radius + 4, down + 4, mark.label, "said"))
    return Markup("").join(parts)
