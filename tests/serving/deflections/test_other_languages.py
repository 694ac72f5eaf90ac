"""Questions in one language and articles in another, over HTTP, by a service with two encoders."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.deflections.phrases import PHRASES, available
from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from tests.fakes import HashingEncoder, TranslatingEncoder
from tests.serving.conftest import ARTICLES, Client, a_model, take_in
from tests.serving.deflections.test_deflections import ask, sessions

ITALIAN = "Come posso reimpostare la password?"
ENGLISH = "How do I reset my password?"
IN_ENGLISH = [{**each, "locale": "en"} for each in ARTICLES]
IN_ITALIAN = {
    "id": "reimpostare",
    "title": "Come reimpostare la password",
    "locale": "it",
    "body": "Per reimpostare la password apri la pagina di accesso e scegli Password dimenticata.",
}


@pytest.fixture
def second() -> TranslatingEncoder:
    return TranslatingEncoder()


@pytest.fixture
def model(encoder: HashingEncoder, second: TranslatingEncoder) -> LoadedModel | None:
    return a_model(encoder, second_encoder=second)


@pytest.fixture
def english(client: Client) -> Client:
    take_in(client, IN_ENGLISH)
    return client


def test_an_italian_question_to_an_english_knowledge_base_gets_the_article_offered(english: Client) -> None:
    body = ask(english, ITALIAN)

    assert (body["decision"], body["answer"], body["certificate"]) == ("hand_off", None, None)
    assert body["reason"] == PHRASES["it"]["other_language"]
    assert {name: value for name, value in body["offer"].items() if name != "excerpt"} == {
        "article_id": "reset-password",
        "title": "Reset your password",
        "url": "https://help.example.com/reset-password",
        "language": "en",
        "text": "Disponibile in inglese: Reset your password",
    }
    assert "Disponibile in inglese: Reset your password" in str(sessions(english)[-1]["response"])


def test_an_offered_article_without_an_address_is_read_where_it_is_offered(client: Client) -> None:
    take_in(client, [each | {"url": None} for each in IN_ENGLISH])

    body = ask(client, ITALIAN)

    assert (body["offer"]["title"], body["offer"]["url"]) == ("Reset your password", None)
    excerpt = body["offer"]["excerpt"]
    assert any(excerpt.split(". ")[0] in each["body"] for each in IN_ENGLISH)
    session = client.get(f"/v1/deflections/{body['id']}").json()
    assert session["transcript"][1]["text"].endswith(f"Reset your password\n{excerpt}")


def test_an_article_in_the_language_of_the_question_answers_and_nothing_is_offered(english: Client) -> None:
    take_in(english, [*IN_ENGLISH, IN_ITALIAN])

    body = ask(english, ITALIAN)

    assert body["decision"] == "answer"
    assert body["answer"]["sources"][0]["article_id"] == "reimpostare"  # type: ignore[index]
    assert body["offer"] is None


def test_what_no_article_is_about_gets_no_offer(english: Client) -> None:
    body = ask(english, "Quando migrano i pinguini in inverno?")

    assert (body["decision"], body["offer"]) == ("hand_off", None)


def test_an_english_question_runs_one_encoder_only(english: Client, second: TranslatingEncoder) -> None:
    second.encoded.clear()

    english_answer = ask(english, ENGLISH)
    runs_for_english = len(second.encoded)
    ask(english, ITALIAN)

    assert english_answer["decision"] == "answer"
    assert (runs_for_english, len(second.encoded)) == (0, 1)


def test_an_emergency_is_offered_nothing_to_read(english: Client) -> None:
    body = ask(english, "Siamo stati hackerati, qualcuno ruba i nostri dati! Come reimpostare la password?")

    assert (body["decision"], body["reason_code"], body["offer"]) == ("hand_off", "emergency", None)


class TestAcrossLanguages:
    """The desk lets articles in other languages answer."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, answers_across_languages=True)

    def test_an_english_article_answers_an_italian_question_and_nothing_is_promised(self, english: Client) -> None:
        body = ask(english, ITALIAN)

        assert (body["decision"], body["offer"], body["certificate"]) == ("answer", None, None)
        assert body["answer"]["sources"][0]["article_id"] == "reset-password"  # type: ignore[index]
        assert "in another language" in str(body["reason"])

    def test_an_article_in_the_customers_language_goes_first(self, english: Client) -> None:
        take_in(english, [*IN_ENGLISH, IN_ITALIAN])

        assert ask(english, ITALIAN)["answer"]["sources"][0]["article_id"] == "reimpostare"  # type: ignore[index]


class TestWithOneEncoder:
    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel | None:
        return a_model(encoder)

    def test_an_article_in_another_language_is_not_known_to_fit(self, english: Client) -> None:
        body = ask(english, "Come posso reimpostarla?")

        assert (body["decision"], body["offer"]) == ("hand_off", None)

    def test_it_is_offered_only_where_it_leads_the_next_one_clearly(self, english: Client) -> None:
        asked = "Come si fa a reimpostare la password? reset password"
        alone = ask(english, asked)["offer"]
        twin = next(each for each in IN_ENGLISH if each["id"] == "reset-password") | {"id": "a-copy"}
        take_in(english, [*IN_ENGLISH, twin])

        assert alone["article_id"] == "reset-password"  # type: ignore[index]
        assert ask(english, asked)["offer"] is None


@pytest.mark.parametrize("language", PHRASES)
def test_every_language_of_ours_says_which_language_an_article_is_in(language: str) -> None:
    known = {available("Title", spoken, language) for spoken in PHRASES}

    assert len(known) == len(PHRASES)
    assert all(each.endswith("Title") for each in known)
    assert available("Title", "cs", language) == available("Title", None, language) not in known
    assert available("Title", "en", "cs") == "Available in English: Title"
