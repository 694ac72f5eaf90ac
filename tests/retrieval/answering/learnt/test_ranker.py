from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from retrieval.answering.learnt.ranker import COMPETING, DECIDED, LearntRanker
from retrieval.answering.ranker import LinearRanker
from retrieval.answering.ranking import RankingQuery, order, signals_of
from retrieval.articles.article import Article
from retrieval.index.article_index import ArticleIndex, build
from tests.fakes import HashingEncoder
from tests.retrieval.answering.learnt.rankers import a_ranker

DIM = HashingEncoder.dim


@pytest.fixture(scope="module")
def index() -> ArticleIndex:
    articles = [Article(id=f"a{n}", title=f"Topic{n}", body=f"Everything on topic{n} is here.") for n in range(1_000)]
    return build(articles, HashingEncoder())


def asked(text: str = "topic7 everything") -> RankingQuery:
    return RankingQuery(text, HashingEncoder().encode([text])[0])


def scores(index: ArticleIndex, ranker: LearntRanker | LinearRanker) -> np.ndarray:
    return order(index, asked(), limit=5, ranker=ranker).scores


def test_without_map_and_trees_it_scores_as_its_weights_do(index: ArticleIndex) -> None:
    nothing = replace(a_ranker(DIM, ["a1"], added=0.0), map_weight=0.0)

    assert scores(index, nothing) == pytest.approx(scores(index, LinearRanker()))


def test_trees_correct_the_best_and_the_others_stay_behind_them_in_their_order(index: ArticleIndex) -> None:
    ranker = replace(a_ranker(DIM, ["a1"], added=-2.0), map_weight=0.0)
    plain, corrected = scores(index, LinearRanker()), scores(index, ranker)
    best = np.argsort(-plain)[:COMPETING]

    assert plain.max() - corrected.max() == pytest.approx(2 / (DECIDED * LinearRanker().unit))
    others = np.setdiff1d(np.arange(1_000), best)
    assert corrected[best].min() >= corrected[others].max() - 1e-9
    assert np.diff(corrected[others]) == pytest.approx(np.diff(plain[others]))


def test_an_article_that_no_ticket_named_has_no_share_and_still_competes(index: ArticleIndex) -> None:
    ranker = a_ranker(DIM, ["a1", "gone since"])

    shares = ranker.memory.shares(index, asked().vector)

    assert shares[1] == pytest.approx(0.5)
    assert np.isnan(np.delete(shares, 1)).all()
    assert order(index, asked(), limit=1, ranker=ranker).scored[0][0].id == "a7"


def test_a_desk_whose_tickets_have_no_labels_ranks_too(index: ArticleIndex) -> None:
    ranker = a_ranker(DIM, [])
    memory = replace(
        ranker.memory,
        label_weights=np.zeros((DIM, 0), np.float32),
        label_intercepts=np.zeros(0, np.float32),
        label_shares=np.zeros((0, 0), np.float32),
    )

    assert np.isfinite(scores(index, replace(ranker, memory=memory))).all()


def test_an_empty_knowledge_base_finds_nothing() -> None:
    empty = build([], HashingEncoder())

    assert order(empty, asked(), limit=5, ranker=a_ranker(DIM, ["a1"])).best == []


def test_signals_alone_are_not_enough(index: ArticleIndex) -> None:
    query = asked()
    signals = signals_of(index, query, index.fits(query.question, query.vector))

    with pytest.raises(ValueError, match="without their articles"):
        a_ranker(DIM, ["a1"])(replace(signals, articles=None))


def test_titles_are_looked_at_once_for_an_index(index: ArticleIndex) -> None:
    ranker = a_ranker(DIM, ["a1"])
    first = ranker.memory.mapped(index, asked().vector)
    held = {key: value for key, value in index.facts.items() if key.startswith("\0")}

    assert (ranker.memory.mapped(index, asked().vector) == first).all()
    assert held


def test_it_costs_little_of_a_question(index: ArticleIndex) -> None:
    """Far above what it takes (under a millisecond), and far below a walk through trees in Python."""
    ranker, query = a_ranker(DIM, [f"a{n}" for n in range(1_000)]), asked()
    signals = signals_of(index, query, index.fits(query.question, query.vector))
    ranker(signals)

    started = time.process_time()
    for _ in range(20):
        ranker(signals)

    assert (time.process_time() - started) / 20 < 0.02
