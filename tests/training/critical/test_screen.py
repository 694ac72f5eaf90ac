"""The screen before the critical head spares it texts, and none of the emergencies that it finds by itself."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tests.fakes import HashingEncoder
from training.critical import screen
from training.critical.families import Family
from training.critical.fit import FittedCritical, Lessons, learn_head
from triage.model.cascade.screen import Screen
from triage.model.critical import EVERYDAY, CriticalHead

ENCODE = HashingEncoder().encode
THINGS = ["chart", "menu", "export", "filter", "invoice", "report", "page", "button", "table", "colour"]
WHOM = ["colleague", "stranger", "competitor", "customer", "partner", "supplier", "visitor", "vendor", "firm", "team"]


def families() -> list[Family]:
    calm = [Family("en", EVERYDAY, (f"how do i change the {each}", f"where is the {each} please")) for each in THINGS]
    leaks = [Family("en", "leak", (f"our secrets leaked to a {each}", f"a {each} has our secrets")) for each in WHOM]
    legal = [Family("en", "legal", (f"a {each} sues us in court", f"the lawyer of a {each} sues us")) for each in WHOM]
    return [*calm, *leaks, *legal]


@pytest.fixture(scope="module")
def fitted() -> tuple[FittedCritical, screen.FittedScreen]:
    made = families()
    lessons = Lessons(made, [ENCODE(each.wordings) for each in made])
    critical = FittedCritical(CriticalHead(learn_head(lessons), 0.4), None, b"", lessons)  # type: ignore[arg-type]
    texts = [f"please change the {a} of the {b}. thank you so much" for a in THINGS for b in THINGS]
    own = screen.DeskTexts(texts, ENCODE(texts))
    found = screen.learn(critical, lessons, screen.with_sentences(own, ENCODE), own)
    assert found is not None
    return critical, found


def test_no_emergency_that_the_head_finds_is_harmless(fitted: tuple[FittedCritical, screen.FittedScreen]) -> None:
    critical, found = fitted
    ready = Screen(found.entry, found.words)
    leaks = [text for family in families() if family.kind != EVERYDAY for text in family.wordings]
    noticed = [text for text in leaks if critical.head.find(text, ENCODE([text])[0])]
    assert len(noticed) == len(leaks)
    assert not any(ready.is_harmless(text) for text in noticed)
    assert found.entry.emergencies > len(leaks) / 2


def test_most_tickets_of_the_desk_are_spared(fitted: tuple[FittedCritical, screen.FittedScreen]) -> None:
    _, found = fitted
    ready = Screen(found.entry, found.words)
    assert found.entry.harmless > 0.9 * found.entry.tickets
    assert ready.is_harmless("please change the colour of the menu")
    assert ready.is_harmless_sentence("thank you so much")


def test_its_file_holds_what_it_needs_and_nothing_is_pickled(
    fitted: tuple[FittedCritical, screen.FittedScreen],
) -> None:
    _, found = fitted
    with np.load(io.BytesIO(found.file), allow_pickle=False) as arrays:
        assert set(arrays.files) == {"buckets", "idf", "weights", "intercept"}
        assert arrays["weights"].shape == arrays["buckets"].shape


def test_a_head_that_finds_nothing_by_itself_has_no_screen() -> None:
    made = families()
    lessons = Lessons(made, [ENCODE(each.wordings) for each in made])
    critical = FittedCritical(CriticalHead(learn_head(lessons), 1.1), None, b"", lessons)  # type: ignore[arg-type]
    own = screen.DeskTexts(["a b", "a c"], ENCODE(["a b", "a c"]))
    assert screen.learn(critical, lessons, own, own) is None
