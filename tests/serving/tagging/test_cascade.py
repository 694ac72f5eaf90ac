"""A cascade over HTTP: what words settle costs no encoding, and no emergency is lost by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from serving.inference.encoded import needed
from serving.inference.loaded_model import LoadedModel
from tests.fakes import FixedBundle, HashingEncoder
from tests.serving.conftest import Client, a_model
from tests.serving.deflections.test_emergencies import WatchedFor
from triage.model.cascade.first_stage import Decided

SURE = {"category": {"bug": 0.05, "how_to": 0.93, "billing": 0.02}, "priority": {"P1": 0.1, "P3": 0.9}}
SURE |= {"product_area": {"api": 0.1, "reports": 0.1, "dashboard": 0.8}}
PLAIN = "Where can I change the colour of a chart?"
LEAK = "The chart is drawn with numbers of the firm next door."


@dataclass(frozen=True)
class SureOf:
    """Decides texts with any of these words."""

    words: tuple[str, ...]

    def decide(self, texts: Sequence[str]) -> Decided:
        found = [any(word in text for word in self.words) for text in texts]
        rows = {head: np.tile(list(each.values()), (len(texts), 1)) for head, each in SURE.items()}
        return Decided(np.array(found, dtype=bool), rows)


@dataclass(frozen=True)
class Clears:
    """Calls texts harmless that have none of these words."""

    words: tuple[str, ...]

    def is_harmless(self, text: str) -> bool:
        return not any(word in text for word in self.words)

    is_harmless_sentence = is_harmless


class Watching(WatchedFor):
    def may_report(self, text: str) -> bool:
        return True


@dataclass
class Heads(FixedBundle):
    """A bundle whose encoder's heads remember how many texts they judged."""

    judged: list[int] = field(default_factory=list)

    def predictions(self, texts: Sequence[str], states: np.ndarray) -> dict[str, Any]:
        self.judged.append(len(states))
        return dict(super().predictions(texts, states))


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel:
    stage, screen = SureOf(("chart",)), Clears(("next door",))
    head = Watching(("next door",))
    return a_model(encoder, Heads(first_stage=stage, screen=screen, critical=head))  # type: ignore[arg-type]


def tag(client: Client, *sentences: str, include: str = "") -> dict[str, Any]:
    body: dict[str, Any] = client.post(f"/v1/tags?include={include}", json={"description": " ".join(sentences)}).json()
    return body


def test_a_ticket_that_words_settle_runs_the_encoder_zero_times(knowing: Client, encoder: HashingEncoder) -> None:
    before = len(encoder.encoded)
    body = tag(knowing, PLAIN)
    assert body["tags"]["category"]["label"] == "how_to"
    assert len(encoder.encoded) == before


def test_of_a_longer_one_no_sentence_is_encoded_either(knowing: Client, encoder: HashingEncoder) -> None:
    before = len(encoder.encoded)
    tag(knowing, PLAIN, "I looked everywhere in the menu.", "Thank you.")
    assert len(encoder.encoded) == before


def test_a_ticket_that_words_do_not_decide_is_encoded_and_judged_by_the_heads(
    knowing: Client, encoder: HashingEncoder, model: LoadedModel
) -> None:
    before = len(encoder.encoded)
    assert tag(knowing, "The export is empty.")["tags"]["category"]["label"] == "bug"
    assert encoder.encoded[before:] == ["The export is empty."]
    assert model.bundle is not None
    assert model.bundle.judged == [1]  # type: ignore[attr-defined]


def test_the_labels_are_the_same_whatever_is_included(knowing: Client, encoder: HashingEncoder) -> None:
    before = len(encoder.encoded)
    text = "CSV export is empty, and the chart?"
    everything = tag(knowing, text, include="similar_tickets,articles")
    assert everything["tags"] == tag(knowing, text)["tags"]
    assert everything["similar_tickets"]
    assert encoder.encoded[before:] == [text]


@pytest.mark.parametrize("sentences", [(LEAK,), (PLAIN, "By the way.", LEAK)])
def test_what_may_be_an_emergency_still_reaches_the_critical_head(
    knowing: Client, encoder: HashingEncoder, sentences: tuple[str, ...]
) -> None:
    before = len(encoder.encoded)
    body = tag(knowing, *sentences)
    assert body["tags"]["priority"]["reason_code"] == "raised_by_emergency"
    assert body["tags"]["category"]["label"] == "how_to"  # by its words all the same
    assert len(encoder.encoded) > before


def test_without_a_screen_the_critical_head_reads_every_ticket() -> None:
    decided = Decided(np.array([True, True, False]), {})
    assert needed(["a", "b", "c"], decided, [0], None) == [0, 2]
    assert needed(["a", "b", "c"], decided, [], None) == [2]
    assert needed(["a", "b", "c"], None, [], None) == [0, 1, 2]


def test_in_a_batch_each_ticket_gets_what_it_gets_alone(knowing: Client) -> None:
    texts = [PLAIN, "The export is empty.", LEAK, "Nothing works in here."]
    found = knowing.post("/v1/tags/batch?include=", json={"tickets": [{"description": text} for text in texts]})
    assert [each["tags"] for each in found.json()["results"]] == [tag(knowing, text)["tags"] for text in texts]
