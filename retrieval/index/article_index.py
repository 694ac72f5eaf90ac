"""The article index: an immutable snapshot of a knowledge base, searchable by meaning and by words.

A changed article gives a new snapshot, which reuses the vectors of unchanged passages. Requests that hold the old
snapshot are not affected.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from retrieval.articles.article import Article, Passage
from retrieval.articles.passages import split
from retrieval.articles.translations import Translations, tongue
from retrieval.encoder.encoder import Progress
from retrieval.errors import ArticleNotReadable
from retrieval.index.encoder_name import EncoderName
from retrieval.index.fits import Fits
from retrieval.index.headings import Headings, distinct
from retrieval.index.known_questions import KnownQuestions, known_texts
from retrieval.index.second_view import FirstView, SecondView
from retrieval.index.spelling import Spelling
from retrieval.index.text_encoder import ByText, TextEncoder, vectors_of
from retrieval.index.vector_index import VectorIndex
from retrieval.index.word_index import WordIndex


@dataclass(frozen=True)
class ArticleIndex:
    """Rows of the vectors are the passages, then a row for each article's title; passages' words are indexed apart."""

    articles: Mapping[str, Article]
    #: In the order of the articles; those of a large index are read from its file when they are asked for.
    passages: Sequence[Passage]
    encoder: EncoderName
    vectors: VectorIndex
    passage_words: WordIndex
    #: What the sections are called, by meaning.
    headings: Headings
    #: What the desk has checked.
    asked: KnownQuestions
    #: The same passages and titles by a second encoder, where the desk has one.
    second: SecondView | None = None
    #: Articles whose text cannot be read, and why: they are not found.
    set_aside: Mapping[str, str] = field(default_factory=dict)
    #: Articles that were deleted or made internal since: they are not found any more.
    withdrawn: frozenset[str] = frozenset()
    #: Row of each article's first passage, where it is known already.
    first_rows: np.ndarray | None = None
    #: What was found out of articles, by id, that no question changes: a part shares it with the whole.
    facts: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def version(self) -> str:
        """Names the very articles and the encoders: two snapshots with one version answer alike."""
        digest = hashlib.sha256(self.encoder.fingerprint.encode())
        if self.second is not None:
            digest.update(self.second.encoder.fingerprint.encode())
        for article_id in sorted(self.articles):
            digest.update(self.articles[article_id].digest.encode())
        return digest.hexdigest()

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Each article's number by its id."""
        return {article_id: number for number, article_id in enumerate(self.articles)}

    @cached_property
    def starts(self) -> np.ndarray:
        """Row of each article's first passage, int64 (n_articles,): an article's passages lie together."""
        if self.first_rows is not None:
            return self.first_rows
        return np.array([row for row, passage in enumerate(self.passages) if passage.position == 0], dtype=np.int64)

    @cached_property
    def is_internal(self) -> np.ndarray:
        """Which articles no customer may see, bool (n_articles,)."""
        return np.array([article.visibility == "internal" for article in self.articles.values()], dtype=bool)

    @cached_property
    def by_number(self) -> tuple[Article, ...]:
        """The articles, each at its number."""
        return tuple(self.articles.values())

    @cached_property
    def by_id(self) -> np.ndarray:
        """Place of each article in the order of the ids, int64 (n_articles,)."""
        return np.argsort(np.argsort(np.array([article.id for article in self.by_number], dtype=object)))

    @cached_property
    def languages(self) -> np.ndarray:
        """Each article's language, str (n_articles,); empty where it says none."""
        return np.array([tongue(article.locale or "") for article in self.by_number], dtype=str)

    @cached_property
    def product_areas(self) -> np.ndarray:
        """Each article's product area without regard to case, str (n_articles,); empty where it says none."""
        return np.array([(article.product_area or "").casefold() for article in self.by_number], dtype=str)

    @cached_property
    def translations(self) -> Translations:
        """Which articles are translations of each other, and which languages there are."""
        return Translations(self.by_number)

    @cached_property
    def spelling(self) -> Spelling:
        """The words that the articles and the questions known to them are written with."""
        return Spelling.of_articles(
            self.by_number, self.passages, zip(self.asked.texts, self.asked.numbers, strict=True)
        )

    @property
    def rows(self) -> int:
        """How many texts were encoded: passages, titles, headings and known questions."""
        return len(self.vectors) + len(self.headings.texts) + len(self.asked.texts)

    def number(self, article_id: str) -> int | None:
        """Return an article's number; None for one that is not here (any more)."""
        return self.numbers.get(article_id)

    def passages_of(self, number: int) -> range:
        """Return the rows of an article's passages."""
        following = number + 1
        end = int(self.starts[following]) if following < len(self.articles) else len(self.passages)
        return range(int(self.starts[number]), end)

    def articles_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the numbers of the articles whose passages or titles stand in these rows, int64."""
        held = len(self.passages)
        return np.where(rows < held, np.searchsorted(self.starts, rows, side="right") - 1, rows - held)

    def section(self, passage: Passage) -> list[Passage]:
        """Return the passages under one heading of an article, in order, itself among them."""
        number = self.numbers[passage.article_id]
        every = (self.passages[row] for row in self.passages_of(number))
        return [each for each in every if (each.heading, each.anchor) == (passage.heading, passage.anchor)]

    def title_cosines(self, number: int) -> np.ndarray:
        """Return how similar an article's passages are to its title, float32 (n_passages_of_it,)."""
        rows = np.array([*self.passages_of(number), len(self.passages) + number], dtype=np.int64)
        vectors = self.vectors.vectors(rows)
        return np.asarray(vectors[:-1] @ vectors[-1])

    def without_known_questions(self) -> ArticleIndex:
        """Return it as if the desk had checked no question yet."""
        second = self.second and replace(self.second, asked=None)
        return replace(self, asked=self.asked.part(()), second=second)

    def fits(self, question: str, vector: np.ndarray) -> Fits:
        """Score every article and passage.

        Parameters
        ----------
        question
            As asked.
        vector
            Its encoding, float32 (dim,).

        Returns
        -------
        Fits
            Exact, but for knowledge bases of more vectors than `VectorIndex.similarities` looks at.
        """
        if not self.passages:
            return Fits(*(np.zeros(0, np.float32),) * 7)
        asked = self.asked.cosines(vector)
        cosines, shares = self.vectors.similarities(vector), self.passage_words.search(question)
        passages, titles = cosines[: len(self.passages)], cosines[len(self.passages) :]
        return Fits(
            cosine=np.maximum.reduceat(passages, self.starts),
            title_cosine=titles,
            words=np.maximum.reduceat(shares, self.starts),
            passage_cosine=passages,
            passage_words=shares,
            asked=self.asked.nearest(asked, len(self.articles)),
            asked_cosine=asked,
        )


def build(
    articles: Iterable[Article],
    encoder: TextEncoder,
    *,
    second: TextEncoder | None = None,
    previous: ArticleIndex | None = None,
    progress: Progress | None = None,
) -> ArticleIndex:
    """Build a snapshot.

    Parameters
    ----------
    articles
        With distinct ids. None at all is a snapshot that finds nothing. One that cannot be read is set aside.
    encoder
        The encoder that will encode the questions.
    second
        The encoder that will encode those again that are in other languages than the first one reads.
    previous
        A snapshot whose passages are taken over for every article that it shares, and whose vectors for every text,
        if the same encoder made it; so with the second encoder.
    progress
        Called as ``progress(done, total)`` over the texts that must be encoded.

    Returns
    -------
    ArticleIndex
    """
    kept: dict[str, Article] = {}
    divided: list[Passage] = []
    set_aside: dict[str, str] = {}
    for article in articles:
        try:
            divided += _passages(article, previous)
        except ArticleNotReadable as fault:
            set_aside[article.id] = fault.reason
        else:
            kept[article.id] = article
    passages = tuple(divided)
    texts = _row_texts(kept, passages)
    headings, asked = distinct(passages), known_texts(kept)
    passages_known, asked_known = _known(previous, encoder)
    encoded = vectors_of([*texts, *headings], passages_known, encoder, progress, as_passages=True)
    rows, named = np.split(encoded, [len(texts)])
    index = ArticleIndex(
        articles=MappingProxyType(kept),
        passages=passages,
        encoder=EncoderName(encoder.name, encoder.fingerprint, encoder.dim),
        vectors=VectorIndex.build(rows),
        passage_words=WordIndex.build(texts[: len(passages)]),
        headings=Headings.build(passages, headings, named),
        asked=KnownQuestions.build(kept, vectors_of(asked, asked_known, encoder, progress, as_passages=False)),
        set_aside=MappingProxyType(set_aside),
    )
    return index if second is None else replace(index, second=_second_view(index, second, previous, progress))


def _passages(article: Article, previous: ArticleIndex | None) -> Sequence[Passage]:
    """Take over the passages of an article that did not change: to read its markup again is most of a build's work."""
    number = None if previous is None else previous.number(article.id)
    if previous is None or number is None or previous.by_number[number] != article:
        return split(article)
    rows = previous.passages_of(number)
    return previous.passages[rows.start : rows.stop]


def _row_texts(articles: Mapping[str, Article], passages: Sequence[Passage]) -> list[str]:
    """Write what is encoded, row by row: passages under their title and heading, then titles with their summaries."""
    rows = [
        "\n".join(part for part in (articles[passage.article_id].title, passage.heading, passage.text) if part)
        for passage in passages
    ]
    return rows + ["\n".join(filter(None, (article.title, article.summary))) for article in articles.values()]


def _known(previous: ArticleIndex | None, encoder: TextEncoder) -> tuple[ByText, ByText]:
    """Return the vectors that a snapshot of the same encoder has: of texts read as passages, and as questions."""
    if previous is None or previous.encoder.fingerprint != encoder.fingerprint:
        return {}, {}
    passages = {text: vector.astype(np.float32) for text, vector in previous.headings.by_text().items()}
    rows = _row_texts(previous.articles, previous.passages)
    passages.update(zip(rows, previous.vectors.vectors(), strict=True))
    return passages, dict(zip(previous.asked.texts, previous.asked.vectors, strict=True))


def _second_view(
    index: ArticleIndex, encoder: TextEncoder, previous: ArticleIndex | None, progress: Progress | None
) -> SecondView:
    """Encode once more what the first encoder read."""
    known: tuple[ByText, ByText] = ({}, {})
    if previous is not None and previous.second and previous.second.encoder.fingerprint == encoder.fingerprint:
        known = previous.second.known(_row_texts(previous.articles, previous.passages))
    texts = _row_texts(index.articles, index.passages)
    return SecondView.read(FirstView(texts, index.vectors, index.headings, index.asked), encoder, known, progress)
