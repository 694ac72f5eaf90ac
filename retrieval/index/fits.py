"""How well articles and passages fit a question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """The scores of all articles and passages for a question, numbered as in the index."""

    #: Cosine similarity, float32 (n_articles,): of the nearest passage, and of the title.
    cosine: np.ndarray
    title_cosine: np.ndarray
    #: Share of the question's weight in words, 0 to 1, float32 (n_articles,): the most that one passage covers.
    words: np.ndarray
    #: The same for each passage, float32 (n_passages,).
    passage_cosine: np.ndarray
    passage_words: np.ndarray
    #: How near each article's nearest known question is, 0 to 1, float32 (n_articles,); and the cosines of them all.
    asked: np.ndarray
    asked_cosine: np.ndarray
