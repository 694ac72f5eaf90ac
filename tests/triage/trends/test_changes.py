"""Which themes grew: few false discoveries where nothing changed, and what is found where something did."""

from __future__ import annotations

import math
from random import Random

import pytest

from triage.trends.changes import FDR, ThemeCounts, Volumes, adjust, changes, tails

BEFORE, RECENT = 12, 4


def drawn(random: Random, mean: float, dispersion: float) -> int:
    """Draw a count whose variance is `dispersion` times its mean: a Poisson count with a gamma mean."""
    rate = random.gammavariate(mean / (dispersion - 1), dispersion - 1) if dispersion > 1 else mean
    count, left = 0, random.expovariate(1.0)
    while left < rate:
        count, left = count + 1, left + random.expovariate(1.0)
    return count


def desk(
    random: Random, rates: list[float], dispersion: float, planted: float = 1.0
) -> tuple[list[ThemeCounts], Volumes]:
    """Draw 16 weeks of a desk with a season of its own; the first theme is `planted` times as large in the last 4."""
    season = [1 + 0.3 * math.sin(week / 3) for week in range(BEFORE + RECENT)]
    weeks = [
        [
            drawn(random, rate * season[week] * (planted if number == 0 and week >= BEFORE else 1.0), dispersion)
            for week in range(BEFORE + RECENT)
        ]
        for number, rate in enumerate(rates)
    ]
    others = [drawn(random, 40 * season[week], 1.0) for week in range(BEFORE + RECENT)]
    themes = [ThemeCounts(each[:BEFORE], sum(each[BEFORE:])) for each in weeks]
    totals = [sum(column) + other for column, other in zip(zip(*weeks, strict=True), others, strict=True)]
    return themes, Volumes(totals[:BEFORE], sum(totals[BEFORE:]))


RATES = [0.4 + 0.15 * number for number in range(40)]


@pytest.mark.parametrize("dispersion", [1.0, 2.0, 4.0])
def test_in_weeks_without_a_change_at_most_one_in_ten_reports_anything(dispersion: float) -> None:
    """Where nothing has changed every report is false, so the false discovery rate is the share of such weeks."""
    random = Random(11)
    false = sum(
        any(each is not None and each.is_reported for each in changes(*desk(random, RATES, dispersion)))
        for _ in range(250)
    )
    assert false / 250 <= FDR


def test_a_theme_that_grows_is_found_and_few_others_with_it() -> None:
    """8 tickets a week become 24; the false ones are at most a tenth of what is reported, on average."""
    random, rates = Random(5), [8.0, *RATES]
    found = shares = 0.0
    for _ in range(100):
        reported = [
            (place, each)
            for place, each in enumerate(changes(*desk(random, rates, 1.5, planted=3.0)))
            if each is not None and each.is_reported
        ]
        found += any(place == 0 and each.grows for place, each in reported)
        shares += sum(place != 0 for place, _ in reported) / max(len(reported), 1)
    assert found >= 95
    assert shares / 100 <= FDR


def test_the_interval_of_the_ratio_holds_it() -> None:
    """Twice as many, in 200 desks; the interval of 95 %."""
    random, held = Random(8), 0
    for _ in range(200):
        found = changes(*desk(random, [8.0, *RATES], 1.5, planted=2.0))[0]
        assert found is not None
        low, high = found.interval
        held += (low or 0) <= 2.0 <= (high or math.inf)
    assert held / 200 >= 0.93


def test_a_desk_that_grows_as_a_whole_is_no_theme_that_grows() -> None:
    themes = [ThemeCounts([5] * 12, 40) for _ in range(20)]
    found = changes(themes, Volumes([100] * 12, 800))
    assert all(each is not None and not each.is_reported and each.ratio == 1.0 for each in found)


def test_a_surge_of_one_theme_makes_no_other_shrink() -> None:
    """200 tickets more of one theme: the desk is twice as large, and the others are as they were."""
    themes = [ThemeCounts([5] * 12, 220), *[ThemeCounts([10] * 12, 40) for _ in range(4)]]
    found = changes(themes, Volumes([50] * 12, 400))
    assert [each is not None and each.is_reported for each in found] == [True, False, False, False, False]
    assert found[0] is not None
    assert (found[0].expected, found[0].grows) == (pytest.approx(20), True)


def test_a_theme_that_comes_each_year_is_no_news() -> None:
    """Three times as many tickets, as last year; another theme had no such season."""
    season = ThemeCounts([10] * 12, 120, last_year=(110, 115))
    other = ThemeCounts([10] * 12, 120, last_year=(40, 120))
    calm = [ThemeCounts([10] * 12, 40, last_year=(40, 120)) for _ in range(10)]
    found = changes([season, other, *calm], Volumes([150] * 12, 600, last_year=(600, 1_800)))
    assert [each is not None and each.is_reported for each in found[:3]] == [False, True, False]


def test_a_theme_that_is_new_has_no_ratio_and_is_found() -> None:
    themes = [ThemeCounts([0] * 12, 9), *[ThemeCounts([3] * 12, 12) for _ in range(20)]]
    (new, *_) = changes(themes, Volumes([70] * 12, 280))
    assert new is not None
    assert (new.is_reported, new.ratio, new.interval[1]) == (True, None, None)


def test_a_theme_that_is_gone_shrinks() -> None:
    themes = [ThemeCounts([4] * 12, 0), *[ThemeCounts([3] * 12, 12) for _ in range(20)]]
    (gone, *_) = changes(themes, Volumes([70] * 12, 280))
    assert gone is not None
    assert (gone.is_reported, gone.grows, gone.ratio) == (True, False, 0.0)


@pytest.mark.parametrize("volumes", [Volumes([0] * 12, 10), Volumes([10] * 12, 0)])
def test_without_weeks_to_compare_nothing_is_tested(volumes: Volumes) -> None:
    assert changes([ThemeCounts([0] * 12, 10)], volumes) == [None]


def test_too_few_tickets_are_not_tested() -> None:
    assert changes([ThemeCounts([0] * 12, 5)], Volumes([70] * 12, 280)) == [None]


def test_false_discovery_rates_are_those_of_benjamini_and_hochberg() -> None:
    """p × n / rank, and no larger than that of a larger p."""
    assert adjust([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert adjust([]) == []


def test_chances_are_those_of_the_binomial_and_of_the_beta_binomial() -> None:
    """Of 4, each with a quarter; and with dispersion 2, of 4 of which half are recent: a = b = 2."""
    assert tails(4, 4, 0.25, 1.0) == pytest.approx((1.0, 0.25**4))
    # B(6, 2) / B(2, 2) = (120 · 1 / 5040) / (1 / 6) = 1 / 7
    assert tails(4, 4, 0.5, 2.0)[1] == pytest.approx(1 / 7)
