"""What needs no answer and who asks for a person, by many wordings in seven languages; the main ones over HTTP."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from serving.deflections.phrases import PHRASES
from serving.deflections.small_talk import asks_for_person, closing, says_nothing
from tests.serving.conftest import Client
from tests.serving.deflections.test_deflections import KNOWN, ask, sessions

TEXTS = {
    kind: texts.strip().splitlines()
    for kind, texts in tomllib.loads(Path(__file__).with_name("small_talk_texts.toml").read_text("utf-8")).items()
}


@pytest.mark.parametrize("text", TEXTS["confirming"])
def test_thanks_and_that_it_works_confirm(text: str) -> None:
    assert closing(text) == "confirming"


@pytest.mark.parametrize("text", TEXTS["closing"])
def test_a_farewell_and_an_automatic_reply_only_close(text: str) -> None:
    assert closing(text) == "closing"


@pytest.mark.parametrize("text", TEXTS["neither"])
def test_whatever_says_more_goes_on_as_a_question(text: str) -> None:
    assert closing(text) is None


@pytest.mark.parametrize("text", TEXTS["person"])
def test_a_person_is_asked_for_in_many_wordings(text: str) -> None:
    assert asks_for_person(text)


@pytest.mark.parametrize("text", TEXTS["nobody"])
def test_a_person_that_is_only_mentioned_is_not_asked_for(text: str) -> None:
    assert not asks_for_person(text)


@pytest.mark.parametrize(
    "hostile", ["thanks " * 3_000, "it is now " * 39, "a real human " * 30, "thanks so much a lot " * 19]
)
def test_small_talk_takes_no_time(hostile: str) -> None:
    closing(hostile)
    asks_for_person(hostile)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thanks, that solved it!", "en"),
        ("Danke, hat geklappt", "de"),
        ("Merci, ça marche maintenant", "fr"),
        ("Gracias, ya funciona", "es"),
        ("Grazie, ora funziona", "it"),
        ("Bedankt, het werkt nu", "nl"),
        ("Obrigado, funcionou", "pt"),
    ],
)
def test_thanks_close_in_their_language_and_confirm_the_answer_before(
    knowing: Client, text: str, language: str
) -> None:
    ask(knowing, KNOWN, visitor="v-1")

    body = ask(knowing, text, visitor="v-1")

    assert (body["decision"], body["articles"]) == ("clarify", [])
    assert body["clarification"] == {"question": PHRASES[language]["closing"], "choices": [], "article": None}
    answered, closed = sessions(knowing)
    assert (answered["decision"], answered["outcome"], answered["ended"]) == ("answer", "confirmed", "confirmed")
    assert (closed["eligible"], closed["ended"], closed["ticket_id"]) == (False, None, None)


@pytest.mark.parametrize(
    "text", ["Bye!", "Never mind", "Automatic reply: I am out of the office until Monday.", "Thanks anyway"]
)
def test_a_farewell_confirms_nothing_and_calls_nobody(knowing: Client, text: str) -> None:
    ask(knowing, KNOWN, visitor="v-1")

    assert ask(knowing, text, visitor="v-1")["decision"] == "clarify"
    assert sessions(knowing)[0]["outcome"] is None


def test_thanks_do_not_change_what_the_customer_said_of_the_answer(knowing: Client) -> None:
    answered = ask(knowing, KNOWN, visitor="v-1")
    knowing.post(f"/v1/deflections/{answered['id']}/outcome", json={"outcome": "not_helpful"})

    ask(knowing, "ok thanks", visitor="v-1")

    assert sessions(knowing)[0]["outcome"] == "not_helpful"


@pytest.mark.parametrize("text", ["👍", "thx 👍", "Thanks!"])
def test_thanks_without_an_answer_before_close_too(knowing: Client, text: str) -> None:
    assert ask(knowing, text)["decision"] == "clarify"
    assert ask(knowing, text, visitor="v-1")["decision"] == "clarify"


@pytest.mark.parametrize(
    "text", ["thanks, but it still does not work", "it works now but I was charged twice", "not solved"]
)
def test_a_complaint_after_thanks_confirms_nothing(knowing: Client, text: str) -> None:
    ask(knowing, KNOWN, visitor="v-1")

    assert ask(knowing, text, visitor="v-1")["decision"] == "hand_off"
    assert sessions(knowing)[0]["outcome"] is None


def test_asking_for_a_person_within_a_question_gets_a_person(knowing: Client) -> None:
    body = ask(knowing, f"Can a human help me? {KNOWN}")

    assert (body["decision"], body["reason"]) == ("hand_off", PHRASES["en"]["person"])
    assert sessions(knowing)[-1]["ended"] == "human_requested"


PERSONS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("persons.toml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("language", PERSONS["asks"])
def test_to_be_called_and_no_robots_are_asked_for_in_many_wordings(language: str) -> None:
    assert [text for text in PERSONS["asks"][language] if not asks_for_person(text)] == []


def test_a_code_of_a_letter_and_a_number_says_something_and_a_bare_number_does_not() -> None:
    assert [text for text in ("E-17", "error U-14", "Fehler Q-500", "HTTP 429") if says_nothing(text)] == []
    assert [text for text in ("17", "no 17", "yes", "ja", "Oui!", "sí", "e", "?") if not says_nothing(text)] == []


@pytest.mark.parametrize("language", PERSONS["asks_not"])
def test_a_call_or_a_person_in_a_question_about_the_product_is_no_such_request(language: str) -> None:
    assert [text for text in PERSONS["asks_not"][language] if asks_for_person(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "I'm away until Monday",
        "Ich bin im Urlaub bis 12.",
        "Je suis en congés jusqu'au 14 mai",
        "Estoy de vacaciones hasta el lunes",
        "Sono in ferie fino al 20",
        "Ik ben met vakantie tot 5 mei",
        "Estou de férias até dia 10",
    ],
)
def test_that_somebody_is_away_only_closes(text: str) -> None:
    assert closing(text) == "closing"
    assert closing(f"{text} cannot log in") is None


@pytest.mark.parametrize(
    ("text", "headers", "reason"),
    [
        ("Thanks!", {}, "thanks"),
        ("Automatic reply: I am out of the office until Monday.", {}, "out_of_office"),
        ("How do I reset my password?", {"Auto-Submitted": "auto-replied"}, "acknowledgement"),
        ("Bye!", {}, None),
    ],
)
def test_an_answer_says_that_nobody_is_needed_so_that_no_mail_goes_back(
    knowing: Client, text: str, headers: dict[str, str], reason: str | None
) -> None:
    body = ask(knowing, text, headers=headers, channel="email")
    assert (body["decision"], body["needs_nobody"], body["answer"]) == ("clarify", reason, None)
    assert sessions(knowing)[-1]["eligible"] == 0


def test_an_emergency_from_a_list_gets_a_person(knowing: Client) -> None:
    body = ask(knowing, "Production is down for everyone.", headers={"Precedence": "bulk"})
    assert (body["decision"], body["needs_nobody"]) == ("hand_off", None)
