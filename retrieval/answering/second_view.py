"""A question as a second encoder sees it, which reads languages that the first does not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from retrieval.answering.precedents import History, Precedents
from retrieval.articles.translations import tongue
from retrieval.index.article_index import ArticleIndex
from retrieval.index.fits import Fits
from retrieval.index.text_encoder import TextEncoder

#: What the first encoder reads well; a question that is clearly in it needs no second look.
READ_BY_FIRST: Final = "en"


@dataclass(frozen=True, slots=True)
class SecondQuery:
    """The question's vector by the second encoder, float32 (dim,), and what closed tickets say by theirs."""

    vector: np.ndarray
    history: History = field(default_factory=History)


@dataclass(frozen=True, slots=True)
class SecondReader:
    """The second encoder, and the closed tickets by its vectors."""

    encoder: TextEncoder
    precedents: Precedents | None = None

    def query(self, text: str, language: str | None) -> SecondQuery | None:
        """Encode a cleaned question once more; None where its language, as far as it is clear, does not ask for it."""
        if not asks_for_second(language):
            return None
        vector = self.encoder.encode([text])[0]
        return SecondQuery(vector, self.precedents.recall(vector, text) if self.precedents else History())


def asks_for_second(language: str | None) -> bool:
    """Tell whether a question in a language, None where that is not clear, is worth the second encoder's time."""
    return tongue(language or "") != READ_BY_FIRST


def second_fits(index: ArticleIndex, fits: Fits, vector: np.ndarray) -> Fits:
    """Return how everything fits a question by the vectors of the second encoder; words and known questions stay.

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
    return replace(fits, cosine=nearest, title_cosine=titles, passage_cosine=passages)
