"""Test whether themes grew or shrank: against the weeks before, and against the same weeks of last year.

Counts of weeks vary more than chance alone (overdispersion). Given all tickets of a theme, those of the recent weeks
then follow a beta-binomial distribution, if the share of the recent weeks in the desk's tickets is the theme's, too.
Several themes are tested at once, so that of those reported at most a share of 10 % is false on average (Benjamini and
Hochberg 1995).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

from triage.intervals import Z

FDR: Final = 0.10
FEWEST: Final = 6  # tickets of a theme; fewer can show nothing
FEWEST_LAST_YEAR: Final = 10
_PRIOR: Final = 12.0  # weeks' worth of the desk's dispersion in the dispersion of a theme
_CLEAR: Final = 0.01  # themes that changed so clearly say nothing about the desk's volume


@dataclass(frozen=True)
class ThemeCounts:
    """Tickets of a theme: by week before, in the recent weeks, and both of last year; nothing where it is not known."""

    before: Sequence[int]
    recent: int
    last_year: tuple[int, int] | None = None

    @property
    def total(self) -> int:
        """All tickets of the recent weeks and those before."""
        return sum(self.before) + self.recent


@dataclass(frozen=True)
class Volumes:
    """Tickets of the desk, in the same weeks."""

    before: Sequence[int]
    recent: int
    last_year: tuple[int, int] | None = None


@dataclass(frozen=True)
class Change:
    """What became of a theme.

    `ratio` is its recent rate by that of before, relative to the desk; its interval has 95 %, an end is None where it
    cannot be told. `p` is two-sided, `q` the smallest false discovery rate at which it would be reported.
    """

    recent: int
    before: int
    expected: float
    ratio: float | None
    interval: tuple[float | None, float | None]
    p: float
    q: float

    @property
    def is_reported(self) -> bool:
        """Whether it is among what is reported at `FDR`."""
        return self.q <= FDR

    @property
    def grows(self) -> bool:
        """Whether it grew, or shrank."""
        return self.recent > self.expected


def changes(themes: Sequence[ThemeCounts], desk: Volumes) -> list[Change | None]:
    """Test each theme; None for those with too few tickets.

    Parameters
    ----------
    themes
        Their tickets.
    desk
        All tickets, also those of no theme: the season of the desk.

    Returns
    -------
    list of Change or None
        In the order of the themes.
    """
    tested = [place for place, each in enumerate(themes) if each.total >= FEWEST]
    if not tested or not sum(desk.before) or not desk.recent:
        return [None] * len(themes)
    dispersion = _dispersions([themes[place] for place in tested], desk)
    first = [_change(themes[place], desk, phi) for place, phi in zip(tested, dispersion, strict=True)]
    clear = [themes[place] for place, each in zip(tested, first, strict=True) if each.p < _CLEAR]
    calm = _without(desk, clear)
    found = [_change(themes[place], calm, phi) for place, phi in zip(tested, dispersion, strict=True)]
    adjusted = adjust([each.p for each in found])
    by_place = {place: replace(each, q=q) for place, each, q in zip(tested, found, adjusted, strict=True)}
    return [by_place.get(place) for place in range(len(themes))]


def adjust(values: Sequence[float]) -> list[float]:
    """Return for each p-value the smallest false discovery rate at which it is a discovery."""
    n, lowest = len(values), 1.0
    found = [1.0] * n
    for rank, place in sorted(enumerate(sorted(range(n), key=values.__getitem__), 1), reverse=True):
        lowest = min(lowest, values[place] * n / rank)
        found[place] = lowest
    return found


def tails(k: int, n: int, share: float, dispersion: float) -> tuple[float, float]:
    """Return the chances of at most k, and of at least k, of n.

    Parameters
    ----------
    k
        The recent tickets.
    n
        All of them.
    share
        The expected share of the recent ones, above 0 and below 1.
    dispersion
        The variance of a week's tickets by their mean; 1 is chance alone.

    Returns
    -------
    tuple of float and float
    """
    if dispersion <= 1 + 1e-9:
        logs = [_choose(n, each) + each * math.log(share) + (n - each) * math.log1p(-share) for each in range(n + 1)]
    else:
        a, b = n * share / (dispersion - 1), n * (1 - share) / (dispersion - 1)
        base = _log_beta(a, b)
        logs = [_choose(n, each) + _log_beta(each + a, n - each + b) - base for each in range(n + 1)]
    chances = [math.exp(each) for each in logs]
    return min(math.fsum(chances[: k + 1]), 1.0), min(math.fsum(chances[k:]), 1.0)


def _change(theme: ThemeCounts, desk: Volumes, dispersion: float) -> Change:
    n, k = theme.total, theme.recent
    share = desk.recent / (desk.recent + sum(desk.before))
    p = min(1.0, 2 * min(tails(k, n, share, dispersion)))
    season = _against_last_year(theme, desk, dispersion)
    before = sum(theme.before)
    by_volume = sum(desk.before) / desk.recent
    low, high = _share_interval(k, n, n * dispersion / (n + dispersion - 1))
    return Change(
        recent=k,
        before=before,
        expected=before / by_volume,
        ratio=k / before * by_volume if before else None,
        interval=(low / (1 - low) * by_volume, high / (1 - high) * by_volume if high < 1 and before else None),
        p=p if season is None else max(p, season),
        q=1.0,
    )


def _against_last_year(theme: ThemeCounts, desk: Volumes, dispersion: float) -> float | None:
    """Return the p-value of the odds ratio between this year and the last; None where last year says too little.

    The larger of two p-values is one for both: a theme that grows each year at this time grows against the weeks
    before, and not against its season.
    """
    if theme.last_year is None or desk.last_year is None or sum(theme.last_year) < FEWEST_LAST_YEAR:
        return None
    counts = (theme.recent, sum(theme.before), *theme.last_year)
    volumes = (desk.recent, sum(desk.before), *desk.last_year)
    if not all(volumes):
        return None
    now, then, now_before, then_before = counts[0] + 0.5, counts[2] + 0.5, counts[1] + 0.5, counts[3] + 0.5
    observed = math.log(now / now_before) - math.log(then / then_before)
    expected = math.log(volumes[0] / volumes[1]) - math.log(volumes[2] / volumes[3])
    spread = math.sqrt(dispersion * (1 / now + 1 / then + 1 / now_before + 1 / then_before))
    return 2 * NormalDist().cdf(-abs(observed - expected) / spread)


def _without(desk: Volumes, clear: Sequence[ThemeCounts]) -> Volumes:
    """Return the volume without some themes: a surge of one would make all others seem to shrink."""
    before = [n - sum(each.before[week] for each in clear) for week, n in enumerate(desk.before)]
    recent = desk.recent - sum(each.recent for each in clear)
    return desk if sum(before) <= 0 or recent <= 0 else Volumes(before, recent, desk.last_year)


def _dispersions(themes: Sequence[ThemeCounts], desk: Volumes) -> list[float]:
    """Return the dispersion of each theme, from the weeks before: its own, drawn to that of all, and no less than it.

    That of all is the larger of the one between weeks, with its standard error, and the one between thirds of the
    time, which sees slow waves.
    """
    weeks = len(desk.before)
    squares = [_squares(each.before, desk.before) for each in themes]
    freedom = len(themes) * max(weeks - 1, 1)
    of_all = math.fsum(squares) / freedom * (1 + math.sqrt(2 / freedom))
    third = weeks // 3
    if third > 1:
        volumes = _thirds(desk.before, third)
        waves = math.fsum(_squares(_thirds(each.before, third), volumes) for each in themes) / (2 * len(themes))
        of_all = max(of_all, waves)
    of_all = max(of_all, 1.0)
    return [max((_PRIOR * of_all + each) / (_PRIOR + weeks - 1), of_all) for each in squares]


def _thirds(weeks: Sequence[int], third: int) -> list[int]:
    return [sum(weeks[begin : begin + third]) for begin in (0, third, 2 * third)]


def _squares(counts: Sequence[int], volumes: Sequence[int]) -> float:
    """Return the sum of Pearson's squares of counts around their share of the volume."""
    total, every = sum(counts), sum(volumes)
    expected = [total * each / every for each in volumes]
    return math.fsum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True) if e > 0)


def _share_interval(k: int, n: int, inflated: float) -> tuple[float, float]:
    """Return Wilson's interval of a share whose variance is inflated: as if there were so many tickets fewer."""
    size = n / inflated
    share, weight = k / n, Z**2 / size
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
