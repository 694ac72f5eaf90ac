"""What needs nobody is known by its header or its words, with its reason; who wants something is never taken for it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from triage.text.cleaning import needs_nobody
from triage.text.nobody.reasons import NobodyReason
from triage.text.nobody.thanks import answers, says_solved

TEXTS: dict[str, list[tuple[str, str]]] = {
    kind: [
        (subject.strip(), text.strip().replace("\\n", "\n"))
        for subject, _, text in (line.partition("|") for line in lines.strip().splitlines())
    ]
    for kind, lines in tomllib.loads(Path(__file__).with_name("nobody_texts.toml").read_text(encoding="utf-8")).items()
}
SOMEBODY = "somebody"
BODY = "Here are the figures of the week."
HEADERS: list[tuple[dict[str, str], NobodyReason | None]] = [
    ({"Auto-Submitted": "auto-replied"}, NobodyReason.ACKNOWLEDGEMENT),
    ({"auto-submitted": "auto-generated (rejected)"}, NobodyReason.NOTIFICATION),
    ({"Auto-Submitted": "no"}, None),
    ({"Precedence": "bulk"}, NobodyReason.NEWSLETTER),
    ({"Precedence": "junk"}, NobodyReason.NEWSLETTER),
    ({"Precedence": "first-class"}, None),
    ({"Precedence": "auto_reply"}, NobodyReason.ACKNOWLEDGEMENT),
    ({"List-Id": "<news.acme.example>"}, NobodyReason.NEWSLETTER),
    ({"List-Id": "<news.acme.example>", "List-Post": "NO"}, NobodyReason.NEWSLETTER),
    ({"List-Unsubscribe": "<https://acme.example/u>", "List-Unsubscribe-Post": "x"}, NobodyReason.NEWSLETTER),
    ({"Precedence": "list", "List-Id": "<help.acme.example>", "List-Post": "<mailto:help@acme.example>"}, None),
    ({"Precedence": "list", "List-Id": "<help.acme.example>", "X-Google-Group-Id": "123"}, None),
    ({"X-Auto-Response-Suppress": "All"}, NobodyReason.NOTIFICATION),
    ({"X-Auto-Response-Suppress": "DR, OOF, AutoReply"}, NobodyReason.NOTIFICATION),
    ({"X-Auto-Response-Suppress": "None"}, None),
    ({"X-Autoreply": "yes"}, NobodyReason.ACKNOWLEDGEMENT),
    ({"X-Failed-Recipients": "kim@acme.example"}, NobodyReason.BOUNCE),
    ({"Return-Path": "<>"}, NobodyReason.BOUNCE),
    ({"Return-Path": "<>", "Auto-Submitted": "auto-replied"}, NobodyReason.ACKNOWLEDGEMENT),
    ({"Return-Path": "<kim@acme.example>"}, None),
    ({"From": "Mail Delivery <MAILER-DAEMON@mx.example>"}, NobodyReason.BOUNCE),
    ({"Content-Type": 'multipart/report; report-type="delivery-status"'}, NobodyReason.BOUNCE),
    ({"Content-Type": "multipart/report; report-type=disposition-notification"}, NobodyReason.ACKNOWLEDGEMENT),
    ({"Content-Type": "multipart/alternative; boundary=x"}, None),
    ({"X-Spam-Score": "9", "Feedback-ID": "1.eu-west-1:AmazonSES"}, None),
]


@pytest.mark.parametrize("reason", list(NobodyReason), ids=str)
def test_words_say_why_a_message_needs_nobody(reason: NobodyReason) -> None:
    found = {case: needs_nobody(*case) for case in TEXTS[reason]}
    assert {case: each for case, each in found.items() if each is not reason} == {}


def test_who_wants_something_needs_somebody() -> None:
    found = {case: each for case in TEXTS[SOMEBODY] if (each := needs_nobody(*case)) is not None}
    assert found == {}


def test_the_cases_are_many_and_of_both_kinds() -> None:
    assert sum(map(len, TEXTS.values())) >= 150
    assert len(TEXTS[SOMEBODY]) >= 70


@pytest.mark.parametrize(("headers", "reason"), HEADERS)
def test_the_header_says_it(headers: dict[str, str], reason: NobodyReason | None) -> None:
    assert needs_nobody("Figures", BODY, headers) is reason


def test_words_say_better_than_a_header_what_an_automatic_reply_is() -> None:
    header = {"Auto-Submitted": "auto-replied"}
    assert needs_nobody("Re: case", "I am out of the office.", header) is NobodyReason.OUT_OF_OFFICE
    assert needs_nobody("Weekly digest", "Ten tips.", {"Auto-Submitted": "auto-generated"}) is NobodyReason.NEWSLETTER


def test_who_asks_machines_not_to_answer_and_asks_a_question_is_a_person() -> None:
    assert needs_nobody("Export", "Where is it?", {"X-Auto-Response-Suppress": "All"}) is None


@pytest.mark.parametrize("text", ["yes, thanks", "Ok thanks", "Ja danke", "oui merci", "👍", "sim, obrigado"])
def test_thanks_may_agree_to_something(text: str) -> None:
    assert answers(text)


@pytest.mark.parametrize("text", ["It works now, thanks", "Super, jetzt geht es wieder", "Merci, ça marche"])
def test_thanks_may_say_that_it_works(text: str) -> None:
    assert says_solved(text)
