"""Languages are told offline, and a doubtful text is in the desk's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.inference.languages import Languages


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Since this morning the dashboard is blank for everybody in our team.", "en"),
        ("Ich kann mich seit heute Morgen nicht mehr anmelden.", "de"),
        ("Je n'arrive plus à télécharger ma facture depuis hier.", "fr"),
        ("No puedo iniciar sesión desde la actualización.", "es"),
        ("Não consigo entrar na minha conta desde ontem.", "pt"),
        ("Sinds vanochtend kan ik niet meer inloggen.", "nl"),
        ("Non riesco ad accedere al mio account da ieri.", "it"),
    ],
)
def test_a_sentence_is_told(text: str, language: str) -> None:
    assert Languages().detect(text) == language


@pytest.mark.parametrize(
    "text", ["", "  \n", "12345", "🙂🙂", "How do I reset my password?", "dark mode pls", "LM-S142"]
)
def test_a_doubtful_text_is_in_the_desks_own_language(text: str) -> None:
    assert Languages().detect(text) == "en"
    assert Languages(default="de").detect("??") == "de"


def test_it_is_the_same_each_time_and_from_every_thread() -> None:
    languages = Languages()
    texts = ["Ich kann mich nicht anmelden, bitte helfen Sie mir.", "The export is empty since the update."] * 50

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(languages.detect, texts))

    assert told == ["de", "en"] * 50


def test_a_megabyte_is_told_by_its_beginning() -> None:
    assert Languages().detect("Ich kann mich nicht anmelden. " * 40_000) == "de"
