"""The shipped sample model with its floor: what is urgent stays urgent, however it is written.

Skipped, with the reason printed, where `make setup` has not built the sample model.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from serving.inference import loaded_model
from serving.inference.languages import Languages
from serving.inference.loaded_model import LoadedModel
from serving.inference.tagger import Tagger, TicketText
from serving.telemetry import Telemetry
from triage.model import urgency
from triage.taxonomy.labels import PRIORITIES

BUNDLE = Path(__file__).parents[2] / "var" / "sample" / "bundle"
pytestmark = pytest.mark.skipif(
    not (BUNDLE / "manifest.json").is_file(), reason="no sample model in var/sample/bundle: run `make setup`"
)

OUTAGES = [
    "Nobody in our company can log in since this morning.",
    "The platform is down for all of our users.",
    "Production is down, every request returns 502.",
    "We have lost all our data after the migration.",
    "SEV1: the whole application is unreachable for everyone.",
    "There has been a security breach in our workspace.",
    "Complete outage since 9:40, no login, no dashboards, no API.",
    "All customer data has disappeared from the workspace.",
    "Our users cannot log in, not one of them.",
    "Everything is down, and you are not answering the phone.",
    "Niemand kann sich einloggen, das System ist für alle ausgefallen.",
    "Nous avons une perte de données, plus personne ne peut se connecter.",
    "Nadie puede iniciar sesión, el sistema está caído para todos.",
    "Il sistema è giù per tutti, nessuno riesce ad accedere.",
    "Niemand kan inloggen, de productie ligt plat.",
    "Ninguém consegue entrar, o sistema caiu para todos.",
]
CALM = [
    "How do I change the colour of a chart?",
    "Could you add dark mode to the dashboard?",
    "Where do I find last month's invoice?",
    "The export has one column too many.",
    "Can I rename a report after I shared it?",
    "Is there a guide for the API keys?",
]
WRITINGS: dict[str, Callable[[str], str]] = {
    "politely": lambda text: f"Dear team, I hope you are well. {text} Many thanks for your kind help!",
    "rudely": lambda text: f"{text} WTF?! Fix this!!!",
    "in capitals": str.upper,
    "in small letters": str.lower,
    "widely spaced": lambda text: text.replace(" ", "   "),
    "with a signature": lambda text: f"{text}\n--\nAna Silva\nHead of Operations",
}


@cache
def tagger() -> Tagger:
    model = loaded_model.load(BUNDLE, origin="sample", at=datetime(2026, 3, 2, tzinfo=UTC))
    return Tagger(_Live(model), Languages(), Telemetry(), urgency.default())  # type: ignore[arg-type]


class _Live:
    """The model that is live, without the folders that `LiveModels` watches."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model

    def take(self) -> LoadedModel:
        return self._model


def ranks(texts: list[str]) -> list[int]:
    """Return how urgent each text is tagged: 0 for P0, 5 for no priority."""
    tags = [tagged.assessments["priority"] for tagged in tagger().tag_all([TicketText("", text) for text in texts])]
    return [PRIORITIES.index(tag.label) if tag.label else len(PRIORITIES) for tag in tags]


@pytest.mark.parametrize("writing", WRITINGS)
def test_an_outage_is_urgent_however_it_is_written(writing: str) -> None:
    missed = [
        text
        for text, rank in zip(OUTAGES, ranks([WRITINGS[writing](text) for text in OUTAGES]), strict=True)
        if rank > 1
    ]
    assert not missed


def test_an_outage_is_urgent_with_a_slip_in_its_longest_word() -> None:
    slipped = [_slip(text) for text in OUTAGES]
    missed = [text for text, rank in zip(slipped, ranks(slipped), strict=True) if rank > 1]
    assert not missed


def _slip(text: str) -> str:
    """Swap the third and fourth letter of the longest word."""
    word = max(text.split(), key=len)
    return text.replace(word, word[:2] + word[3] + word[2] + word[4:], 1)


@pytest.mark.parametrize(
    "phrase", ["This is a sev1.", "We have data loss.", "Production is down.", "Payments fail for all users."]
)
@pytest.mark.parametrize("first", [True, False])
def test_an_outage_phrase_never_lowers_a_priority(phrase: str, first: bool) -> None:
    with_phrase = [f"{phrase} {text}" if first else f"{text} {phrase}" for text in OUTAGES + CALM]
    assert all(after <= min(before, 1) for before, after in zip(ranks(OUTAGES + CALM), ranks(with_phrase), strict=True))


def test_the_floor_does_not_cry_wolf() -> None:
    """Minimum functionality: plain questions are not raised by any phrase."""
    found = tagger().tag_all([TicketText("", text) for text in CALM])
    assert [tagged.assessments["priority"].raised_by for tagged in found].count("lexicon") == 0
