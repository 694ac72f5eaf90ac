"""Find closed tickets similar to a new one, and what solved them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.answering.article_shares import ArticleShares
from retrieval.answering.precedents import Precedents, Wordings, weighed
from retrieval.answering.similar_texts import Query, SimilarTexts, WordRows
from retrieval.index.vector_index import VectorIndex
from triage.instants import from_text
from triage.model.closed_tickets.bundled import BundledTickets
from triage.model.lexical import Lexicon

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A closed ticket and how close it is, as the cosine of the two texts."""

    id: str
    subject: str
    resolution: str | None
    score: float


class ClosedCases:
    """The closed tickets that a bundle carries: one index for similar tickets and for precedents; immutable."""

    def __init__(
        self,
        pool: SimilarTexts,
        records: Sequence[Mapping[str, Any]],
        lexicon: Lexicon | None,
        kept: np.ndarray | None = None,
        packed: tuple[ArticleShares, ArticleShares] | None = None,
        second: VectorIndex | None = None,
    ) -> None:
        """Take the tickets; where some were taken out of many, `kept` (n,) tells which are left.

        `packed` is what was found out of the records before: their links, and what their resolutions read like.
        `second` are their vectors by the second encoder.
        """
        self._second = second
        self._pool = pool
        self._records = records
        self._lexicon = lexicon
        self._kept = kept
        self._packed = packed

    @classmethod
    def of(cls, cases: BundledTickets, lexicon: Lexicon | None = None) -> "ClosedCases":
        """Index the cases of a bundle; a bundle may carry none.

        Parameters
        ----------
        cases
            As read from the bundle.
        lexicon
            The bundle's, which weighed the words of the cases; without it, likeness is in meaning alone.

        Returns
        -------
        ClosedCases
        """
        vectors = _index(cases)
        words = WordRows(*cases.words) if cases.words is not None and lexicon is not None else None
        days = np.array([_day(record.get("created_at")) for record in cases.records], dtype=np.float64)
        second = _second_index(cases)
        return cls(SimilarTexts(vectors, words, days), cases.records, lexicon, second=second)

    def __len__(self) -> int:
        return len(self._records) if self._kept is None else int(self._kept.sum())

    def query(self, vector: np.ndarray, text: str | None = None) -> Query:
        """Look around a text once, for `like` and for precedents.

        Parameters
        ----------
        vector
            float32, shape (dim,), unit length.
        text
            As the model reads it; without it, likeness is in meaning alone.

        Returns
        -------
        Query
        """
        words = None if text is None or self._lexicon is None else self._lexicon.words(text)
        return Query(vector, words, around=self._pool.vectors.around(vector))

    def like(self, query: Query, *, limit: int = 3) -> list[SimilarCase]:
        """Return the closed tickets that are most like another one, the most alike first; none where nothing is."""
        return [self._case(row, score) for row, score in self._pool.like(query, limit=limit, among=self._kept)]

    def without(self, ids: Collection[str]) -> "ClosedCases":
        """Return these without some: what was erased is neither shown nor followed from then on."""
        kept = np.array([str(record.get("id")) not in ids for record in self._records], dtype=bool)
        if self._kept is not None:
            kept &= self._kept
        if kept.all():
            return self
        pool = self._pool
        if pool.vectors.is_in_cells:  # passed over: to divide all others into cells again would take minutes
            records = _emptied(self._records, kept)
            return ClosedCases(pool, records, self._lexicon, kept, self._packed, self._second)
        rows = np.flatnonzero(kept)
        left = SimilarTexts(
            _only(pool.vectors, rows),
            None if pool.words is None else pool.words.only(kept),
            None if pool.days is None else pool.days[rows],
        )
        second = None if self._second is None else _only(self._second, rows)
        return ClosedCases(left, tuple(self._records[row] for row in rows.tolist()), self._lexicon, second=second)

    def precedents(self) -> Precedents:
        """Return those that an article solved: they vote for it when a similar question comes."""
        if self._packed is None:
            self._packed = (
                ArticleShares.of(_links(record) for record in self._records),
                ArticleShares.of((record.get("reads_like") or {}).items() for record in self._records),
            )
        links, readings = self._packed
        if self._kept is not None:
            links, readings = links.without(~self._kept), readings.without(~self._kept)
        return Precedents(self._pool.vectors, links, readings, self._wordings())

    def second_precedents(self) -> Precedents | None:
        """Return the same by the vectors of the second encoder; None without one."""
        return None if self._second is None else self.precedents().by_second(self._second)

    def _wordings(self) -> Wordings | None:
        words, lexicon = self._pool.words, self._lexicon
        return Wordings(words, lexicon) if words is not None and lexicon is not None else None

    def _case(self, row: int, score: float) -> SimilarCase:
        record = self._records[row]
        resolution = record.get("resolution")
        return SimilarCase(
            id=str(record["id"]),
            subject=str(record.get("subject") or ""),
            resolution=str(resolution) if resolution else None,
            score=score,
        )


def _index(cases: BundledTickets) -> VectorIndex:
    if cases.index is None:
        return VectorIndex.build(np.ascontiguousarray(cases.vectors, dtype=np.float32))
    return VectorIndex.from_map(cases.index, rows=len(cases.records), dim=cases.vectors.shape[1])


def _second_index(cases: BundledTickets) -> VectorIndex | None:
    second = cases.second
    if second is None:
        return None
    if second.index is None:
        return VectorIndex.build(np.ascontiguousarray(second.vectors, dtype=np.float32))
    return VectorIndex.from_map(second.index, rows=len(cases.records), dim=second.vectors.shape[1])


def _only(vectors: VectorIndex, rows: np.ndarray) -> VectorIndex:
    return VectorIndex.build(np.ascontiguousarray(vectors.vectors(rows), dtype=np.float32))


def _emptied(records: Sequence[Mapping[str, Any]], kept: np.ndarray) -> Sequence[Mapping[str, Any]]:
    """Keep nothing in memory of those that are gone; what lies in a file stays there until the next bundle."""
    if not isinstance(records, tuple):
        return records
    return tuple(record if left else {} for record, left in zip(records, kept.tolist(), strict=True))


def _links(record: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    return weighed(_several(record.get("kb_article_id")), tuple(record.get("trust") or ()))


def _several(article_ids: str | Sequence[str] | None) -> tuple[str, ...]:
    return (article_ids,) if isinstance(article_ids, str) else tuple(article_ids or ())


def _day(created_at: str | None) -> float:
    return from_text(created_at, "created_at").timestamp() / _DAY if created_at else float("nan")
