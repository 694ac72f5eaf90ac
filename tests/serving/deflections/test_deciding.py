"""When a question is answered, asked back or handed over, over HTTP: what is promised, choices, and bad input."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from retrieval.answering.answerability import Answerability
from serving.inference.loaded_model import LoadedModel
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.conftest import Client, a_model
from tests.serving.deflections.test_deflections import KNOWN, ask, sessions
from triage.model.certificate import Certificate

CERTIFICATE = Certificate("crt_1", threshold=0.5, alpha=0.1, delta=0.1, n=57, k=2)
ARTICLES = [
    {"id": "invoice-address", "title": "Invoice address", "body": "The invoice address stands in the settings."},
    {"id": "invoice-pdf", "title": "Invoice as PDF", "body": "Every invoice is there as PDF."},
    {"id": "invoice-late", "title": "Late invoice", "body": "A late invoice arrives within a day."},
    {"id": "weather", "title": "Weather", "body": "Nothing on money stands here."},
]


class TestWithACertificate:
    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel | None:
        return a_model(encoder, answerability=Answerability(certificate=CERTIFICATE, learnt=True))

    def test_an_answer_names_its_certificate_and_says_what_it_promises(self, knowing: Client) -> None:
        body = ask(knowing, KNOWN)

        assert (body["decision"], body["certificate"]) == ("answer", "crt_1")
        assert "at most 10% of the answers are wrong (90% certain, 57 tickets)" in str(body["reason"])

    def test_what_is_handed_over_has_none(self, knowing: Client) -> None:
        assert ask(knowing, "Do penguins migrate in winter?")["certificate"] is None


def test_without_a_certificate_an_answer_says_so(knowing: Client) -> None:
    body = ask(knowing, KNOWN)

    assert (body["decision"], body["certificate"]) == ("answer", None)
    assert "no certificate yet" in str(body["reason"])


class TestChoosing:
    """Everything is uncertain here, and the set that holds the answer has two or three members."""

    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel | None:
        shy = Answerability(answer_at=1.1, clarify_at=0.0, choose_from=0.2, choose_temperature=0.1)
        return a_model(encoder, answerability=shy)

    @pytest.fixture
    def billing(self, client: Client) -> Client:
        client.post("/v1/articles/import", json={"articles": ARTICLES})
        return client

    @staticmethod
    def asked_back(client: Client) -> list[dict[str, Any]]:
        body: dict[str, Any] = ask(client, "invoice", visitor="v-1")
        assert body["decision"] == "clarify"
        return list(body["clarification"]["choices"])

    def test_one_question_with_the_titles_of_the_set(self, billing: Client) -> None:
        choices = self.asked_back(billing)

        assert 2 <= len(choices) <= 3
        assert {choice["article_id"] for choice in choices} <= {"invoice-address", "invoice-pdf", "invoice-late"}

    def test_asking_a_choice_is_answered_from_that_article_though_it_is_like_the_first_question(
        self, billing: Client
    ) -> None:
        for choice in self.asked_back(billing):
            body: dict[str, Any] = billing.post(
                "/v1/deflections", json={"question": choice["question"]}
            ).json()  # nobody's: the title alone says what is meant
            assert body["decision"] == "answer"
            assert body["answer"]["sources"][0]["article_id"] == choice["article_id"]

    def test_a_choice_is_no_repetition_and_asking_it_again_is(self, billing: Client, clock: FrozenClock) -> None:
        billing.delete("/v1/articles/invoice-late")
        billing.put("/v1/articles/invoice-address", json={"title": "The invoice", "body": "All about it."})
        choices = self.asked_back(billing)
        assert "The invoice" in [choice["question"] for choice in choices]

        clock.advance(timedelta(minutes=1))
        first: dict[str, Any] = ask(billing, "The invoice", visitor="v-1")
        clock.advance(timedelta(minutes=1))
        again = ask(billing, "The invoice", visitor="v-1")

        assert first["decision"] == "answer"
        assert first["answer"]["sources"][0]["article_id"] == "invoice-address"
        assert again["decision"] == "hand_off"


class TestLargeSets:
    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel | None:
        return a_model(encoder, answerability=Answerability(answer_at=1.1, clarify_at=0.0, choose_from=0.0))

    def test_a_set_of_more_than_three_goes_to_a_person(self, client: Client) -> None:
        client.post("/v1/articles/import", json={"articles": ARTICLES})

        assert ask(client, "weather, money and the invoice")["decision"] == "hand_off"


@pytest.mark.parametrize(
    "question",
    ["ฉันลืมรหัสผ่าน ทำอย่างไร", "كيف أعيد تعيين كلمة المرور", "如何重置我的密码", "Πώς επαναφέρω τον κωδικό", "१२३ कैसे",
     "zzzz " * 1_990],
    ids=["thai", "arabic", "chinese", "greek", "hindi", "one-word-1990-times"],
)  # fmt: skip
def test_what_cannot_be_understood_goes_to_a_person_with_a_reason(knowing: Client, question: str) -> None:
    body = ask(knowing, question)

    assert (body["decision"], body["answer"]) == ("hand_off", None)
    assert body["reason"]


@pytest.mark.parametrize(
    "question",
    ["🙂", "👩‍👩‍👧", "?!…", "\u200f\u202e", "\u0301" * 500],
    ids=["emoji", "joined-emoji", "punctuation", "direction-marks", "marks"],
)
def test_what_has_no_words_is_asked_back(knowing: Client, question: str) -> None:
    body = ask(knowing, question)

    assert (body["decision"], body["answer"], body["articles"]) == ("clarify", None, [])
    assert body["clarification"] == {
        "question": "What can we help you with? A few words are enough.",
        "choices": [],
        "article": None,
    }


def test_a_megabyte_is_refused_in_words(knowing: Client) -> None:
    reply = knowing.post("/v1/deflections", json={"question": "reset my password " * 60_000})

    assert reply.status_code in {400, 413}
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert reply.json()["detail"]
    assert sessions(knowing) == []


def test_half_a_character_is_refused_and_not_stored(knowing: Client) -> None:
    raw = json.dumps({"question": "reset \ud83d password"}).encode()

    reply = knowing.post("/v1/deflections", content=raw, headers={"Content-Type": "application/json"})

    assert reply.status_code == 400
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert sessions(knowing) == []


def test_marks_of_direction_in_a_question_change_nothing(knowing: Client) -> None:
    plain, marked = ask(knowing, KNOWN), ask(knowing, f"\u202b{KNOWN}\u202c\u200d")

    assert marked["decision"] == plain["decision"] == "answer"
    assert marked["answer"] == plain["answer"]


def test_ten_thousand_repeated_words_are_too_long_and_as_many_as_fit_are_no_better_than_one(knowing: Client) -> None:
    too_long = knowing.post("/v1/deflections", json={"question": "password " * 10_000})

    assert (too_long.status_code, too_long.json()["errors"][0]["field"]) == (400, "question")
    assert ask(knowing, "penguin " * 1_200)["decision"] == "hand_off"
