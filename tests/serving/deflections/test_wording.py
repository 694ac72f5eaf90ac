"""What a customer reads over HTTP: their language, a person when they want one, and nothing at random."""

from __future__ import annotations

from datetime import timedelta

import pytest

from serving.deflections.phrases import PHRASES
from serving.deflections.small_talk import asks_for_person, is_dissatisfied, scolds
from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.serving.deflections.test_deflections import KNOWN, ask, sessions
from triage.reason_codes import LONGEST_REASON

GERMAN = {
    "id": "rechnung",
    "title": "Rechnung herunterladen",
    "locale": "de-DE",
    "body": "Öffnen Sie die Abrechnung. Die Rechnung können Sie dort als PDF herunterladen und drucken.",
}
INVOICE = {
    "id": "invoice",
    "title": "Download an invoice",
    "locale": "en-US",
    "body": "Open Billing. Download the invoice as a PDF there and print it.",
}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I want to talk to a human", "en"),
        ("Ich möchte mit einem Menschen sprechen", "de"),
        ("Je veux parler à un humain", "fr"),
        ("Quiero hablar con un humano", "es"),
        ("Voglio parlare con una persona", "it"),
        ("Ik wil met een mens praten", "nl"),
        ("Quero falar com uma pessoa", "pt"),
    ],
)
def test_typing_that_a_person_is_wanted_gets_one_at_once_in_the_same_language(
    knowing: Client, text: str, language: str
) -> None:
    body = ask(knowing, text, locale=language)

    assert (body["decision"], body["reason"]) == ("hand_off", PHRASES[language]["person"])
    assert sessions(knowing)[-1]["ended"] == "human_requested"


@pytest.mark.parametrize(
    "text",
    ["human please", "Agent!", "Kann ich mit jemandem sprechen?", "parler a quelqu'un", "necesito hablar con un agente",
     "vorrei parlare con un operatore", "kan ik iemand spreken", "falar com um atendente", "can I get a human"],
)  # fmt: skip
def test_these_ask_for_a_person_too(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize(
    "text",
    ["Wie kann ich eine Person hinzufügen?", "Comment ajouter une personne ?", "Hoe voeg ik een persoon toe?",
     "Welche Sprachen kann der Support sprechen?", "Wie kann ich mein Konto mit dem Kalender verbinden?"],
)  # fmt: skip
def test_these_only_mention_people(text: str) -> None:
    assert not asks_for_person(text)


@pytest.mark.parametrize(
    ("text", "welcome"),
    [
        ("Guten Tag!", "de"),
        ("Bonjour", "fr"),
        ("¡Hola!", "es"),
        ("buongiorno", "it"),
        ("hoi", "nl"),
        ("Bom dia", "pt"),
        ("bonjor", "fr"),
        ("Guten Morgn", "de"),
        ("ciaoo", "it"),
    ],
)
def test_a_greeting_is_greeted_in_its_language(knowing: Client, text: str, welcome: str) -> None:
    assert ask(knowing, text)["clarification"]["question"] == PHRASES[welcome]["welcome"]


def test_asking_the_same_again_gets_a_person(knowing: Client, clock: FrozenClock) -> None:
    assert ask(knowing, KNOWN, visitor="v-1")["decision"] == "answer"
    clock.advance(timedelta(minutes=2))

    again = ask(knowing, KNOWN.upper(), visitor="v-1")
    assert (again["decision"], again["reason"]) == ("hand_off", PHRASES["en"]["repeated"])
    assert ask(knowing, KNOWN, visitor="v-2")["decision"] == "answer"

    clock.advance(timedelta(hours=2))
    assert ask(knowing, KNOWN, visitor="v-1")["decision"] == "answer"


def test_saying_that_it_did_not_help_gets_a_person_after_an_answer_only(knowing: Client) -> None:
    ask(knowing, KNOWN, visitor="v-1")

    body = ask(knowing, "That didn't help", visitor="v-1")

    assert (body["decision"], body["reason"]) == ("hand_off", PHRASES["en"]["dissatisfied"])
    assert sessions(knowing)[-1]["eligible"] is False


@pytest.mark.parametrize(
    "text",
    ["That didn't help", "you are useless", "this is useless", "Ihr seid nutzlos", "tu es inutile", "eres inútil",
     "siete inutili", "jullie zijn nutteloos", "você é inútil", "that's no help", "wrong answer"],
)  # fmt: skip
def test_who_only_scolds_before_there_was_an_answer_gets_a_person(knowing: Client, text: str) -> None:
    body = ask(knowing, text, visitor="v-9")
    assert (body["decision"], body["reason_code"], body["answer"]) == ("hand_off", "dissatisfied", None)
    assert body["reason"] in {phrases["complaint"] for phrases in PHRASES.values()}


@pytest.mark.parametrize(
    "text",
    ["it does not work", "ça ne marche pas", "no sirve", "es funktioniert nicht", "non funziona", "het werkt niet"],
)
def test_that_something_does_not_work_is_first_said_of_the_product(text: str) -> None:
    assert not scolds(text)


@pytest.mark.parametrize(
    "text",
    ["this did not help", "Das hat mir nicht geholfen", "cela ne m'aide pas", "no me ayuda", "non mi aiuta",
     "dat helpt niet", "isso não ajudou", "This doesn't answer my question.", "useless"],
)  # fmt: skip
def test_these_say_that_it_did_not_help(text: str) -> None:
    assert is_dissatisfied(text)


@pytest.mark.parametrize("text", ["Sync does not work", "useless data in my report", "it does not work when I export"])
def test_these_are_questions(text: str) -> None:
    assert not is_dissatisfied(text)


@pytest.mark.parametrize("hostile", ["no " * 39, "that is not " * 9, "mit einem " * 39, "an a real " * 39])
def test_wording_is_told_in_no_time(hostile: str) -> None:
    is_dissatisfied(hostile)
    asks_for_person(hostile)


def test_the_highlight_is_a_part_of_the_quote(knowing: Client) -> None:
    (source,) = ask(knowing, KNOWN)["answer"]["sources"]

    assert source["highlight"] == "An export is empty when a filter hides every row."
    assert source["highlight"] in source["quote"]


def test_an_article_in_another_language_is_suggested_and_never_answered_from(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": [INVOICE]})

    body = ask(client, "Wo kann ich die invoice als PDF herunterladen, download invoice PDF?", locale="de")

    assert (body["decision"], body["answer"], body["clarification"]) == ("hand_off", None, None)
    assert body["reason"] == PHRASES["de"]["other_language"]
    assert [each["id"] for each in body["articles"]] == ["invoice"]


def test_an_article_in_the_language_of_the_question_goes_before_the_others(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": [INVOICE, GERMAN]})

    german = ask(client, "Rechnung als PDF herunterladen und drucken", locale="de")
    english = ask(client, "download the invoice as a PDF and print it", locale="en-GB")

    assert (german["decision"], german["articles"][0]["id"]) == ("answer", "rechnung")
    assert (english["decision"], english["articles"][0]["id"]) == ("answer", "invoice")


INVOICE_IN_GERMAN = GERMAN | {"id": "invoice-de"}


def test_of_translations_only_the_one_in_the_customers_language_is_there(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": [INVOICE, INVOICE_IN_GERMAN]})
    english = "download the invoice as a PDF and print it"

    for facts in ({}, {"locale": "en-US"}, {"locale": "de"}):
        body = ask(client, english, **facts)
        assert (body["decision"], [each["id"] for each in body["articles"]]) == ("answer", ["invoice"])
    german = ask(client, "Rechnung als PDF herunterladen und drucken", locale="en")
    assert (german["decision"], [each["id"] for each in german["articles"]]) == ("answer", ["invoice-de"])


@pytest.mark.parametrize("question", ["how do I download my invoice?", "can I restore my invoice?", "invoice menu"])
def test_a_short_english_question_is_never_refused_for_its_language(client: Client, question: str) -> None:
    client.post("/v1/articles/import", json={"articles": [INVOICE]})

    assert ask(client, question)["reason"] not in [each["other_language"] for each in PHRASES.values()]


def test_what_a_visitor_wrote_before_tells_a_doubtful_text(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": [INVOICE, GERMAN]})
    ask(client, "Ich kann mich seit gestern nicht mehr anmelden.", visitor="v-1")

    assert ask(client, "Tarif Export", visitor="v-1")["reason"] == PHRASES["de"]["unsure"]


def test_an_article_of_another_brand_is_not_there(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": [INVOICE | {"brand": "acme"}]})
    question = "download the invoice as a PDF and print it"

    assert ask(client, question, brand="acme")["decision"] == "answer"
    for other in ({"brand": "umbrella"}, {}):
        body = ask(client, question, **other)
        assert (body["decision"], body["answer"], body["articles"]) == ("hand_off", None, [])


def test_an_article_that_is_for_people_or_internal_gives_no_word_of_an_answer(knowing: Client) -> None:
    for question in ("Ask for a refund: write to us with the invoice number", "approve a refund up to the limit"):
        body = ask(knowing, question)
        assert body["answer"] is None
        assert body["decision"] != "answer"


class TestBadInput:
    def test_a_script_in_an_article_is_never_shown(self, client: Client) -> None:
        body = "<h2>Export</h2><p onclick='steal()'>Choose Export to get a file.<script>steal()</script></p>"
        client.put("/v1/articles/x", json={"title": "Export a file", "body": body, "format": "html"})

        answered = ask(client, "Choose Export to get a file: export a file")

        assert answered["answer"]["text"] == "Choose Export to get a file."
        assert "steal" not in str(answered)

    def test_an_article_of_5_mb_is_refused_with_the_limit(self, client: Client) -> None:
        answer = client.put("/v1/articles/x", json={"title": "Big", "body": "word " * 1_048_576})

        assert answer.status_code == 413
        assert "bytes" in answer.json()["detail"]

    def test_two_articles_with_one_id_are_refused_by_name(self, client: Client) -> None:
        twice = [{"id": "x", "title": title, "body": "Text."} for title in ("One", "Two")]

        answer = client.post("/v1/articles/import", json={"articles": twice})

        assert answer.status_code == 400
        assert "found twice: x" in answer.json()["errors"][0]["message"]

    def test_a_question_of_1_mb_is_refused_with_the_limit(self, knowing: Client) -> None:
        assert knowing.post("/v1/deflections", json={"question": "x" * 1_000_000}).status_code == 413

    def test_a_question_of_one_emoji_is_asked_back(self, knowing: Client) -> None:
        body = ask(knowing, "🤷")

        assert (body["decision"], body["answer"], body["articles"]) == ("clarify", None, [])

    @pytest.mark.parametrize(
        "question",
        ["ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ", "𒀀𒁀𒂀 𒃀𒄀", "ฉันจะส่งออกรายงานได้อย่างไร", "как мне экспортировать отчёт csv", "如何导出报表"],
    )
    def test_a_question_in_a_script_that_no_article_has_goes_to_a_person(self, knowing: Client, question: str) -> None:
        body = ask(knowing, question)

        assert (body["decision"], body["answer"], body["clarification"]) == ("hand_off", None, None)


def test_what_we_say_in_our_own_words_is_short() -> None:
    assert max(len(words) for said in PHRASES.values() for words in said.values()) <= LONGEST_REASON
