from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from retrieval.answering.learnt.question_shift import MOST_RANK, QuestionShift
from retrieval.answering.learnt.ranker import LearntRanker
from retrieval.answering.ranking import RankingQuery, order
from retrieval.articles.article import Article
from retrieval.index.article_index import ArticleIndex, build
from retrieval.index.candidates import _part
from tests.fakes import HashingEncoder
from tests.retrieval.answering.learnt.rankers import a_ranker

ENCODER = HashingEncoder()
DIM = ENCODER.dim


@pytest.fixture(scope="module")
def index() -> ArticleIndex:
    bodies = {"post": "Mail is sent here.", "walls": "Paint is dry soon.", "both": "Paint for mail is sent."}
    return build([Article(id=name, title=name, body=body) for name, body in bodies.items()], ENCODER)


def vector(text: str) -> np.ndarray:
    return np.asarray(ENCODER.encode([text])[0])


def a_shift(weight: float = 0.8) -> QuestionShift:
    """What is said of letters moves to mail."""
    return QuestionShift(np.zeros(DIM, np.float32), vector("letters")[:, None], 2 * vector("mail")[None, :], weight)


def with_shift(weight: float = 0.8) -> LearntRanker:
    plain = a_ranker(DIM, ["post"], added=0.0)
    return replace(plain, memory=replace(plain.memory, shift=a_shift(weight)))


def test_the_question_comes_nearer_to_what_its_words_mean_here(index: ArticleIndex) -> None:
    gain = dict(zip(index.articles, a_shift().gain(index, vector("letters")), strict=True))

    assert gain["post"] > 0.1
    assert gain["walls"] == pytest.approx(0.0, abs=1e-6)
    assert np.linalg.norm(a_shift().shifted(vector("letters"))) == pytest.approx(1.0)


def test_it_is_added_to_what_ranks_without_it(index: ArticleIndex) -> None:
    asked = RankingQuery("letters", vector("letters"))
    plain, shifted = a_ranker(DIM, ["post"], added=0.0), with_shift()

    before, after = (order(index, asked, limit=3, ranker=each).scores for each in (plain, shifted))

    assert after == pytest.approx(before + a_shift().gain(index, asked.vector) / plain.weights.unit)


def test_a_part_of_a_large_knowledge_base_gains_as_in_the_whole(index: ArticleIndex) -> None:
    part = _part(index, "letters", [0, 2])

    assert a_shift().gain(part, vector("letters")) == pytest.approx(a_shift().gain(index, vector("letters"))[[0, 2]])


def test_nothing_moves_in_an_empty_knowledge_base() -> None:
    assert len(a_shift().gain(build([], ENCODER), vector("letters"))) == 0


def test_a_bundle_carries_it_and_one_from_before_ranks_as_it_did(index: ArticleIndex) -> None:
    shifted, plain = with_shift(), a_ranker(DIM, ["post"], added=0.0)
    asked = RankingQuery("letters", vector("letters"))

    read, before = (LearntRanker.from_arrays(each.weights, each.to_arrays(), DIM) for each in (shifted, plain))

    assert set(shifted.to_arrays()) - set(plain.to_arrays()) == {"shift_from_map", "shift_to_map", "shift_weight"}
    assert before.memory.shift is None
    for one, other in ((read, shifted), (before, plain)):
        scores = (order(index, asked, limit=3, ranker=each).scores for each in (one, other))
        assert np.array_equal(*scores)


def test_the_second_encoder_has_none() -> None:
    arrays = with_shift().to_arrays()

    assert LearntRanker.from_arrays(with_shift().weights, arrays, DIM, by_second=True).memory.shift is None


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("shift_from_map", lambda values: values[:-1], "does not fit the rest"),
        ("shift_from_map", lambda values: np.repeat(values, 2, axis=1), "does not fit the rest"),
        ("shift_to_map", lambda values: values[:, :-1], "does not fit the rest"),
        ("shift_to_map", lambda values: values[0], "does not fit the rest"),
        ("shift_to_map", lambda values: values * np.nan, "not numbers"),
        ("shift_weight", lambda _: np.array(-1.0), "no number"),
        ("shift_weight", lambda _: np.array(np.inf), "no number"),
    ],
)
def test_one_that_does_not_fit_is_refused(name: str, change: object, said: str) -> None:
    arrays = with_shift().to_arrays()
    arrays[name] = change(arrays[name])  # type: ignore[operator]

    with pytest.raises(ValueError, match=said):
        LearntRanker.from_arrays(with_shift().weights, arrays, DIM)


def test_one_without_its_other_half_or_larger_than_any_is_refused() -> None:
    arrays, wide = with_shift().to_arrays(), np.zeros((DIM, MOST_RANK + 1), np.float32)
    del arrays["shift_to_map"]

    with pytest.raises(KeyError):
        LearntRanker.from_arrays(with_shift().weights, arrays, DIM)
    with pytest.raises(ValueError, match="does not fit"):
        QuestionShift(np.zeros(DIM, np.float32), wide, wide.T, 0.8)
