"""Languages are told offline, and a doubtful text is in the desk's own."""

from __future__ import annotations

import gzip
import json
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.inference.languages import Languages

SHORT_TEXTS = tomllib.loads(Path(__file__).with_name("short_texts.toml").read_text(encoding="utf-8"))
SAMPLE = Path(__file__).parents[3] / "datasets" / "sample" / "tickets.jsonl.gz"


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


@pytest.mark.parametrize("language", SHORT_TEXTS)
def test_what_customers_type_is_told_by_two_to_six_words(language: str) -> None:
    languages = Languages()
    texts = SHORT_TEXTS[language].strip().splitlines()

    told = [languages.detect(text) for text in texts]

    assert len(texts) >= 25
    assert {len(text.split()) for text in texts} <= set(range(2, 7))
    assert told.count(language) >= 0.97 * len(texts), [
        text for text, by in zip(texts, told, strict=True) if by != language
    ]


@pytest.mark.parametrize(
    "text",
    ["how do I reset my password?", "How do I restore the data?", "can I restore my plan?", "reset password",
     "restore", "HOW DO I EXPORT", "my name is Jürgen Größler, where is my invoice", "cafe menu url", "API 401"],
)  # fmt: skip
def test_a_short_english_text_is_never_clearly_in_another_language(text: str) -> None:
    assert Languages().clear(text) in ("en", None)


def test_no_english_subject_of_the_sample_is_clearly_in_another_language() -> None:
    languages = Languages()
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as file:
        tickets = [json.loads(line) for line in file]
    subjects = {ticket["subject"] for ticket in tickets if ticket.get("language") == "en" and ticket["subject"]}

    assert len(subjects) > 500
    assert [subject for subject in sorted(subjects) if languages.clear(subject) not in ("en", None)] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [("забыл пароль", "ru"), ("ξέχασα τον κωδικό μου", "el"), ("パスワードを忘れた", "ja"), ("نسيت كلمة المرور", "ar")],
)
def test_a_script_tells_at_once(text: str, language: str) -> None:
    assert Languages().clear(text) == language


def test_what_is_expected_decides_where_the_words_do_not() -> None:
    languages = Languages()

    assert languages.clear("problema conta") != "it"
    assert languages.clear("entrega atrasada", ["pt"]) == "pt"
    assert languages.clear("entrega atrasada", ["es"]) == "es"
    assert languages.clear("how do I reset my password?", ["fr"]) == "en"
