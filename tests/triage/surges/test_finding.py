"""What is found in a day's tickets, and what is left out of it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triage.surges.alarms import LENGTHS, History, alarms
from triage.surges.arrival import Arrival
from triage.surges.background import Background
from triage.surges.scan import Found, KnownBurst, find
from triage.surges.season import Season, hour_of
from triage.surges.suspects import suspects

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SUBJECTS = ("invoice", "export", "dashboard", "colleague", "import", "password", "report", "colour", "account", "chart")
DOING = ("change", "explain", "find", "delete", "add", "share", "print", "copy", "move", "rename")


def text(chance: random.Random) -> str:
    return f"Please can you {chance.choice(DOING)} the {chance.choice(SUBJECTS)} and {chance.choice(SUBJECTS)} for us"


def ordinary(chance: random.Random, begin: datetime, days: int, a_day: int) -> list[Arrival]:
    moments = sorted(begin + timedelta(seconds=chance.uniform(0, 86_400 * days)) for _ in range(days * a_day))
    made = [f"{begin:%j}-{number}" for number in range(len(moments))]
    return [
        Arrival.of(
            f"o{name}",
            at,
            text(chance),
            sender=name,
            labels={"product_area": chance.choice(("api", "web")), "priority": "P3"},
        )
        for name, at in zip(made, moments, strict=True)
    ]


def history(a_day: int = 24) -> History:
    chance = random.Random(7)
    begin = NOW - 57 * DAY
    old = ordinary(chance, begin, 56, a_day)
    season = Season.of(Counter(hour_of(each.at) for each in old), begin, NOW - DAY, LENGTHS)
    return History(season, Background.of(old))


@pytest.fixture(scope="module")
def usual() -> History:
    return history()


@pytest.fixture
def today() -> list[Arrival]:
    return ordinary(random.Random(8), NOW - DAY, 1, 24)


def burst(texts: tuple[str, ...], count: int = 10, **fields: object) -> list[Arrival]:
    begin = NOW - count * MINUTE
    made = [
        Arrival.of(f"b{number}", begin + number * MINUTE, texts[number % len(texts)], sender=f"k{number}", labels={})
        for number in range(count)
    ]
    return [replace(each, **fields) for each in made]  # type: ignore[arg-type]


BROKEN = ("Login fails with a blank screen", "Blank screen at login since nine", "I cannot login, screen stays blank")
WAVE = (
    "Hot offer: earn gold profit weekly at http://win.example/a",
    "Earn gold profit weekly: http://win.example/b now",
)


def look(arrivals: list[Arrival], history: History, known: tuple[KnownBurst, ...] = ()) -> Found:
    return find(sorted(arrivals, key=lambda each: each.at), history, known, NOW)


def test_an_ordinary_day_has_no_burst(usual: History, today: list[Arrival]) -> None:
    assert look(today, usual).bursts == ()


def test_a_burst_has_its_tickets_and_no_others(usual: History, today: list[Arrival]) -> None:
    (found,) = look([*today, *burst(BROKEN)], usual).bursts
    assert {each.id for each in found.tickets} == {f"b{number}" for number in range(10)}
    assert {"login", "blank", "screen"} <= set(found.words)
    assert (found.senders, found.since) == (10, NOW - 10 * MINUTE)


def test_a_word_is_found_where_the_number_of_tickets_is_not_unusual(usual: History) -> None:
    counts = {hour_of(NOW - number * 60 * MINUTE): 17 for number in range(24, 57 * 24)}
    busy = History(Season.of(counts, NOW - 57 * DAY, NOW - DAY, LENGTHS), usual.background)
    day = ordinary(random.Random(9), NOW - DAY, 1, 400)
    (found,) = look([*day, *burst(BROKEN, 9)], busy).bursts
    assert found.alarm.kind == "word"
    assert all(each.id.startswith("b") for each in found.tickets)


def test_what_is_known_grows_and_is_not_found_again(usual: History, today: list[Arrival]) -> None:
    known = KnownBurst("one", "all", [f"b{number}" for number in range(6)])
    found = look([*today, *burst(BROKEN)], usual, (known,))
    assert found.bursts == ()
    assert set(found.joined["one"]) == {f"b{number}" for number in range(6, 10)}


def test_a_dismissed_burst_hides_no_outage_after_it(usual: History, today: list[Arrival]) -> None:
    noise = [replace(each, id=f"n{n}", at=NOW - 60 * MINUTE, sender=f"n{n}") for n, each in enumerate(today[:9])]
    known = KnownBurst("noise", "all", [each.id for each in noise], dismissed=True)
    outage = burst(("All is down", "Nobody can work", "503 on every page", "No login", "Site dead"), 10, priority="P0")
    (found,) = look([*today, *noise, *outage], usual, (known,)).bursts
    assert {each.id for each in found.tickets} >= {each.id for each in outage[1:]}  # of the last ten minutes


def test_one_sender_is_no_burst(usual: History, today: list[Arrival]) -> None:
    assert look([*today, *burst(BROKEN, 30, sender="angry")], usual).bursts == ()


def test_nobody_known_who_sends_the_same_text_is_one_sender() -> None:
    first, second = (Arrival.of(name, NOW, "The very same text", sender=None, labels={}) for name in "ab")
    assert first.sender == second.sender


@pytest.mark.parametrize("count", [8, 40])
def test_a_wave_of_spam_is_no_burst(usual: History, today: list[Arrival], count: int) -> None:
    found = look([*today, *burst(WAVE, count)], usual)
    assert found.bursts == ()
    assert len(found.suspects) == count


def test_two_of_three_signs_make_spam() -> None:
    background = Background(texts=1000, words=Counter({"login": 50, "fail": 20, "screen": 9, "blank": 9, "with": 900}))
    linked = frozenset({"win.example"})
    differing = ("gold profit", "silver lottery", "marvellous pills", "cheap loans")
    alone = [
        replace(each, words=frozenset({*differing[n].split(), "with", f"other{n}", f"more{n}", f"else{n}"}))
        for n, each in enumerate(burst(BROKEN, 4))
    ]
    assert suspects(burst(BROKEN), background) == set()  # copied
    assert suspects(burst(BROKEN, 10, hosts=linked), background) == {f"b{n}" for n in range(10)}  # and with links
    assert suspects(burst(BROKEN, 10, foreign=True), background) == {f"b{n}" for n in range(10)}  # or foreign
    assert suspects(burst(BROKEN, 1, hosts=linked), background) == set()  # a link
    assert suspects(alone, background) == set()  # strange words
    ours = [replace(each, hosts=linked, sender="kim@mail.win.example") for each in alone]
    assert suspects(ours, background) == set()  # a link to the sender's own site
    assert suspects([replace(each, hosts=linked) for each in alone], background) == {each.id for each in alone}
    assert suspects([replace(each, hosts=linked, foreign=False) for each in alone], background) == set()


def test_a_site_that_the_desk_knows_is_no_sign() -> None:
    known = Background(texts=1000, hosts=frozenset({"shop.example"}))
    pasted = burst(("Login fails with a blank screen at https://app.shop.example/login",), foreign=False)
    assert suspects(pasted, known) == set()


def test_the_area_and_priority_of_a_burst_are_those_of_its_tickets(usual: History, today: list[Arrival]) -> None:
    made = [replace(each, area="api", priority="P1" if n < 4 else "P2") for n, each in enumerate(burst(BROKEN))]
    (found,) = look([*today, *made], usual).bursts
    assert (found.area, found.priority) == ("api", "P1")


def test_a_desk_that_accepts_fewer_false_alarms_wants_to_be_surer(usual: History, today: list[Arrival]) -> None:
    arrivals = [*today, *burst(BROKEN)]
    surer = [list(alarms(arrivals, replace(usual, false_alarms_a_month=each), NOW)) for each in (1.0, 0.01)]
    assert surer[0]
    assert len(surer[1]) < len(surer[0]) or surer[1][0].excess < surer[0][0].excess


def test_what_a_desk_accepts_and_how_many_must_report_decide_what_is_proposed(
    usual: History, today: list[Arrival]
) -> None:
    few = [*today, *burst(BROKEN, 5)]
    assert look(few, usual).bursts
    assert not look(few, replace(usual, fewest_senders=6)).bursts
    assert not look(few, replace(usual, false_alarms_a_month=1e-9)).bursts
