"""Select a few hundred candidate articles from a large knowledge base for one question.

The result is an ordinary index of the candidates, with word weights of the whole knowledge base, and is ranked like a
small one.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

import numpy as np

from retrieval.index.article_index import ArticleIndex
from retrieval.index.vector_index import VectorIndex
from triage.reading.lines import Chosen

#: Passages and titles taken by meaning, and passages taken by words.
NEAREST: Final = 32


def narrowed(
    index: ArticleIndex,
    question: str,
    vector: np.ndarray,
    also: Iterable[str] = (),
    second: np.ndarray | None = None,
) -> ArticleIndex:
    """Narrow an index to what may answer a question.

    Parameters
    ----------
    index
        The knowledge base; one that is small enough to be read whole is returned as it is.
    question
        As asked.
    vector
        Its encoding, float32 (dim,), unit length.
    also
        Articles that are taken along in any case: what history speaks for.
    second
        The encoding by the index's second encoder, where the question has one.

    Returns
    -------
    ArticleIndex
        The articles of the nearest vectors and of the passages that share the question's rarest words, whole.
    """
    if not index.vectors.is_large:
        return index
    _, near = index.vectors.search(vector[None, :], NEAREST)
    rows = [near[0], index.passage_words.closest(question, NEAREST)]
    if second is not None and index.second is not None:
        rows.append(index.second.vectors.search(second[None, :], NEAREST)[1][0])
    numbers = index.articles_of(np.concatenate(rows))
    known = [index.number(article_id) for article_id in also]
    known += index.asked.numbers[np.argsort(-index.asked.cosines(vector))[:NEAREST]].tolist()
    return _part(index, question, sorted({*numbers.tolist(), *(number for number in known if number is not None)}))


def _part(index: ArticleIndex, question: str, numbers: list[int]) -> ArticleIndex:
    articles = [index.by_number[number] for number in numbers]
    rows = np.array([row for number in numbers for row in index.passages_of(number)], dtype=np.int64)
    vectors = np.concatenate([rows, len(index.passages) + np.array(numbers, dtype=np.int64)])
    return ArticleIndex(
        articles=MappingProxyType({article.id: article for article in articles}),
        passages=Chosen(index.passages, rows.tolist()),  # of most candidates none is read
        encoder=index.encoder,
        vectors=VectorIndex.build(index.vectors.vectors(vectors)),
        passage_words=index.passage_words.part(question, rows),
        headings=index.headings.part(rows),
        asked=index.asked.part(numbers),
        second=index.second and index.second.part(vectors, rows, numbers),
        withdrawn=index.withdrawn,
        first_rows=np.cumsum([0, *(len(index.passages_of(number)) for number in numbers)])[:-1],
        facts=index.facts,
    )
