"""Emergencies over HTTP: a person at once, the article beside it, and no emergency where it is only talked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from serving.deflections.phrases import PHRASES
from serving.inference.loaded_model import LoadedModel
from tests.fakes import FixedBundle, HashingEncoder
from tests.serving.conftest import Client, a_model
from tests.serving.deflections.test_deflections import KNOWN, ask
from triage.model.critical import Emergency

PHRASED = "The whole platform is down for all of our users."


@dataclass(frozen=True)
class WatchedFor:
    """Takes texts with these words for an emergency, is in doubt about some, and sure that the rest is everyday."""

    words: tuple[str, ...] = ()
    doubtful: str = "nothing"

    def read(self, text: str, vector: np.ndarray) -> Emergency:
        assert np.isclose(np.linalg.norm(vector), 1)
        return Emergency(
            "leak", 0.9 if any(each in text for each in self.words) else 0.2 if self.doubtful in text else 0.01
        )

    def find(self, text: str, vector: np.ndarray) -> Emergency | None:
        found = self.read(text, vector)
        return found if found.probability > 0.5 else None

    def is_everyday(self, text: str, vector: np.ndarray) -> bool:
        return self.read(text, vector).probability < 0.1


def bundle(head: Any) -> FixedBundle:
    return FixedBundle(critical=head)


class TestWithAHeadThatSeesOne:
    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel | None:
        return a_model(encoder, bundle(WatchedFor(("filter hides every row", "fremden Firma"))))

    def test_an_emergency_is_handed_off_although_an_article_answers_it(self, knowing: Client) -> None:
        body = ask(knowing, KNOWN)

        assert (body["decision"], body["answer"], body["clarification"]) == ("hand_off", None, None)
        assert (body["reason_code"], body["certificate"]) == ("emergency", None)
        assert body["reason"] == PHRASES["en"]["emergency"]
        assert body["next_human_at"] is not None

    def test_the_article_stands_beside_it_while_the_customer_waits(self, knowing: Client) -> None:
        body = ask(knowing, KNOWN)

        assert "Remove the filter and export again." in body["while_you_wait"]["sources"][0]["quote"]
        assert body["articles"][0]["id"] == "export"

    def test_an_article_that_needs_a_person_is_not_shown_beside_it(self, knowing: Client) -> None:
        body = ask(knowing, "filter hides every row: I ask for a refund, refund needs a person")

        assert (body["reason_code"], body["while_you_wait"]) == ("emergency", None)

    def test_the_reason_is_in_the_customers_language(self, knowing: Client) -> None:
        body = ask(knowing, "Ich sehe die Rechnungen einer fremden Firma in meinem Konto.")

        assert body["reason"] == PHRASES["de"]["emergency"]

    def test_another_question_is_answered_as_ever(self, knowing: Client) -> None:
        body = ask(knowing, "CSV export is empty, a filter hides the rows?")

        assert (body["decision"], body["reason_code"], body["while_you_wait"]) == ("answer", None, None)

    def test_the_text_is_encoded_once(self, knowing: Client, encoder: HashingEncoder, monkeypatch: Any) -> None:
        encoded: list[str] = []
        plain = HashingEncoder.encode

        def counting(self: HashingEncoder, texts: Any, **options: Any) -> np.ndarray:
            encoded.extend(texts)
            return plain(self, texts, **options)

        monkeypatch.setattr(HashingEncoder, "encode", counting)
        ask(knowing, KNOWN)
        assert len(encoded) == 1


class TestWithPhrases:
    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel | None:
        return a_model(encoder, bundle(WatchedFor(doubtful="whole platform")))

    def test_a_phrase_of_the_urgency_lexicon_is_enough_where_the_head_is_in_doubt(self, knowing: Client) -> None:
        assert ask(knowing, PHRASED)["reason_code"] == "emergency"

    def test_a_phrase_is_not_enough_where_the_head_is_sure_that_it_is_only_talked_about(self, knowing: Client) -> None:
        assert ask(knowing, "What do I do when the service is down?")["reason_code"] != "emergency"


class TestWithoutAHead:
    def test_the_phrases_decide_alone(self, knowing: Client) -> None:
        assert ask(knowing, PHRASED)["reason_code"] == "emergency"
        assert ask(knowing, KNOWN)["decision"] == "answer"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("I want to talk to a human", "person_requested"),
        ("Do penguins migrate in winter?", "no_answer"),
        ("hello", None),
    ],
)
def test_other_hand_offs_say_why_too(knowing: Client, question: str, code: str | None) -> None:
    assert ask(knowing, question)["reason_code"] == code


def test_repeating_a_question_and_saying_that_it_did_not_help_have_codes_of_their_own(knowing: Client) -> None:
    ask(knowing, KNOWN, visitor="v-1")
    assert ask(knowing, KNOWN, visitor="v-1")["reason_code"] == "repeated"
    assert ask(knowing, "that did not help", visitor="v-1")["reason_code"] == "dissatisfied"
