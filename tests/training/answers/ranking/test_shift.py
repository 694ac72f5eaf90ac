"""Customers of this desk call its things by names that no article has: their questions move to those that answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from retrieval.answering.learnt.ranker import LearntRanker
from retrieval.answering.precedents import Precedents, TicketKnowledge
from retrieval.answering.ranker import LinearRanker
from retrieval.index.article_index import ArticleIndex, build
from tests.fakes import HashingEncoder
from tests.training.answers.ranking.test_fit import articles, tickets
from training.answers.closed_questions import ClosedQuestions, Known
from training.answers.link_trust import LinkTrust
from training.answers.ranker import AskedOnce
from training.answers.ranking import fit, shift
from training.answers.ranking.choice import chosen
from training.answers.ranking.fit import BLOCKS, LEAST, LearntRanking, SolvedTickets, Trial
from training.answers.ranking.memory import LabelledTickets
from triage.model.answers_entry import RankerChoice


@pytest.fixture(scope="module")
def index() -> ArticleIndex:
    return build(articles(), HashingEncoder())


@pytest.fixture(scope="module")
def desk(index: ArticleIndex) -> SolvedTickets:
    closed = ClosedQuestions.of(HashingEncoder(), tickets(LEAST + 20), Known())
    belief = LinkTrust.of(index, closed.linked, closed.linked)
    precedents = Precedents.build(
        closed.vectors,
        [each.kb_article_ids for each in closed.tickets],
        [belief.votes.get(each.id, ()) for each in closed.tickets],
        TicketKnowledge(closed.wordings, [{} for _ in closed.tickets]),
    )
    labelled = LabelledTickets.of(closed.vectors, [dict(each.labels) for each in closed.tickets])
    return SolvedTickets(index, closed.linked, AskedOnce(precedents), belief.taught, labelled)


@pytest.fixture(scope="module")
def trial(desk: SolvedTickets) -> Trial:
    found = fit.tried(desk)
    assert found is not None
    return found


def choice_of(name: str) -> RankerChoice:
    places = {each: np.ones(8, np.int64) for each in ("fusion", "weights", "learnt", "shifted")}
    return chosen(places | {name: np.zeros(8, np.int64)})


def shipped(desk: SolvedTickets, trial: Trial, name: str) -> LearntRanking:
    return fit.shipped(desk, LinearRanker(), trial, choice_of(name))


def all_of(ranking: LearntRanking) -> list[LearntRanker]:
    found = [
        each for each in (ranking.ranker, *(ranker for _, ranker in ranking.earlier)) if isinstance(each, LearntRanker)
    ]
    assert len(found) == 1 + len(BLOCKS)
    return found


def test_a_question_that_it_never_saw_comes_nearer_to_what_answers_it_than_to_others(trial: Trial) -> None:
    gains = [(each.gain, each.list.right > 0) for each in trial.blocks.blocks[-1]]

    nearer = [gain[right].mean() - gain[~right].mean() for gain, right in gains if gain is not None]

    assert len(nearer) == len(trial.newest)
    assert np.mean(nearer) > 0.02
    assert np.mean(np.array(nearer) > 0) > 0.8


def test_no_ticket_is_asked_with_a_shift_that_has_learnt_from_it(
    desk: SolvedTickets, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt_from = []
    monkeypatch.setattr(fit, "fit_shift", lambda _, lists: learnt_from.append(len(lists)))

    found = fit.tried(desk)

    assert found is not None
    assert learnt_from == list(found.blocks.begins)
    assert learnt_from[-1] + len(found.newest) == len(found.lists)


def test_a_desk_that_did_not_choose_it_ships_without(desk: SolvedTickets, trial: Trial) -> None:
    without, with_it = (all_of(shipped(desk, trial, name)) for name in ("learnt", "shifted"))

    assert [each.memory.shift for each in without] == [None] * len(without)
    assert all(each.memory.shift is not None for each in with_it)
    assert not [name for name in without[0].to_arrays() if name.startswith("shift")]
    for name, values in without[0].to_arrays().items():
        assert (with_it[0].to_arrays()[name] == values).all(), name


@pytest.mark.parametrize("name", ["learnt", "shifted"])
def test_what_is_learnt_once_more_is_of_the_kind_that_was_chosen(desk: SolvedTickets, trial: Trial, name: str) -> None:
    ranker = fit.refitted(shipped(desk, trial, name), desk).ranker

    assert isinstance(ranker, LearntRanker)
    assert (ranker.memory.shift is not None) == (name == "shifted")


def test_the_newest_tickets_choose_with_and_without_it(desk: SolvedTickets, trial: Trial) -> None:
    choice = fit.fit_ranking(desk).choice

    assert choice is not None
    shares = {each.name: each.hit_at_1 for each in choice.tried}
    assert shares["learnt"] == round(float((trial.places() < 1).mean()), 4)
    assert shares["shifted"] == round(float((trial.places(shifted=True) < 1).mean()), 4)


def test_the_second_encoder_has_none(desk: SolvedTickets) -> None:
    by_first_alone = replace(desk, by_second=True, shifts=True, index=replace(desk.index, second=desk.index))  # type: ignore[arg-type]

    found = fit.tried(by_first_alone)

    assert found is not None
    assert found.ranker.memory.shift is None


def test_too_many_passages_learn_none(trial: Trial, index: ArticleIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift, "MOST", 100)

    assert shift.fit_shift(index, trial.lists) is None
