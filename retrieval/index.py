"""The article index: an immutable snapshot of a knowledge base, searchable by meaning and by words.

A changed article is a new snapshot that takes over the vectors of every passage that stayed the same; whoever holds
the old one goes on undisturbed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Protocol

import numpy as np

from retrieval.articles import Article, Passage
from retrieval.encoder import Progress
from retrieval.passages import split
from retrieval.vector_index import VectorIndex
from retrieval.word_index import WordIndex


class TextEncoder(Protocol):
    """What an index needs of an encoder; `retrieval.encoder.Encoder` is one."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def dim(self) -> int: ...  # noqa: D102

    fingerprint: str

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> np.ndarray: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class EncoderName:
    """Which encoder made the vectors."""

    name: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage and how well it fits a question."""

    passage: Passage
    #: Cosine similarity of question and passage.
    cosine: float
    #: Share of the question's weight in words that the passage covers, 0 to 1.
    words: float


@dataclass(frozen=True, slots=True)
class ArticleHit:
    """An article, how well its title fits, and those of its passages that were looked at."""

    article: Article
    title_cosine: float
    title_words: float
    passages: tuple[PassageHit, ...]

    @property
    def cosine(self) -> float:
        """The nearest passage's."""
        return max(hit.cosine for hit in self.passages)

    @property
    def words(self) -> float:
        """The most that one passage covers."""
        return max(hit.words for hit in self.passages)


@dataclass(frozen=True)
class ArticleIndex:
    """Rows of the vectors are the passages, then a row for each article's title; words are indexed apart."""

    articles: Mapping[str, Article]
    passages: tuple[Passage, ...]
    encoder: EncoderName
    vectors: VectorIndex
    passage_words: WordIndex
    title_words: WordIndex

    @cached_property
    def version(self) -> str:
        """Names the very articles and the encoder: two snapshots with one version answer alike."""
        digest = hashlib.sha256(self.encoder.fingerprint.encode())
        for article_id in sorted(self.articles):
            digest.update(self.articles[article_id].digest.encode())
        return digest.hexdigest()

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {article_id: number for number, article_id in enumerate(self.articles)}

    @cached_property
    def _first_passages(self) -> tuple[int, ...]:
        return tuple(row for row, passage in enumerate(self.passages) if passage.position == 0)

    @property
    def rows(self) -> int:
        """How many vectors there are: passages and titles."""
        return len(self.vectors)

    def search(
        self, question: str, vector: np.ndarray, *, rows: int = 60, also: Iterable[str] = ()
    ) -> list[ArticleHit]:
        """Find the articles that come into question, in no order.

        Parameters
        ----------
        question
            As asked.
        vector
            Its encoding, float32 (dim,).
        rows
            How many rows to take by meaning, and as many by words.
        also
            Ids of articles to look at in any case; those that are not here (any more) are passed over.

        Returns
        -------
        list of ArticleHit
            Everything that was found or asked for; both scores are exact for each passage in it.
        """
        if not self.passages:
            return []
        cosines, near = self.vectors.search(vector[None, :], rows)
        shares = self.passage_words.search(question)
        worded = np.argpartition(-shares, min(rows, len(shares) - 1))[:rows]
        found = {int(row) for row in near[0]} | {int(row) for row in worded if shares[row] > 0}
        for article_id in also:
            found.update(self._rows_of(article_id))
        grouped = self._grouped(found)
        known = dict(zip(near[0].tolist(), cosines[0].tolist(), strict=True))
        self._complete(known, grouped, vector)
        titles = self.title_words.search(question)
        return [
            ArticleHit(
                article=self.articles[self.passages[chosen[0]].article_id],
                title_cosine=known[len(self.passages) + number],
                title_words=float(titles[number]),
                passages=tuple(PassageHit(self.passages[row], known[row], float(shares[row])) for row in chosen),
            )
            for number, chosen in grouped.items()
        ]

    def _rows_of(self, article_id: str) -> range:
        number = self._numbers.get(article_id)
        if number is None:
            return range(0)
        following = number + 1
        end = self._first_passages[following] if following < len(self.articles) else len(self.passages)
        return range(self._first_passages[number], end)

    def _grouped(self, rows: set[int]) -> dict[int, list[int]]:
        """Article number to its passage rows; an article found by its title alone shows its first passage."""
        grouped: dict[int, list[int]] = {}
        for row in sorted(rows):
            if row < len(self.passages):
                grouped.setdefault(self._numbers[self.passages[row].article_id], []).append(row)
            else:
                number = row - len(self.passages)
                grouped.setdefault(number, [self._first_passages[number]])
        return grouped

    def _complete(self, known: dict[int, float], grouped: Mapping[int, list[int]], vector: np.ndarray) -> None:
        """Add the cosines of rows that only the words found, and of the titles."""
        wanted = {row for chosen in grouped.values() for row in chosen}
        missing = np.array(sorted((wanted | {len(self.passages) + number for number in grouped}) - known.keys()))
        if len(missing):
            cosines = self.vectors.vectors(missing) @ vector
            known.update(zip(missing.tolist(), cosines.tolist(), strict=True))


def build(
    articles: Iterable[Article],
    encoder: TextEncoder,
    *,
    previous: ArticleIndex | None = None,
    progress: Progress | None = None,
) -> ArticleIndex:
    """Build a snapshot.

    Parameters
    ----------
    articles
        With distinct ids. None at all is a snapshot that finds nothing.
    encoder
        The encoder that will encode the questions.
    previous
        A snapshot whose vectors are taken over for every text that it shares, if the same encoder made it.
    progress
        Called as ``progress(done, total)`` over the texts that must be encoded.

    Returns
    -------
    ArticleIndex
    """
    kept = {article.id: article for article in articles}
    split_up = [split(article) for article in kept.values()]
    passages = tuple(passage for parts in split_up for passage in parts)
    texts = _row_texts(kept, passages)
    vectors = _vectors(texts, encoder, previous, progress)
    titles = texts[len(passages) :]
    return ArticleIndex(
        articles=MappingProxyType(kept),
        passages=passages,
        encoder=EncoderName(encoder.name, encoder.fingerprint, encoder.dim),
        vectors=VectorIndex.build(vectors),
        passage_words=WordIndex.build(texts[: len(passages)]),
        title_words=WordIndex.build(titles),
    )


def _row_texts(articles: Mapping[str, Article], passages: Sequence[Passage]) -> list[str]:
    """Write what is encoded, row by row: passages under their title and heading, then titles with their summaries."""
    rows = [
        "\n".join(part for part in (articles[passage.article_id].title, passage.heading, passage.text) if part)
        for passage in passages
    ]
    return rows + ["\n".join(filter(None, (article.title, article.summary))) for article in articles.values()]


def _vectors(
    texts: Sequence[str], encoder: TextEncoder, previous: ArticleIndex | None, progress: Progress | None
) -> np.ndarray:
    known: dict[str, np.ndarray] = {}
    if previous is not None and previous.encoder.fingerprint == encoder.fingerprint:
        known = dict(zip(_row_texts(previous.articles, previous.passages), previous.vectors.vectors(), strict=True))
    fresh = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(fresh, encoder.encode(fresh, progress=progress), strict=True))
    return np.array([known[text] for text in texts], dtype=np.float32).reshape(len(texts), encoder.dim)
