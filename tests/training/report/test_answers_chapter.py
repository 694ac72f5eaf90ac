"""The report says of answers what the manifest holds."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from tests.training.answers.test_answerability import answers, learnt
from training import config
from training.answers.ranking.choice import chosen
from training.report.answers_chapter import chapter, lines
from triage.model.answers_entry import Answers, SecondRankerEntry


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

    assert len(said) == 4
    assert all(line.startswith("answers: ") for line in said)


def test_without_a_certificate_it_says_what_is_missing() -> None:
    said = list(lines(answers(learnt(wanted=config.Answers(alpha=0.01)))))

    assert "No certificate" in said[1]
    assert "it takes 230 newer tickets without an error" in said[1]
    assert sum("the ranker then learnt from these newest questions too" in each for each in said) == 1


def test_a_bundle_that_learnt_nothing_of_answers_has_no_such_chapter() -> None:
    assert chapter(None) is None
    assert chapter(Answers(ranker={})) is None
    assert list(lines(Answers(ranker={}))) == []


def test_it_says_what_ranks_the_articles_and_how_much_better_that_was(certified: Answers) -> None:
    places = {"fusion": np.array([0, 3, 6, 0]), "weights": np.array([0, 3, 6, 1]), "learnt": np.array([0, 0, 6, 0])}

    (said,) = [each for each in lines(structs.replace(certified, ranker_choice=chosen(places))) if "ranked" in each]

    assert "ranked by weights with map and trees, chosen on the 4 newest tickets" in said
    assert "plain fusion 50.0% and 75.0%; learnt weights 25.0% and 75.0% (-12.5 points" in said
    assert "weights with map and trees 75.0% and 75.0% (+12.5 points on average" in said


def test_it_says_that_questions_are_shifted(certified: Answers) -> None:
    places = {"fusion": np.array([0, 3, 6, 0]), "learnt": np.array([0, 3, 6, 0]), "shifted": np.array([0, 0, 6, 0])}

    (said,) = [each for each in lines(structs.replace(certified, ranker_choice=chosen(places))) if "ranked" in each]

    assert "ranked by weights with map, trees and shifted questions, chosen on the 4 newest tickets" in said


def test_it_says_what_ranks_by_the_second_encoder(certified: Answers) -> None:
    places = {"fusion": np.array([3, 3, 6, 0]), "first": np.array([0, 3, 6, 1]), "learnt": np.array([0, 0, 6, 0])}
    second = SecondRankerEntry(weights={}, choice=chosen(places))

    (said,) = [each for each in lines(structs.replace(certified, second_ranker=second)) if "second encoder" in each]

    assert "As the second encoder reads them, articles are ranked by weights with map and trees" in said
    assert "the ranker of the first encoder 25.0% and 75.0%" in said
