"""English links are right, Italian ones are wrong in two of five: each language has a threshold and a promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from retrieval.answering.answer_question import Finder, Reader
from retrieval.answering.answerability import Answerability
from tests.fakes import HashingEncoder
from tests.training.answers.test_answers import START, SUBJECTS, an_index
from training.answers.answers import Lessons, learn
from training.answers.by_language import UNSEEN
from training.config import Answers
from training.report.answers_chapter import lines
from triage.model.answers_entry import Answers as LearntAnswers
from triage.model.assessment import REST
from triage.tickets.closed_ticket import ClosedTicket

ENGLISH = "the {} has been broken since this morning, please help me with it"
ITALIAN = "la {} non funziona da questa mattina, per favore aiutatemi subito"
ALPHA = 0.2


def tickets(count: int = 900, italian: int = 4) -> list[ClosedTicket]:
    """Every second one is in Italian; `italian` of ten of those name another article than the one they are about."""
    made = []
    for number in range(count):
        subject, in_italian = SUBJECTS[(number // 2) % len(SUBJECTS)], number % 2
        wrong = in_italian and (number // 2) % 10 < italian
        solved = SUBJECTS[(number // 2 + 3) % len(SUBJECTS)] if wrong else subject
        made.append(
            ClosedTicket(
                id=f"t{number}",
                subject=(ITALIAN if in_italian else ENGLISH).format(subject),
                kb_article_ids=(solved,),
                created_at=START.replace(day=1 + number // 40),
            )
        )
    return made


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return learn(an_index(), HashingEncoder(), tickets(), wanted=Answers(alpha=ALPHA, unanswered=0.1))


@pytest.fixture(scope="module")
def said(lessons: Lessons) -> LearntAnswers:
    found = lessons.to_manifest()
    assert found
    return found


def test_each_language_has_its_threshold_and_is_promised_what_its_own_questions_show(said: LearntAnswers) -> None:
    by = {part.slice["language"]: part for part in said.parts}

    assert set(by) == {REST, "en", "it"}
    certificate = by["en"].certificate
    assert certificate
    assert dict(certificate.slice) == {"language": "en"}
    assert certificate.threshold == by["en"].answer_at
    assert certificate.tickets == by["en"].n
    assert by["it"].certificate is None
    assert by["it"].uncertified
    assert "newer tickets" in by["it"].uncertified.reason
    assert by["en"].answered
    assert by["it"].answered is not None
    assert by["en"].answered > 0.8 > 0.2 > by["it"].answered
    assert by[REST].uncertified
    assert by[REST].uncertified.reason == UNSEEN


def test_delta_is_shared_among_the_languages(said: LearntAnswers) -> None:
    by = {part.slice["language"]: part for part in said.languages}

    assert by["en"].certificate
    assert by["en"].certificate.delta == Answers().delta
    assert by["en"].ladder
    assert by["en"].ladder.delta == pytest.approx(Answers().delta / 2)
    assert by["it"].ladder
    assert by["it"].ladder.delta == pytest.approx(Answers().delta / 2)


def test_the_question_s_language_chooses_and_the_reason_names_it(lessons: Lessons) -> None:
    finder = Finder(an_index(), HashingEncoder(), lessons.answerability, lessons.precedents, lessons.ranker)
    question = ENGLISH.format("invoice")

    english, unknown = (finder.find(question, reader=Reader(writes=each)).verdict for each in ("en", "fr"))

    certificate = lessons.answerability.of("en").certificate
    assert certificate
    assert english.certificate == certificate.id
    assert "of the answers to questions in language en are wrong" in english.reason
    assert unknown.certificate is None
    if unknown.decision == "answer":
        assert "no certificate has been earned for answers to questions in another language" in unknown.reason


def test_a_question_is_answered_by_the_threshold_of_its_language_alone() -> None:
    at = Answerability(answer_at=0.99, clarify_at=0.98, learnt=True).to_manifest()
    low = structs.replace(at.parts[0], slice={"language": "it"}, answer_at=0.01, clarify_at=0.01)
    finder = Finder(an_index(), HashingEncoder(), Answerability.from_manifest(at.with_parts(at.parts[0], low)))

    decisions = {
        each: finder.find(ITALIAN.format("invoice"), reader=Reader(writes=each)).verdict.decision
        for each in ("it", "en", None)
    }

    assert decisions == {"it": "answer", "en": "hand_off", None: "hand_off"}


def test_report_and_terminal_say_it_by_language(said: LearntAnswers) -> None:
    lines_said = list(lines(said))

    assert any("Language en: Certified: at most 20.0%" in each for each in lines_said)
    assert any("Language it: No certificate: " in each for each in lines_said)
    assert "in language en" in lines_said[0]


def test_a_desk_in_one_language_has_one_part(lessons: Lessons) -> None:
    english = [replace(each, subject=ENGLISH.format(each.subject.split()[1])) for each in tickets(400)]

    found = learn(an_index(), HashingEncoder(), english, wanted=Answers(alpha=ALPHA)).to_manifest()

    assert found
    assert found.languages == ()
    assert [dict(part.slice) for part in found.parts] == [{}]


def test_what_was_answered_is_kept_with_its_language(lessons: Lessons, said: LearntAnswers) -> None:
    assert lessons.decided
    languages = {each.language for each in lessons.decided.quoted}

    assert languages == {"en", "it"}
    assert {tuple(said.slice_of(each).values()) for each in (*languages, "fr", None)} == {("en",), ("it",), (REST,)}


def test_links_that_are_seldom_wrong_certify_both_languages() -> None:
    found = learn(an_index(), HashingEncoder(), tickets(italian=1), wanted=Answers(alpha=ALPHA, unanswered=0.1))

    assert found.decided
    earned = [part.certificate for part in found.decided.parts.languages]
    assert all(earned)
    assert len(np.unique([each.id for each in earned if each])) == 2
    assert not found.by_all
