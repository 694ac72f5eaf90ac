from __future__ import annotations

import pytest

from retrieval.answering.foreign_names import foreign_names
from retrieval.answering.polarity import is_denied, is_opposed, wanted
from retrieval.articles.article import Passage
from retrieval.articles.blocks import Block
from retrieval.index.word_index import WordIndex

KNOWN = WordIndex.build(["Connect Slack to the kettle", "Reset your password"])


@pytest.mark.parametrize(
    ("question", "title", "heading", "opposed"),
    [
        ("how do I turn the alarm off", "Turn on the alarm", "For yourself", True),
        ("how do I turn the alarm off", "Turn on the alarm", "Turn it off", False),
        ("please disable the alarm", "Enable the alarm", "", True),
        ("how do I add a person", "People", "Remove a person", True),
        ("how do I add a person", "People", "Add or remove a person", False),
        ("the alarm stopped", "Start the alarm", "", False),
        ("how do I stop the alarm", "The alarm does not ring", "Look at the clock", True),
        ("how do I stop the alarm", "The alarm", "Stop it", False),
        ("how do I stop paying", "Cancel the alarm", "", False),
        ("how do I undo a cancellation", "Cancel the alarm", "Cancel", True),
        ("how do I undo a cancellation", "Cancel the alarm", "Keep it", False),
        ("what does the alarm cost", "Turn on the alarm", "", False),
    ],
)
def test_a_section_that_does_the_opposite_is_seen(question: str, title: str, heading: str, opposed: bool) -> None:
    assert is_opposed(wanted(question), title, heading, "") == opposed


@pytest.mark.parametrize(
    ("question", "denied"),
    [
        ("Please do not paint the fence", True),
        ("I don't want to paint the fence, I only want a new brush", True),
        ("We never meant to paint it", True),
        ("Don't paint the fence", True),
        ("I don't know how to paint the fence", False),
        ("I cannot paint the fence", False),
        ("The roller does not paint", False),
        ("I do not want to get the brochure any more", False),
        ("I do not want to sell it, how do I clean the brush", False),
    ],
)
def test_a_denial_is_told_from_a_report(question: str, denied: bool) -> None:
    assert is_denied(question, "Paint the fence", "") == denied


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How do I reset my Spotify password?", ["Spotify"]),
        ("how do i reset my spotify password", ["spotify"]),
        ("How do I connect Slack?", []),
        ("Where is that in Quorvex?", ["Quorvex"]),
        ("Can I invite Maria on Monday?", []),
        ("HOW DO I RESET MY PASSWORD", []),
        ("how do i open a window", []),
    ],
)
def test_the_name_of_a_product_that_no_article_has_is_seen(question: str, names: list[str]) -> None:
    assert foreign_names(question, KNOWN) == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How do I reset my Windows password?", ["Windows"]),
        ("how do i reset my windows password", ["windows"]),
        ("Does the app run on Steam?", []),
        ("when are the maintenance windows", []),
    ],
)
def test_an_everyday_word_of_the_articles_is_no_product_of_theirs(question: str, names: list[str]) -> None:
    bodies = ("Maintenance windows are on Sunday.", "It runs on Steam, and steam drives it.")
    passages = [Passage("a", position, "", "", (Block("text", body),)) for position, body in enumerate(bodies)]

    assert foreign_names(question, WordIndex.build(bodies), passages) == names


def test_in_german_a_capital_letter_is_no_name() -> None:
    assert foreign_names("Wo ist in my Haus das Kabel", KNOWN, nouns_are_capital=True) == []
