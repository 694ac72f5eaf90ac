from __future__ import annotations

import numpy as np
import pytest

from retrieval.answering.precedents import Precedents
from retrieval.answering.similar_texts import Query, SimilarTexts, WordRows
from retrieval.index.vector_index import VectorIndex

AHEAD = np.array([1, 0, 0], dtype=np.float32)


def leaning(*cosines: float) -> np.ndarray:
    """Vectors so near to AHEAD, every other to another side."""
    rows = [(c, *((np.sqrt(1 - c * c), 0) if n % 2 else (0, np.sqrt(1 - c * c)))) for n, c in enumerate(cosines)]
    return np.array(rows, dtype=np.float32)


def pool(*cosines: float, words: WordRows | None = None, days: list[float] | None = None) -> SimilarTexts:
    return SimilarTexts(VectorIndex.build(leaning(*cosines)), words, np.array(days) if days else None)


def rows(found: list[tuple[int, float]]) -> list[int]:
    return [row for row, _ in found]


def word_rows(*texts: list[int]) -> WordRows:
    """Each text as the numbers of its words, equally weighted."""
    starts = np.cumsum([0, *(len(text) for text in texts)])
    columns = np.array([word for text in texts for word in text], dtype=np.int32)
    values = np.array([len(text) ** -0.5 for text in texts for _ in text], dtype=np.float16)
    return WordRows(starts, columns, values)


def test_the_nearest_in_meaning_come_first_and_the_distant_not_at_all() -> None:
    assert rows(pool(0.6, 0.9, 0.2).like(Query(AHEAD), limit=5)) == [1, 0]


def test_shared_words_bring_a_text_forward() -> None:
    words = word_rows([7, 8], [1, 2])

    assert rows(pool(0.7, 0.8, words=words).like(Query(AHEAD), limit=2)) == [1, 0]
    asked = np.array([7, 8]), np.array([0.5**0.5, 0.5**0.5])
    assert rows(pool(0.7, 0.8, words=words).like(Query(AHEAD, asked), limit=2)) == [0, 1]


def test_word_cosines_are_those_of_the_texts_asked_for() -> None:
    words = word_rows([1, 2], [], [2, 3, 4, 5], [9])
    asked = np.array([2, 9]), np.array([0.6, 0.8])

    found = words.cosines(np.array([3, 0, 1, 2]), *asked)

    # one word of weight 1 times 0.8; 0.6 over the root of two; nothing; 0.6 over the root of four
    assert found == pytest.approx([0.8, 0.6 / 2**0.5, 0, 0.3], abs=1e-3)


def test_words_side_by_side_give_the_same_cosines_to_the_last_digit() -> None:
    random = np.random.default_rng(3)
    texts = [sorted(random.choice(40, size, replace=False).tolist()) for size in random.integers(0, 12, 60)]
    by_text = word_rows(*texts)
    by_word, kept = by_text.by_word(40), random.random(60) < 0.7
    asked = np.arange(0, 40, 3, dtype=np.int32), random.random(14).astype(np.float32)

    for rows in (np.array([5, 0, 59, 3]), np.arange(60), np.array([], dtype=np.int64)):
        assert by_word.cosines(rows, *asked).tolist() == by_text.cosines(rows, *asked).tolist()
    left = np.arange(int(kept.sum()))
    assert by_word.only(kept).cosines(left, *asked).tolist() == by_text.only(kept).cosines(left, *asked).tolist()
    with pytest.raises(ValueError, match="does not have"):
        by_text.by_word(30)


def test_of_two_alike_the_newer_comes_first_and_one_without_a_day_last() -> None:
    found = pool(0.8, 0.8, 0.8, days=[10.0, 300.0, float("nan")]).like(Query(AHEAD, day=301.0), limit=3)

    assert rows(found)[0] == 1
    assert rows(pool(0.8, 0.8, days=[float("nan")] * 2).like(Query(AHEAD), limit=2)) == [0, 1]


def test_near_identical_texts_are_shown_once() -> None:
    assert rows(pool(0.9, 0.6, 0.9, 0.9).like(Query(AHEAD), limit=5)) == [0, 3, 1]


def test_only_the_rows_asked_for_are_searched() -> None:
    among = np.array([False, True, True])

    assert rows(pool(0.9, 0.8, 0.7).like(Query(AHEAD), limit=5, among=among)) == [1, 2]
    assert pool(0.9).like(Query(AHEAD), limit=5, among=np.array([False])) == []
    assert SimilarTexts(VectorIndex.build(np.zeros((0, 3), np.float32))).like(Query(AHEAD), limit=5) == []


def test_precedents_share_the_index_and_skip_what_no_article_solved() -> None:
    index = VectorIndex.build(leaning(0.99, 0.9, 0.8))
    precedents = Precedents.over(index, [(), ("a",), ("b",)])

    history = precedents.recall(AHEAD)

    assert len(precedents) == 2
    assert history.nearest == {"a": pytest.approx(0.9), "b": pytest.approx(0.8)}
    assert history.votes["a"] > history.votes["b"]
    assert set(precedents.recall(AHEAD, before=2).votes) == {"a"}
    assert precedents.recall(AHEAD, before=1).votes == {}


def test_a_doubted_link_has_a_smaller_say() -> None:
    index = VectorIndex.build(leaning(0.9, 0.9))

    votes = Precedents.over(index, [("a",), ("b",)], [(0.2,), (1.0,)]).recall(AHEAD).votes

    assert votes["a"] == pytest.approx(votes["b"] / 5)


def test_words_of_other_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        WordRows(np.array([0, 2]), np.array([1]), np.array([1.0]))
