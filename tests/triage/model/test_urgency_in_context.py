"""Words that stand in urgent phrases and mean something else raise nothing; urgent news in other words raises."""

from __future__ import annotations

import time

import pytest

from tests.triage.model.urgent_texts import DENIED_OR_OVER, OTHER_MEANING, SUPPOSED, URGENT
from triage.model import urgency

LEXICON = urgency.default()


def found(text: str) -> str | None:
    alarmed = LEXICON.find(text)
    return alarmed.priority if alarmed else None


@pytest.mark.parametrize("text", OTHER_MEANING + DENIED_OR_OVER + SUPPOSED)
def test_words_that_mean_something_else_are_past_or_only_supposed_raise_nothing(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize("text", URGENT)
def test_urgent_news_in_other_words_raises(text: str) -> None:
    assert found(text) in ("P0", "P1")


@pytest.mark.parametrize("calm", [*OTHER_MEANING[::3], *SUPPOSED[::3]])
def test_calm_words_beside_an_emergency_hide_nothing(calm: str) -> None:
    assert found(f"{calm} By the way: production is down for everyone.") == "P0"


@pytest.mark.parametrize(
    "text", ["down " * 800, "data " * 800, "in case of " * 400, "it is fixed. " * 300, "a-" * 2000, "see " * 1000]
)
def test_a_text_of_nothing_but_words_of_phrases_is_read_in_a_moment(text: str) -> None:
    found("warm")
    started = time.process_time()
    found(text)
    assert time.process_time() - started < 1  # a few hundredths of a second


CALM_OF_STRANGERS = [
    "Has there been any security breach at your company in the past three years?",
    "Do you run penetration tests, and has there ever been a data breach at your company?",
    "I want one chart for all payments that failed because of an expired card.",
    "How can I see who of our users cannot log in because their seat is inactive?",
    "The bug of last year where all users were locked out: is there a report on it?",
    "Il sito sarà fermo domenica?",
    "What is your process when a data breach is discovered?",
    "Ist bei Ihnen schon einmal ein Datenleck vorgekommen?",
    "¿Cómo hago para que nadie pueda entrar en el informe salvo yo?",
    "Hoe zorg ik dat niemand behalve ik kan inloggen op de beheerpagina?",
    "Como faço para que ninguém possa acessar o relatório além de mim?",
]
URGENT_OF_STRANGERS = [
    "Customers tell us they were charged three times for the same order, dozens of them.",
    "Many of our customers were debited three times for one order today.",
    "Our card terminals cannot take any cards since noon.",
    "Unsere Kassen können seit zehn Uhr keine Kartenzahlungen annehmen.",
    "Kunden wurden heute mehrfach belastet.",
    "Nous ne pouvons plus encaisser.",
    "Desde las nueve no podemos cobrar.",
    "Da stamattina non riusciamo a incassare.",
    "Sinds vanmorgen kunnen we geen betalingen meer aannemen.",
    "Nenhum cartão passa desde ontem.",
]


@pytest.mark.parametrize("text", CALM_OF_STRANGERS)
def test_questions_about_emergencies_raise_nothing(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize("text", URGENT_OF_STRANGERS)
def test_payments_that_do_not_work_raise(text: str) -> None:
    assert found(text) in ("P0", "P1")
