"""What the desk already knows: closed questions like this one, and the articles that solved them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from retrieval.ranker import usual
from retrieval.vector_index import VectorIndex

#: How many similar questions vote, and how fast their voice falls with similarity.
NEIGHBOURS: Final = 30
SHARPNESS: Final = 4
#: What the votes must sum to for a full say: as much as one identical question, so that a few distant ones whisper.
ENOUGH: Final = 1.0
#: Among how many the nearest question of each article is looked for; those beyond are far from everything.
COMPARED: Final = 300
#: What a link counts at least, however little the article has to do with the question.
LEAST_TRUST: Final = 0.2


@dataclass(frozen=True, slots=True)
class History:
    """What earlier questions say about one question, by article id."""

    #: Share of the votes, 0 to 1; those of a few, of distant or of doubtful precedents sum to less than 1.
    votes: Mapping[str, float] = field(default_factory=dict)
    #: Cosine similarity of the nearest question that the article solved.
    nearest: Mapping[str, float] = field(default_factory=dict)
    #: How often it solves anything, see `retrieval.ranker.usual`.
    usual: Mapping[str, float] = field(default_factory=dict)


class Precedents:
    """Closed questions by vector, each with the articles that solved it, in the order of time."""

    def __init__(
        self, vectors: VectorIndex, article_ids: Sequence[Sequence[str]], trust: Sequence[Sequence[float]] | None = None
    ) -> None:
        """Take the questions of an index that others may use too; see `build` for the rest."""
        self._vectors = vectors
        given = trust or [()] * len(article_ids)
        self._links = tuple(_links(ids, trusted) for ids, trusted in zip(article_ids, given, strict=True))
        self._solved = np.array([bool(links) for links in self._links], dtype=bool)
        every = [link for links in self._links for link in links]
        self._known = sorted({article_id for article_id, _ in every})
        numbers = {article_id: number for number, article_id in enumerate(self._known)}
        self._linked = np.array([numbers[article_id] for article_id, _ in every], dtype=np.int64)
        self._weights = np.array([weight for _, weight in every], dtype=np.float64)
        self._ends = np.cumsum([0, *(len(links) for links in self._links)])
        self._usual = self._how_usual(len(self._links))

    @classmethod
    def build(
        cls,
        vectors: np.ndarray,
        article_ids: Sequence[Sequence[str]],
        trust: Sequence[Sequence[float]] | None = None,
    ) -> Precedents:
        """Index closed questions.

        Parameters
        ----------
        vectors
            Any float type, shape (n_questions, dim), unit length.
        article_ids
            For each question the articles that solved it, best first; empty where none did.
        trust
            For each of these links how far it is believed, 0 to 1; as far as can be where nothing is given.

        Returns
        -------
        Precedents
        """
        return cls(VectorIndex.build(np.asarray(vectors, dtype=np.float32)), article_ids, trust)

    def __len__(self) -> int:
        """How many questions were solved by an article."""
        return int(self._solved.sum())

    def votes(self, vector: np.ndarray) -> Mapping[str, float]:
        """Ask the most similar closed questions which article solved them; see `History.votes`."""
        return self.recall(vector).votes

    def recall(self, vector: np.ndarray, *, before: int | None = None) -> History:
        """Ask the closed questions about another one.

        Parameters
        ----------
        vector
            The question's encoding, float32 (dim,).
        before
            Only the first so many closed questions are asked: those that are older.

        Returns
        -------
        History
            A question's second article counts half, its third a third.
        """
        among = self._solved if before is None else self._solved & (np.arange(len(self._solved)) < before)
        if not among.any():
            return History()
        cosines, rows = self._vectors.search(vector[None, :], min(COMPARED, int(among.sum())), among=among)
        votes: dict[str, float] = {}
        nearest: dict[str, float] = {}
        total = 0.0
        for number, (cosine, row) in enumerate(zip(cosines[0].tolist(), rows[0].tolist(), strict=True)):
            voice = max(cosine, 0.0) ** SHARPNESS if number < NEIGHBOURS else 0.0
            for article_id, weight in self._links[row]:
                nearest.setdefault(article_id, cosine)
                if voice:
                    votes[article_id] = votes.get(article_id, 0.0) + voice * weight
                    total += voice * weight
        shares = {article_id: vote / max(total, ENOUGH) for article_id, vote in votes.items()}
        return History(shares, nearest, self._usual if before is None else self._how_usual(before))

    def _how_usual(self, before: int) -> Mapping[str, float]:
        end = int(self._ends[min(before, len(self._links))])
        counts = np.bincount(self._linked[:end], self._weights[:end], len(self._known))
        total = max(float(counts.sum()), 1.0)
        return {self._known[number]: usual(float(counts[number]) / total) for number in np.flatnonzero(counts)}


def _links(article_ids: Sequence[str], trust: Sequence[float]) -> tuple[tuple[str, float], ...]:
    """Weigh a question's articles: the later ones less, the doubted ones less."""
    believed = [LEAST_TRUST + (1 - LEAST_TRUST) * each for each in trust] or [1.0] * len(article_ids)
    return tuple(
        (article_id, weight / place)
        for place, (article_id, weight) in enumerate(zip(article_ids, believed, strict=True), 1)
    )
