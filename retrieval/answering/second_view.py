"""A question as a second encoder sees it, which reads languages that the first does not."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import numpy as np

from retrieval.answering.learnt.ranker import DeskRanker
from retrieval.answering.precedents import History, Precedents
from retrieval.answering.ranker import Signals
from retrieval.articles.translations import tongue
from retrieval.index.article_index import ArticleIndex
from retrieval.index.fits import Fits
from retrieval.index.text_encoder import TextEncoder

#: What the first encoder reads well; a question that is clearly in it needs no second look.
READ_BY_FIRST: Final = "en"


#: What the second encoder's view counts, of 1, where a question has one: chosen on ten months of Italian questions of a
#: real desk (0.6 to 0.8 are alike).
SECOND: Final = 0.7


@dataclass(frozen=True, slots=True)
class SecondQuery:
    """The question's vector by the second encoder, float32 (dim,), and what closed tickets say by theirs."""

    vector: np.ndarray
    history: History = field(default_factory=History)
    #: What ranks by this view; None: what ranks by the first one.
    ranker: DeskRanker | None = None

    def without(self, article_ids: AbstractSet[str]) -> SecondQuery:
        """Return it as if these articles had just been written."""
        ranker = self.ranker and self.ranker.without(article_ids)
        return replace(self, history=self.history.without(article_ids), ranker=ranker)


class Asked(Protocol):
    """A question, cleaned; its encoding, float32 (dim,); and what the second encoder sees, where its language asks."""

    @property
    def question(self) -> str: ...  # noqa: D102

    @property
    def vector(self) -> np.ndarray: ...  # noqa: D102

    @property
    def second(self) -> SecondQuery | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class SecondReader:
    """The second encoder, the closed tickets by its vectors, and what they taught of ranking by it."""

    encoder: TextEncoder
    precedents: Precedents | None = None
    ranker: DeskRanker | None = None

    def query(self, text: str, language: str | None) -> SecondQuery | None:
        """Encode a cleaned question once more; None where its language, as far as it is clear, does not ask for it."""
        if not asks_for_second(language):
            return None
        vector = self.encoder.encode([text])[0]
        history = self.precedents.recall(vector, text) if self.precedents else History()
        return SecondQuery(vector, history, self.ranker)


def asks_for_second(language: str | None) -> bool:
    """Tell whether a question in a language, None where that is not clear, is worth the second encoder's time."""
    return tongue(language or "") != READ_BY_FIRST


def second_fits(index: ArticleIndex, fits: Fits, vector: np.ndarray) -> Fits:
    """Return how everything fits a question by the vectors of the second encoder; words stay.

    Parameters
    ----------
    index
        With a second view.
    fits
        By the first encoder.
    vector
        The question by the second one, float32 (dim,).

    Returns
    -------
    Fits
    """
    if index.second is None or not index.passages:
        return fits
    cosines = index.second.similarities(vector)
    passages, titles = cosines[: len(index.passages)], cosines[len(index.passages) :]
    nearest = np.maximum.reduceat(passages, index.starts)
    seen = replace(fits, cosine=nearest, title_cosine=titles, passage_cosine=passages)
    asked = index.second.asked_cosines(vector)
    if asked is None:
        return seen
    return replace(seen, asked=index.asked.nearest(asked, len(index.articles)), asked_cosine=asked)


def by_second(signals: Signals, asked: SecondQuery) -> Signals:
    """Return the signals of the second view for what was learnt of the second encoder's vectors."""
    return replace(signals, question=asked.vector)


def heading_cosines(index: ArticleIndex, asked: Asked, rows: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Compare a question with the headings of some passages by both encoders; see `Headings.cosines`."""
    first = index.headings.cosines(asked.vector, rows, missing)
    if index.second is None or asked.second is None:
        return first
    again = index.second.heading_cosines(asked.second.vector, rows, missing)
    return first if again is None else SECOND * again + (1 - SECOND) * first
