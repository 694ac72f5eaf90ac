"""The shipped critical head with the urgency lexicon: emergencies go to a person, everyday questions do not.

No text of `emergencies.toml` has taught the head.
Skipped, with the reason printed, where `make setup` has not built the sample model.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from retrieval.answering.answer_question import Finding
from retrieval.answering.answerability import Verdict
from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder
from serving.deflections.emergencies import is_emergency
from training.critical import families
from triage.model import bundle as bundles
from triage.model import urgency
from triage.model.critical import CriticalHead
from triage.model.urgency import UrgencyPhrases
from triage.text.cleaning import model_text

BUNDLE = Path(__file__).parents[2] / "var" / "sample" / "bundle"
pytestmark = pytest.mark.skipif(
    not (BUNDLE / "manifest.json").is_file(), reason="no sample model in var/sample/bundle: run `make setup`"
)
TABLES: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("emergencies.toml").read_text("utf-8"))
EMERGENCIES = [
    text for kind, table in TABLES.items() if kind != "everyday" for texts in table.values() for text in texts
]
EVERYDAY = [text for texts in TABLES["everyday"].values() for text in texts]


@cache
def shipped() -> tuple[Encoder, CriticalHead | None, UrgencyPhrases]:
    bundle = bundles.load(BUNDLE)
    return encoders.from_files(*bundle.encoder_files()), bundle.critical, urgency.default()


@cache
def handed_off(text: str) -> bool:
    encoder, head, phrases = shipped()
    question = model_text(None, text)
    found = Finding(
        question, (), Verdict("hand_off", 0.0, "nothing was looked for"), vector=encoder.encode([question])[0]
    )
    return is_emergency(found, phrases, head, encoder.encode)


def test_at_least_95_percent_of_a_hundred_and_more_emergencies_go_to_a_person() -> None:
    missed = [text for text in EMERGENCIES if not handed_off(text)]
    assert len(EMERGENCIES) >= 100
    assert len(missed) <= 0.05 * len(EMERGENCIES), missed


@pytest.mark.parametrize("kind", [kind for kind in TABLES if kind != "everyday"])
def test_of_each_kind_of_emergency_at_least_nine_in_ten_go_to_a_person(kind: str) -> None:
    texts = [text for listed in TABLES[kind].values() for text in listed]
    missed = [text for text in texts if not handed_off(text)]
    assert len(missed) <= 0.1 * len(texts), missed


@pytest.mark.parametrize("language", families.LANGUAGES)
def test_in_each_language_at_least_nine_in_ten_emergencies_go_to_a_person(language: str) -> None:
    texts = [text for kind, table in TABLES.items() if kind != "everyday" for text in table[language]]
    missed = [text for text in texts if not handed_off(text)]
    assert len(missed) <= 0.1 * len(texts), missed


CALM = [
    "How do I make a chart?",
    "We use the weekly report for the board.",
    "Hi team, hope you had a nice weekend.",
    "We have been with you for six years and like the cohort grid.",
]


@pytest.mark.parametrize("calm", CALM)
@pytest.mark.parametrize("pattern", ["{0} {1}", "{1} {0}", "{0} {1} {0}"])
def test_calm_words_beside_it_do_not_hide_an_emergency(calm: str, pattern: str) -> None:
    texts = [text for text in EMERGENCIES if handed_off(text)][::4]
    missed = [text for text in texts if not handed_off(pattern.format(calm, f"{text.rstrip('.!?')}."))]
    assert len(missed) <= 0.05 * len(texts), missed


def test_calm_words_beside_calm_words_are_no_emergency() -> None:
    wrongly = [text for text in EVERYDAY if any(handed_off(f"{calm} {text}") for calm in CALM[:2])]
    assert len(wrongly) <= 0.04 * len(EVERYDAY), wrongly


def test_at_most_2_percent_of_a_hundred_everyday_questions_go_to_a_person_as_emergencies() -> None:
    wrongly = [text for text in EVERYDAY if handed_off(text)]
    assert len(EVERYDAY) >= 100
    assert len(wrongly) <= 0.02 * len(EVERYDAY), wrongly


def test_none_of_these_texts_taught_the_head() -> None:
    taught = {text for family in families.packaged() for text in family.wordings}
    assert not taught & {model_text(None, text) for text in (*EMERGENCIES, *EVERYDAY)}
