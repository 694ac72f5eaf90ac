"""The decision to answer: its certificate, its choices, and what it does when the article is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import sqrt
from typing import Any

import numpy as np
import pytest

from retrieval.answering.answer_question import Finder
from retrieval.answering.answerability import DEPTH, FEATURES, Answerability
from retrieval.articles.article import Article
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from tests.training.answers.test_answers import SUBJECTS, an_index, question, tickets
from training.answers import ablation as knock_out
from training.answers import answerability
from training.answers.answers import Lessons, learn
from training.answers.closed_questions import Known, wordings
from training.answers.leave_articles_out import Attempt, Trial, Trials
from training.config import Answers
from training.evaluation.auroc import auroc, auroc_interval
from triage.model.answers_entry import Answers as LearntAnswers
from triage.tickets.closed_ticket import ClosedTicket

DRAWS, ALPHA = 400, 0.2


def learnt(count: int = 900, wanted: Answers = Answers()) -> Lessons:  # noqa: B008 (immutable)
    return learn(an_index(), HashingEncoder(), tickets(count), wanted=wanted)


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return learnt()


def answers(lessons: Lessons) -> LearntAnswers:
    found = lessons.to_manifest()
    assert found is not None
    return found


def test_the_slices_follow_each_other_and_take_the_newest_where_there_are_too_many() -> None:
    few, many = answerability.Slices.of(200), answerability.Slices.of(100_000)

    assert (few.fit, few.calibrate, few.hold_out) == (range(80, 130), range(130, 160), range(160, 200))
    assert (many.hold_out, len(many.calibrate), len(many.fit)) == (range(99_000, 100_000), 1_000, 2_000)
    assert many.fit.stop <= many.calibrate.start
    assert many.calibrate.stop <= many.hold_out.start


def test_a_certificate_is_earned_and_names_what_it_is_of(lessons: Lessons) -> None:
    """Every ninth ticket was solved by something else, so at most 20 % wrong can be shown and 5 % cannot."""
    found = answers(learnt(wanted=Answers(alpha=0.2)))
    certificate = found.certificate

    assert certificate
    assert certificate.id.startswith("crt_")
    assert (certificate.alpha, certificate.unanswered, certificate.articles) == (0.2, 0.25, len(SUBJECTS))
    assert certificate.model == found.digest
    assert certificate.k / certificate.n <= 0.2
    assert certificate.threshold == found.answer_at
    assert found.uncertified is None


def test_without_a_certificate_the_threshold_is_one_that_did_well_and_says_that_nothing_is_promised() -> None:
    strict = learnt(wanted=Answers(alpha=0.01))
    found = answers(strict)

    assert found.certificate is None
    assert found.uncertified
    assert "it takes 230 newer tickets" in found.uncertified.reason
    assert found.answer_at is not None
    assert 0.5 <= found.answer_at <= 1
    verdict = (
        Finder(an_index(), HashingEncoder(), strict.answerability, strict.precedents, strict.ranker)
        .find("invoice is broken")
        .verdict
    )
    assert (verdict.decision, verdict.certificate) == ("answer", None)
    assert "no certificate has been earned" in verdict.reason


def test_articles_of_many_sections_are_answered_from_where_tickets_name_no_section() -> None:
    """Of four sections that are alike two are shown: .6 answers. No threshold has .7 of that, and of articles many."""
    body = "\n\n".join(f"## {{0}} {each}\n\n{{0}} is broken: {each}." for each in "abcd")
    index = build(
        [Article(id=each, title=f"About {each}", body=body.format(each)) for each in SUBJECTS], HashingEncoder()
    )
    found = learn(index, HashingEncoder(), tickets(900))

    assert found.decided
    measured, part = found.decided.measured, found.decided.parts.common
    assert part.certificate is None
    assert measured.answered > 0.1
    assert part.wrong is not None
    assert part.wrong > 0.3  # what the sections cost is said, by their probability


def test_an_answer_says_what_is_promised_of_it() -> None:
    certain = learnt(wanted=Answers(alpha=0.2))
    finder = Finder(an_index(), HashingEncoder(), certain.answerability, certain.precedents, certain.ranker)

    verdict = finder.find("invoice is broken").verdict

    certificate = answers(certain).certificate
    assert certificate
    assert verdict.certificate == certificate.id
    assert "at most 20% of the answers are wrong (90% certain" in verdict.reason


def test_the_held_out_tickets_have_no_part_in_what_is_learnt() -> None:
    """Their links are exchanged: the figures change, and none of the numbers that the test is about."""
    closed = tickets(900)
    start = answerability.Slices.of(len(closed)).hold_out.start
    changed = [
        replace(each, kb_article_ids=("sso",)) if number >= start else each for number, each in enumerate(closed)
    ]

    one, other = (answers(learn(an_index(), HashingEncoder(), each)) for each in (closed, changed))

    kept = ("coefficients", "intercept", "choose_from", "choose_temperature")
    assert [getattr(one, name) for name in kept] == [getattr(other, name) for name in kept]
    assert one.measured
    assert other.measured
    assert one.measured.oracle != other.measured.oracle


def test_a_certified_ranker_has_not_learnt_from_the_held_out_tickets_and_any_other_has() -> None:
    closed = tickets(900)
    older = closed[: answerability.Slices.of(len(closed)).hold_out.start]
    words = wordings([each.text for each in closed])
    assert words
    known = Known(lexicon=words.lexicon)

    def taught(by: Sequence[ClosedTicket], alpha: float) -> LearntAnswers:
        return answers(learn(an_index(), HashingEncoder(), by, known=known, wanted=Answers(alpha=alpha)))

    certified, by_older, by_all = taught(closed, 0.2), taught(older, 0.01), taught(closed, 0.01)

    assert certified.certificate
    assert (by_older.certificate, by_all.certificate) == (None, None)
    assert certified.ranker == by_older.ranker != by_all.ranker
    assert (certified.ranker_taught_by_all, by_all.ranker_taught_by_all) == (False, True)
    assert certified.coefficients == by_all.coefficients


def test_the_stated_share_of_the_questions_is_asked_without_articles() -> None:
    none, half = (answers(learnt(wanted=Answers(unanswered=share))).measured for share in (0.0, 0.5))

    assert none
    assert half
    assert none.unanswered == 0
    assert half.unanswered == pytest.approx(half.n / 2, abs=4 * sqrt(half.n / 4))
    assert half.answered < none.answered


def population(n: int, random: np.random.Generator) -> Trials:
    """Draw questions whose right article is the k-th by score: one in eleven stands beyond the ten."""
    scores = -np.sort(-random.gumbel(0.5, 0.08, size=(n, DEPTH)), axis=1)
    shares = np.exp((scores - scores[:, :1]) / 0.1)
    shares = np.hstack([shares, 0.1 * shares.sum(axis=1, keepdims=True)])
    drawn = (random.random((n, 1)) > np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)).sum(axis=1)
    place = np.where(drawn < DEPTH, drawn, -1)
    nothing = np.zeros((n, len(FEATURES)))
    shown = np.ones(n, dtype=bool)
    return Trials(
        tuple(map(str, range(n))),
        nothing,
        nothing,
        nothing,
        shown,
        shown,
        shown,
        scores,
        place,
        np.ones(n),
        np.ones(n),
        shown,
        np.ones(n),
    )


def drawn_from(everything: Trials, rows: np.ndarray) -> Trials:
    return replace(everything, ids=tuple(map(str, rows)), scores=everything.scores[rows], place=everything.place[rows])


def test_the_set_holds_the_right_article_as_often_as_was_asked_for() -> None:
    """Split conformal: over calibration and new question together, so a mean over the draws of both is compared."""
    random = np.random.default_rng(5)
    everything = population(20_000, random)
    older = drawn_from(everything, np.arange(500))
    held = []
    for _ in range(DRAWS):
        before = drawn_from(everything, random.integers(500, 20_000, size=99))
        heat, least = answerability.choices(older, before, Answers(set_alpha=ALPHA))
        members = (everything.shares(heat) >= least).sum(axis=1)
        held.append(float(((everything.place >= 0) & (everything.place < members)).mean()))

    error = np.std(held) / sqrt(DRAWS)
    assert np.mean(held) >= 1 - ALPHA - 3 * error
    assert np.mean(held) <= 1 - ALPHA + 1 / 100 + 3 * error + 0.01  # and the set is no larger than it need be


def test_where_the_right_article_is_too_often_beyond_the_ten_no_choice_is_offered() -> None:
    everything = population(2_000, np.random.default_rng(5))

    _, least = answerability.choices(everything, everything, Answers(set_alpha=0.05))

    assert least == 0  # all ten are in the set, and that is for a person


def attempt(score: float, *, shown: bool = True) -> Attempt:
    return Attempt((score,) * len(FEATURES), (score,), shown)


def test_what_serving_would_not_show_counts_as_not_answered() -> None:
    model = Answerability((1.0,) * len(FEATURES), 0.0)
    of: dict[str, Any] = {"without": attempt(1.0), "new": attempt(1.0), "new_right": True, "place": 0}
    trials = Trials.of([Trial(name, attempt(1.0, shown=name == "b"), **of) for name in "ab"])

    evidence = trials.evidence(model, 0.0)

    assert evidence.confidence[0] == 0
    assert evidence.confidence[1] == pytest.approx(1 / (1 + np.exp(-len(FEATURES))))


def test_a_section_that_is_known_to_miss_is_not_right_and_one_that_nobody_judged_may_be() -> None:
    of: dict[str, Any] = {"as_it_was": attempt(1.0), "without": attempt(1.0), "new": attempt(1.0), "new_right": True}
    known = (("a", 0, True), ("b", 0, False), ("c", 0, None), ("d", 1, None))

    trials = Trials.of([Trial(name, place=place, answers=answers, **of) for name, place, answers in known])

    assert trials.not_refuted(0.0).tolist() == [True, False, True, False]
    assert not trials.not_refuted(1.0).any()


def test_a_question_without_its_article_has_a_lower_probability_and_goes_to_a_person(lessons: Lessons) -> None:
    finder = Finder(an_index(), HashingEncoder(), lessons.answerability, lessons.precedents, lessons.ranker)
    asked = []
    for subject in SUBJECTS:
        one = question(f"{subject} is broken", subject)
        without = knock_out.without_its_articles(finder, one, 10)
        asked.append(knock_out.AblatedQuestion(one, finder.find(one.question), without))

    figures = knock_out.figures(asked)

    assert figures["knocked_out"] == len(SUBJECTS)
    assert figures["knocked_out_answered"] == 0
    assert figures["auroc"] == figures["auroc_knocked_out"] == 1
    assert figures["answered_at_5_wrong"] == 1
    assert all(each.without and each.without.suggestions for each in asked)


def test_an_article_that_merely_helps_is_knocked_out_too() -> None:
    finder = Finder(an_index(), HashingEncoder())
    one = question("invoice or refund", "invoice", named=frozenset({"invoice", "refund"}))

    found = knock_out.without_its_articles(finder, one, 10)

    assert found is not None
    assert not {"invoice", "refund"} & {each.article.id for each in found.suggestions}
    assert knock_out.without_its_articles(finder, question("zebra"), 10) is None


def test_without_questions_every_figure_is_null() -> None:
    assert {value for name, value in knock_out.figures([]).items() if name != "knocked_out"} == {None}


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    # pairs (right, wrong): 3>1, 3=3 counts half, 2>1, 2<3
    scores, right = np.array([3.0, 2.0, 1.0, 3.0]), np.array([True, True, False, False])

    assert auroc(scores, right) == (1 + 0.5 + 1 + 0) / 4
    assert auroc(scores, np.ones(4, dtype=bool)) is None
    low, high = auroc_interval(np.arange(200.0), np.arange(200) > 99, np.arange(200)) or (0, 0)
    assert (low, high) == (1, 1)


def test_the_window_of_the_certificate_is_that_of_the_held_out_tickets() -> None:
    certificate = answers(learnt(wanted=Answers(alpha=0.2))).certificate
    assert certificate
    found = certificate.window
    assert found
    closed = tickets(900)
    start = answerability.Slices.of(len(closed)).hold_out.start

    assert datetime.fromisoformat(found.first) == closed[start].created_at
    assert datetime.fromisoformat(found.last) == closed[-1].created_at
    assert datetime.fromisoformat(found.last).tzinfo == UTC
