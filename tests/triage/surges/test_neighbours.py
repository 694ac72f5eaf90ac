"""Tickets that are near to each other by meaning: one outage in everybody's own words, two outages at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, permutations

import pytest

from tests.triage.surges.test_finding import MINUTE, NOW, history, ordinary
from triage.surges.alarms import History
from triage.surges.arrival import Arrival
from triage.surges.neighbours import SHARES, Ring, Rings
from triage.surges.scan import Found, KnownBurst, find

DAY = 24 * 60 * MINUTE


@pytest.fixture(scope="module")
def usual() -> History:
    return history(200)


@pytest.fixture
def today() -> list[Arrival]:
    return ordinary(random.Random(8), NOW - DAY, 1, 200)


def outage(name: str, count: int, *, apart: int = 6, labels: dict[str, str] | None = None) -> list[Arrival]:
    """Return reports of which no two share a word."""
    begin = NOW - count * apart * MINUTE
    return [
        Arrival.of(
            f"{name}{number}", begin + number * apart * MINUTE, f"{name}{number}word", sender=f"{name}{number}",
            labels=labels or {},
        )
        for number in range(count)
    ]  # fmt: skip


def rings(*groups: Sequence[Arrival]) -> Rings:
    near: dict[str, frozenset[str]] = {}
    for one, other in chain.from_iterable(permutations(group, 2) for group in groups):
        near[one.id] = near.get(one.id, frozenset()) | {other.id}
    return tuple(Ring(near, share, 1_000) for share in SHARES)


def look(arrivals: Sequence[Arrival], usual: History, near: Rings, known: Sequence[KnownBurst] = ()) -> Found:
    return find(sorted(arrivals, key=lambda each: each.at), usual, known, NOW, near)


def test_an_outage_of_which_no_two_reports_share_a_word_is_found(usual: History, today: list[Arrival]) -> None:
    reports = outage("down", 8)
    assert look([*today, *reports], usual, ()).bursts == ()
    (found,) = look([*today, *reports], usual, rings(reports)).bursts
    assert {each.id for each in found.tickets} == {each.id for each in reports}
    assert (found.alarm.kind, found.senders) == ("near", 8)


def test_two_outages_at_once_are_two(usual: History, today: list[Arrival]) -> None:
    labels = {"priority": "P0", "product_area": "api"}
    one, other = outage("down", 9, labels=labels), outage("mail", 9, labels=labels)
    found = look([*today, *one, *other], usual, rings(one, other)).bursts
    assert {frozenset(each.id for each in burst.tickets) for burst in found} == {
        frozenset(each.id for each in one),
        frozenset(each.id for each in other),
    }


def test_a_count_of_all_that_holds_two_themes_proposes_one_of_them(usual: History) -> None:
    one, other = outage("down", 40, apart=1), outage("mail", 20, apart=1)
    weak = tuple(replace(ring, usual=0.4) for ring in rings(one, other))  # too usual to be an alarm by itself
    first = look([*one, *other], usual, weak).bursts[0]
    assert first.alarm.kind == "all"
    assert {each.id for each in first.tickets} <= {each.id for each in one}
    assert first.senders > 10


def test_what_is_known_takes_what_is_near_and_not_what_merely_comes(usual: History, today: list[Arrival]) -> None:
    one, other = outage("down", 12), outage("mail", 9)
    known = KnownBurst("one", "near", [each.id for each in one[:6]])
    found = look([*today, *one, *other], usual, rings(one, other), [known])
    assert found.joined == {"one": tuple(each.id for each in one[6:])}
    assert [{each.id for each in burst.tickets} for burst in found.bursts] == [{each.id for each in other}]


def test_one_sender_is_no_burst_however_near_the_texts(usual: History, today: list[Arrival]) -> None:
    reports = [replace(each, sender="angry") for each in outage("down", 20)]
    assert look([*today, *reports], usual, rings(reports)).bursts == ()
