"""Tails, seasons, shares and spreads: what the alarms are made of."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.surges.arrival import Arrival
from triage.surges.background import Background
from triage.surges.season import Season, hour_of
from triage.surges.tails import highest_usual, log10_tail
from triage.surges.words import hosts_of, words_of

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


def negative_binomial(count: int, mean: float, dispersion: float) -> float:
    """The probability of exactly so many, from its definition."""
    size = 1 / dispersion
    ways = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
    return math.exp(ways + size * math.log(size / (size + mean)) + count * math.log(mean / (size + mean)))


@pytest.mark.parametrize(("count", "mean", "dispersion"), [(5, 2.0, 0.3), (20, 4.0, 1.0), (40, 30.0, 0.02)])
def test_the_tail_is_one_less_all_that_is_below(count: int, mean: float, dispersion: float) -> None:
    below = math.fsum(negative_binomial(each, mean, dispersion) for each in range(count))
    assert 10 ** log10_tail(count, mean, dispersion) == pytest.approx(1 - below, rel=1e-6)


def test_without_dispersion_it_is_poissons() -> None:
    below = math.fsum(math.exp(-3) * 3**each / math.factorial(each) for each in range(9))
    assert 10 ** log10_tail(9, 3.0, 0.0) == pytest.approx(1 - below, rel=1e-9)
    assert log10_tail(9, 3.0, 1e-7) == pytest.approx(log10_tail(9, 3.0, 0.0), abs=1e-4)


@settings(max_examples=50)
@given(st.integers(1, 500), st.floats(0.001, 200), st.floats(0.001, 2))
def test_more_tickets_are_never_likelier(count: int, mean: float, dispersion: float) -> None:
    here = log10_tail(count, mean, dispersion)
    assert -math.inf < here <= 0
    assert log10_tail(count + 1, mean, dispersion) <= here + 1e-9


def test_a_wider_spread_makes_a_rare_count_less_so() -> None:
    found = [log10_tail(30, 5.0, dispersion) for dispersion in (0.0, 0.05, 0.2, 0.8)]
    assert found == sorted(found)
    assert found[0] < -10


@settings(max_examples=30)
@given(st.floats(0.0, 200), st.floats(0.01, 2))
def test_what_is_usual_at_most_is_not_below_the_mean(mean: float, dispersion: float) -> None:
    most = highest_usual(mean, dispersion)
    assert most >= int(mean)
    assert log10_tail(most + 1, max(mean, 1e-9), dispersion) <= math.log10(0.025)


def office_hours(weeks: int, an_hour: int) -> dict[int, int]:
    counts = {}
    for number in range(weeks * 168):
        at = MONDAY + number * HOUR
        if at.weekday() < 5 and 9 <= at.hour < 17:
            counts[hour_of(at)] = an_hour
    return counts


def test_an_hour_of_the_week_is_learnt_and_a_window_adds_its_hours() -> None:
    season = Season.of(office_hours(8, 12), MONDAY, MONDAY + 8 * WEEK, (1, 3, 8, 24))
    day = MONDAY + 8 * WEEK
    assert season.expected(day + 10 * HOUR, day + 11 * HOUR) == pytest.approx(12, rel=0.35)
    assert season.expected(day + 2 * HOUR, day + 3 * HOUR) < 1.5
    halves = season.expected(day + 9.5 * HOUR, day + 10 * HOUR) + season.expected(day + 10 * HOUR, day + 12.25 * HOUR)
    assert season.expected(day + 9.5 * HOUR, day + 12.25 * HOUR) == pytest.approx(halves)


def test_a_desk_that_grows_is_compared_with_its_last_weeks() -> None:
    counts = {hour_of(MONDAY + n * HOUR): 2 if n < 4 * 168 else 20 for n in range(8 * 168)}
    season = Season.of(counts, MONDAY, MONDAY + 8 * WEEK, (1,))
    assert 13 < season.expected(MONDAY + 8 * WEEK, MONDAY + 8 * WEEK + HOUR) < 20


def test_a_young_desk_is_judged_with_a_wide_spread_and_a_new_one_not_at_all() -> None:
    spreads = []
    for weeks in (1, 2, 8):
        season = Season.of(office_hours(weeks, 12), MONDAY, MONDAY + weeks * WEEK, (1,))
        spreads.append(season.dispersion(1, 12))
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 1 > 0.3 > spreads[2]
    assert Season.of({}, MONDAY, MONDAY, (1,)).dispersion(1, 0) == math.inf


def test_a_desk_whose_hours_stray_has_a_greater_dispersion() -> None:
    chance = random.Random(1)
    calm = {hour_of(MONDAY + n * HOUR): 20 for n in range(8 * 168)}
    wild = {hour: chance.choice((2, 50)) for hour in calm}
    until = MONDAY + 8 * WEEK
    assert Season.of(calm, MONDAY, until, (1,)).dispersion(1, 20) < 0.1
    assert Season.of(wild, MONDAY, until, (1,)).dispersion(1, 20) > 0.3


def arrival(number: int, text: str, days: float = 0.0) -> Arrival:
    labels = {"product_area": "api", "priority": "P1" if number % 4 == 0 else "P3"}
    return Arrival.of(f"t{number}", MONDAY + timedelta(days=days), text, sender=f"s{number}", labels=labels)


def test_shares_and_spreads_of_words_are_those_of_the_texts() -> None:
    steady = [arrival(n, "The invoice is wrong" if n % 10 == 0 else "The chart is wrong", n / 10) for n in range(400)]
    bursty = [arrival(n, "Login fails" if 100 <= n < 110 else "The chart is wrong", n / 10) for n in range(400)]
    found = Background.of(steady)
    assert found.word_share("invoice") == pytest.approx(0.1, abs=0.01)
    assert found.word_share("never") < 0.002
    assert found.label_share("urgent", "") == pytest.approx(0.25, abs=0.01)
    assert Background.of(bursty).word_dispersion("login") > 2 * found.word_dispersion("invoice")
    assert found.knows(frozenset({"invoice", "chart"})) == 1
    assert found.knows(frozenset({"gold", "profit", "chart"})) < 0.5


def test_words_are_without_addresses_links_numbers_plurals_and_the_calendar() -> None:
    text = (
        "Invoices of September 2026: see https://pay.example.com/x or ask kim@mail.example, error LM-D504 and 503. Café"
    )
    assert words_of(text) == {"invoice", "see", "ask", "error", "lm-d504", "and", "503", "cafe"}
    assert words_of("请帮助我们") == {"请帮", "帮助", "助我", "我们"}


def test_sites_are_those_of_links_not_of_addresses_and_files() -> None:
    assert hosts_of("See https://app.eu.shop.example/a and t.example/x, www.wins.com") == {
        "shop.example",
        "t.example",
        "wins.com",
    }
    assert hosts_of("kim@mail.example sent export.csv and config.json of Node.js, e.g. today") == frozenset()


def test_nearly_the_same_texts_share_a_band_and_others_do_not() -> None:
    one = arrival(1, "Join our gold channel with 98 percent win rate, first hundred members are free")
    same = arrival(2, "Join our gold channel with 95 percent win rate, first hundred members free now")
    other = arrival(3, "The export to a spreadsheet misses two columns since the last release")
    assert set(one.bands) & set(same.bands)
    assert not set(one.bands) & set(other.bands)
