"""The first encoder does not read what this desk's customers call things; the second one does."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from msgspec import structs

from retrieval.answering.answer_question import Finder, Reader
from retrieval.answering.learnt.ranker import FILE, SECOND_FILE, LearntRanker
from retrieval.answering.second_view import SecondReader
from retrieval.index.article_index import ArticleIndex, build
from tests.fakes import HashingEncoder
from tests.training.answers.ranking.test_fit import articles, tickets
from training.answers.answers import Lessons, learn
from training.answers.closed_questions import Known
from training.answers.ranking.fit import LEAST
from triage.model.bundle_arrays import arrays_in


class NarrowEncoder(HashingEncoder):
    """Knows nothing of what customers call the things."""

    def encode(self, texts: Sequence[str], *, as_passages: bool = False, progress: object = None) -> np.ndarray:
        return super().encode([re.sub(r"thing\d+", "", text) for text in texts], as_passages=as_passages)


SECOND = HashingEncoder("second")


@pytest.fixture(scope="module")
def index() -> ArticleIndex:
    return build(articles(), NarrowEncoder(), second=SECOND)


@pytest.fixture(scope="module")
def lessons(index: ArticleIndex) -> Lessons:
    return learn(index, NarrowEncoder(), tickets(round(LEAST / 0.8) + 60), known=Known(second=SECOND))


def test_what_ranks_by_the_second_encoder_is_learnt_of_its_own_vectors(lessons: Lessons) -> None:
    ranking = lessons.second_ranking

    assert ranking is not None
    assert ranking.choice is not None
    gains = {each.name: each.gain for each in ranking.choice.tried}
    assert gains["learnt"] > max(gains["first"], gains["fusion"])
    assert isinstance(ranking.ranker, LearntRanker)
    assert ranking.ranker.memory.by_second


def test_a_question_in_another_language_is_ranked_by_both(index: ArticleIndex, lessons: Lessons) -> None:
    def places(ranker: object) -> list[int]:
        second = SecondReader(SECOND, lessons.by_second, ranker)  # type: ignore[arg-type]
        finder = Finder(index, NarrowEncoder(), lessons.answerability, lessons.precedents, lessons.ranker, second)
        found = []
        for each in tickets(900)[-100:]:
            ids = [one.article.id for one in finder.suggest(each.text, limit=9, reader=Reader(writes="it"))]
            found.append(ids.index(each.kb_article_ids[0]) if each.kb_article_ids[0] in ids else 9)
        return found

    assert np.mean(places(lessons.second_ranker)) < np.mean(places(None))


def test_a_desk_whose_second_encoder_teaches_nothing_more_has_one_ranker() -> None:
    same = HashingEncoder("same")
    index = build(articles(), HashingEncoder(), second=same)

    lessons = learn(index, HashingEncoder(), tickets(round(LEAST / 0.8) + 60), known=Known(second=same))

    assert lessons.second_ranking is None
    assert set(lessons.files) == {FILE}


def test_a_bundle_names_the_second_ranker_and_its_numbers_are_part_of_what_is_certified(lessons: Lessons) -> None:
    said, ranker = lessons.to_manifest(), lessons.second_ranker

    assert said is not None
    assert said.second_ranker is not None
    assert said.second_ranker.learnt is not None
    assert said.second_ranker.learnt.file == SECOND_FILE
    assert said.digest != structs.replace(said, second_ranker=None).digest
    assert isinstance(ranker, LearntRanker)
    read = LearntRanker.from_arrays(
        ranker.weights, arrays_in(lessons.files[SECOND_FILE]), HashingEncoder.dim, by_second=True
    )
    assert read.memory.by_second
    for name, values in ranker.to_arrays().items():
        assert (read.to_arrays()[name] == values).all(), name


def test_as_if_an_article_were_new_neither_ranker_knows_it(index: ArticleIndex, lessons: Lessons) -> None:
    query = SecondReader(SECOND, lessons.by_second, lessons.second_ranker).query("thing3 export", "it")

    assert query is not None
    without = query.without({"thing3-export"})

    assert isinstance(without.ranker, LearntRanker)
    assert np.isnan(without.ranker.memory.shares(index, query.vector)[index.numbers["thing3-export"]])
