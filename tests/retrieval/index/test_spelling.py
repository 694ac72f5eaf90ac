"""Misspelt words are put right with the articles' own words, and only those."""

from __future__ import annotations

import time

import pytest

from retrieval.index.mistakes import distance
from retrieval.index.spelling import MOST_UNKNOWN, Spelling

TEXTS = [
    ("Reset your password", "en", 5),
    ("Open the sign-in page and choose Forgot password. A link to reset the password arrives.", "en", 1),
    ("Download an invoice. Cancel the subscription. Change the time zone of the workspace.", "en", 1),
    ("The dashboard is blank. A scheduled report by email. Accept the incoming invitation.", "en", 1),
    ("Passwort zurücksetzen", "de", 5),
]
SPELLING = Spelling.of(TEXTS)


def corrected(text: str, language: str | None = None) -> str:
    return SPELLING.corrected(text, {"stream", "unable", "banana"}.__contains__, language)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pasword rset", "password reset"),
        ("forgto my passwrod", "forgot my password"),
        ("cancle the subscribtion", "cancel the subscription"),
        ("resettt my passsword", "reset my password"),
        ("invoiccee", "invoice"),
        ("DASHBORD", "DASHBOARD"),
        ("the yone", "the zone"),
        ("apssword", "password"),
        ("zuruecksetzen", "zurucksetzen"),
    ],
)
def test_a_letter_too_many_too_few_wrong_or_exchanged_is_put_right(typed: str, meant: str) -> None:
    assert corrected(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("resetmypassword", "reset my password"),
        ("howto cancelthesubscription", "how to cancel the subscription"),
        ("dash board blank", "dashboard blank"),
    ],
)
def test_joined_words_are_parted_and_parted_ones_joined(typed: str, meant: str) -> None:
    assert corrected(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "PSW-1234 passwrd1 pass_word paswd@example.com https://paswords.example/pasword",  # codes, names, addresses
        "unsubscription",  # a word behind a syllable
        "pas emxx",  # short, or nothing near
        "stream",  # known to the encoder
        "TBird",  # a name
        "passé",  # everyday French
        "password reset invoice",
    ],
)
def test_codes_names_short_words_and_known_words_stay(text: str) -> None:
    assert corrected(text) == text


@pytest.mark.parametrize("text", ["connect Yone to it", "an invoice of Paeg Ltd"])
def test_a_short_word_with_a_capital_inside_a_sentence_is_a_name(text: str) -> None:
    assert corrected(text) == text
    assert corrected(text.lower()) != text.lower()


def test_a_word_that_is_known_without_its_accents_stays() -> None:
    assert SPELLING.corrected("to reséat it", {"reseat"}.__contains__) == "to reséat it"
    assert SPELLING.corrected("to reséat it", {"banana"}.__contains__) == "to reset it"


def test_a_text_in_another_language_stays() -> None:
    foreign = "passworda resetta invoica dashborda cancella emaila"

    assert corrected(foreign) == foreign


def test_words_of_articles_in_another_language_are_not_taken() -> None:
    assert corrected("Paswort", "en") != "passwort"
    assert corrected("Paswort", "de") == "passwort"


def test_mistakes_cost_more_the_rarer_they_are() -> None:
    doubled, neighbour, other = (distance(word, "password") for word in ("passsword", "passwotd", "passwxrd"))

    assert doubled is not None
    assert neighbour is not None
    assert other is not None
    assert doubled < neighbour < other
    assert distance("pastry", "password") is None


def test_many_unknown_words_and_endless_ones_cost_little() -> None:
    many = Spelling.of([(" ".join(f"word{'abcdefghij'[n % 10]}{n}x" for n in range(100)), "en", 1), *TEXTS])
    texts = ["passwrod " * 400, "x" * 4_000, "ab" * 2_000, " ".join("qxz" + "abc" * n for n in range(2, MOST_UNKNOWN))]
    begun = time.process_time()

    for text in texts:
        many.corrected(text, lambda _: False)

    assert time.process_time() - begun < 1
