"""The report says of answers what the manifest holds."""

from __future__ import annotations

import pytest

from tests.training.answers.test_answerability import answers, learnt
from training import config
from training.report.answers_chapter import chapter, lines
from triage.model.answers_entry import Answers


@pytest.fixture(scope="module")
def certified() -> Answers:
    return answers(learnt(wanted=config.Answers(alpha=0.2)))


def test_the_page_draws_the_risk_over_the_share_answered_and_names_the_certificate(certified: Answers) -> None:
    found = chapter(certified)

    assert found is not None
    assert certified.certificate
    assert certified.measured
    assert "certified" in found["risk"]
    assert "an oracle would answer" in found["risk"]
    assert certified.certificate.id in found["sentences"][1]
    share = certified.measured.answered
    assert f"{share:.1%} are answered" in found["sentences"][0]


def test_the_terminal_says_the_same(certified: Answers) -> None:
    said = list(lines(certified))

    assert len(said) == 3
    assert all(line.startswith("answers: ") for line in said)


def test_without_a_certificate_it_says_what_is_missing() -> None:
    said = list(lines(answers(learnt(wanted=config.Answers(alpha=0.01)))))

    assert "No certificate" in said[1]
    assert "it takes 230 newer tickets without an error" in said[1]


def test_a_bundle_that_learnt_nothing_of_answers_has_no_such_chapter() -> None:
    assert chapter(None) is None
    assert chapter(Answers(ranker={})) is None
    assert list(lines(Answers(ranker={}))) == []
