"""A large knowledge base is ranked by parts: the part that a question needs answers as the whole would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answering.ranking import RankingQuery, suggest
from retrieval.index import candidates as narrowing
from retrieval.index import vector_kinds
from retrieval.index.article_index import ArticleIndex, build
from retrieval.index.candidates import narrowed
from retrieval.index.word_index import WordIndex
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article

TOPICS = ("invoice", "password", "export", "calendar", "folder", "filter", "printer", "theme", "backup", "contact")


def desk(articles: int = 120) -> ArticleIndex:
    bodies = [
        f"Open the {TOPICS[n % 10]} page number{n}.\n\n## More\n\nThen choose {TOPICS[n // 10 % 10]} and save it."
        for n in range(articles)
    ]
    return build(
        [an_article(id=f"a{n:03}", title=f"About {TOPICS[n % 10]} {n}", body=body) for n, body in enumerate(bodies)],
        HashingEncoder(),
    )


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_kinds, "HALF_FROM", 300)
    monkeypatch.setattr(vector_kinds, "CELLS_FROM", 300)
    monkeypatch.setattr(narrowing, "NEAREST", 20)


def asked(question: str) -> RankingQuery:
    return RankingQuery(question, HashingEncoder().encode([question])[0])


@pytest.mark.parametrize("question", ["invoice page number50", "save the export and calendar", "number7 theme"])
def test_the_best_articles_of_the_part_are_those_of_the_whole(
    question: str, monkeypatch: pytest.MonkeyPatch, large: None
) -> None:
    index = desk()
    parted = suggest(index, asked(question), limit=3)
    assert len(narrowed(index, question, asked(question).vector).articles) < len(index.articles) / 2

    monkeypatch.setattr(vector_kinds, "CELLS_FROM", 1_000_000)
    whole = suggest(index, asked(question), limit=3)

    assert [(each.article.id, each.passage) for each in parted] == [(each.article.id, each.passage) for each in whole]
    assert [each.score for each in parted] == pytest.approx([each.score for each in whole], abs=0.01)


def test_a_word_that_no_candidate_has_covers_nothing() -> None:
    """It stands in the knowledge base, so the part knows it, and nowhere in the part."""
    whole = WordIndex.build(["open the invoice", "print the calendar", "open the folder"])
    rows = np.array([0, 2])
    part = whole.part("calendar invoice", rows)

    covered = part.covered({"calendar", "invoic"}, [frozenset()], np.array([0, 1]), np.zeros(2, dtype=np.int64))

    assert part.has("calendar")
    assert covered[0] > covered[1] == 0.0
    assert covered == pytest.approx(
        whole.covered({"calendar", "invoic"}, [frozenset()], rows, np.zeros(2, dtype=np.int64))
    )


def test_a_small_knowledge_base_is_not_narrowed() -> None:
    index = desk(20)

    assert narrowed(index, "invoice", asked("invoice").vector) is index


def test_what_history_speaks_for_is_taken_along(large: None) -> None:
    index = desk()

    part = narrowed(index, "invoice", asked("invoice").vector, also=["a117", "gone"])

    assert part.number("a117") is not None
    assert part.number("gone") is None


TEXTS = st.lists(st.lists(st.sampled_from(TOPICS), max_size=6).map(" ".join), min_size=1, max_size=12)


@given(texts=TEXTS, question=st.lists(st.sampled_from([*TOPICS, "unheard"]), max_size=5).map(" ".join), data=st.data())
def test_words_weigh_in_a_part_what_they_weigh_in_the_whole(
    texts: list[str], question: str, data: st.DataObject
) -> None:
    index = WordIndex.build(texts)
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(texts) - 1), min_size=1))), dtype=np.int64)

    np.testing.assert_allclose(index.part(question, rows).search(question), index.search(question)[rows], atol=1e-6)


@given(texts=TEXTS, question=st.lists(st.sampled_from(TOPICS), max_size=4).map(" ".join), most=st.integers(1, 5))
def test_the_texts_that_share_most_are_the_closest(texts: list[str], question: str, most: int) -> None:
    index = WordIndex.build(texts)
    shares = index.search(question)
    found = index.closest(question, most)

    assert len(set(found.tolist())) == len(found) == min(most, int((shares > 0).sum()))
    assert sorted(shares[found]) == pytest.approx(sorted(shares)[len(texts) - len(found) :])
