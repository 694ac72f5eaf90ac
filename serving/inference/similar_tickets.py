"""Find closed tickets similar to a new one, and what solved them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.answering.article_shares import ArticleShares
from retrieval.answering.learning.link_trust import specificity_among
from retrieval.answering.precedents import Precedents, Wordings, weighed
from retrieval.answering.similar_texts import Query, SimilarTexts, WeighedWords, WordRows
from retrieval.index.layered_index import FindsRows, LayeredIndex
from retrieval.index.vector_index import VectorIndex
from serving.inference.recent.recent_tickets import RecentTickets
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
    """The closed tickets that a bundle carries, and recent ones: one index for similar tickets and for precedents.

    Immutable.
    """

    def __init__(
        self,
        pool: SimilarTexts,
        records: Sequence[Mapping[str, Any]],
        lexicon: Lexicon | None,
        kept: np.ndarray | None = None,
        packed: tuple[ArticleShares, ArticleShares] | None = None,
        recent: RecentTickets | None = None,
    ) -> None:
        """Take the tickets; where some were taken out of many, `kept` (n,) tells which are left.

        `packed` is what was found out of the records before: their links, and what their resolutions read like.
        `recent` are tickets that the bundle does not carry.
        """
        self._pool = pool
        self._recent = recent
        self._whole = recent.after(pool) if recent else pool  # two layers cost more than one, also where one is empty
        self._ids: np.ndarray | None = None
        self._specific: dict[str, float] = {}
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
        words = _words(cases.words, lexicon, mapped=cases.index is not None)
        days = np.array([_day(record.get("created_at")) for record in cases.records], dtype=np.float64)
        return cls(SimilarTexts(vectors, words, days, _second_index(cases)), cases.records, lexicon)

    def __len__(self) -> int:
        """How many the bundle carries."""
        return len(self._records) if self._kept is None else int(self._kept.sum())

    @property
    def n_recent(self) -> int:
        """How many there are that were closed since the bundle was made."""
        return 0 if self._recent is None else len(self._recent)

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
        return Query(vector, words, around=self._whole.vectors.around(vector))

    def like(self, query: Query, *, limit: int = 3, recent: bool = False) -> list[SimilarCase]:
        """Return the closed tickets that are most like another one, the most alike first; none where nothing is.

        The `recent` ones among them only for readers who may read any ticket.
        """
        among, carried = self._kept, len(self._records)
        if self._recent:
            kept = np.ones(carried, dtype=bool) if among is None else among
            among = np.concatenate([kept, np.full(len(self._recent), recent)])
        found = self._whole.like(query, limit=limit, among=among)
        texts = self._recent.texts([row - carried for row, _ in found if row >= carried]) if self._recent else {}
        return [self._case(row, score, texts) for row, score in found if row < carried or row - carried in texts]

    def has(self, ids: Sequence[str], elsewhere: Sequence[str | None]) -> np.ndarray:
        """Tell which tickets the bundle carries, by our id or by that of their helpdesk, bool (n_tickets,)."""
        as_exported = [each and each.replace(":", "-", 1) for each in elsewhere]  # `firstline snapshot --from`
        found: np.ndarray = np.any([self._has(each) for each in (ids, elsewhere, as_exported)], axis=0)
        return found

    def _has(self, ids: Sequence[str | None]) -> np.ndarray:
        if self._ids is None:  # as numbers: a million texts would take a hundred times their bytes
            every = (hash(str(record.get("id"))) for record in self._records)
            self._ids = np.sort(np.fromiter(every, dtype=np.int64, count=len(self._records)))
        wanted = np.fromiter((hash(each) for each in ids), dtype=np.int64, count=len(ids))
        if not len(self._ids):
            return np.zeros(len(wanted), dtype=bool)
        places = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        return np.asarray(self._ids[places] == wanted)

    def with_recent(self, recent: RecentTickets) -> "ClosedCases":
        """Return the bundle's with these recent tickets, instead of those that were there before."""
        cases = ClosedCases(self._pool, self._records, self._lexicon, self._kept, self._packed, recent)
        cases._ids, cases._specific = self._ids, self._specific
        return cases

    def specific(self, article_id: str) -> float:
        """Tell how specific an article is, 0 to 1, as the bundle's tickets say."""
        if article_id not in self._specific:
            links, _ = self._packed_records()
            self._specific[article_id] = specificity_among(self._pool.vectors, links, article_id)
        return self._specific[article_id]

    def without(self, ids: Collection[str]) -> "ClosedCases":
        """Return these without some: what was erased is neither shown nor followed from then on."""
        recent = None if self._recent is None else self._recent.without(ids)
        carried = self._carried_without(ids)
        if recent is self._recent:
            return carried
        return carried if recent is None else carried.with_recent(recent)

    def _carried_without(self, ids: Collection[str]) -> "ClosedCases":
        kept = np.array([str(record.get("id")) not in ids for record in self._records], dtype=bool)
        if self._kept is not None:
            kept &= self._kept
        if kept.all():
            return self
        pool = self._pool
        if pool.vectors.is_in_cells:  # passed over: to divide all others into cells again would take minutes
            emptied = _emptied(self._records, kept)
            return ClosedCases(pool, emptied, self._lexicon, kept, self._packed, self._recent)
        rows = np.flatnonzero(kept)
        left = SimilarTexts(
            _only(pool.vectors, rows),
            None if pool.words is None else pool.words.only(kept),
            None if pool.days is None else pool.days[rows],
            None if pool.second is None else _only(pool.second, rows),
        )
        records = tuple(self._records[row] for row in rows.tolist())
        return ClosedCases(left, records, self._lexicon, recent=self._recent)

    def precedents(self) -> Precedents:
        """Return those that an article solved: they vote for it when a similar question comes."""
        links, readings = self._packed_records()
        if self._recent:
            links, readings = links.followed_by(self._recent.links), readings.followed_by(self._recent.readings)
        return Precedents(self._whole.vectors, links, readings, _wordings(self._whole, self._lexicon))

    def _packed_records(self) -> tuple[ArticleShares, ArticleShares]:
        if self._packed is None:
            self._packed = (
                ArticleShares.of(_links(record) for record in self._records),
                ArticleShares.of((record.get("reads_like") or {}).items() for record in self._records),
            )
        links, readings = self._packed
        if self._kept is not None:
            links, readings = links.without(~self._kept), readings.without(~self._kept)
        return links, readings

    def second_precedents(self) -> Precedents | None:
        """Return the same by the vectors of the second encoder; None without one.

        Of the recent tickets those count that it has read.
        """
        carried = self._pool.second
        if carried is None:
            return None
        (links, readings), whole, vectors = self._packed_records(), self._pool, carried
        if self._recent is not None:
            recent, again = self._recent.read_twice(carried.dim)
            links, readings = links.followed_by(recent.links), readings.followed_by(recent.readings)
            whole, vectors = recent.after(self._pool), LayeredIndex(carried, again)
        return Precedents(whole.vectors, links, readings, _wordings(whole, self._lexicon)).by_second(vectors)

    def _case(self, row: int, score: float, texts: Mapping[int, tuple[str, str | None]]) -> SimilarCase:
        if self._recent is not None and row >= len(self._records):
            subject, solved = texts[row - len(self._records)]
            return SimilarCase(self._recent.rows[row - len(self._records)].id, subject, solved, score)
        record = self._records[row]
        resolution = record.get("resolution")
        return SimilarCase(
            id=str(record["id"]),
            subject=str(record.get("subject") or ""),
            resolution=str(resolution) if resolution else None,
            score=score,
        )


def _wordings(pool: SimilarTexts, lexicon: Lexicon | None) -> Wordings | None:
    return Wordings(pool.words, lexicon) if pool.words is not None and lexicon is not None else None


def _words(
    words: tuple[np.ndarray, np.ndarray, np.ndarray] | None, lexicon: Lexicon | None, *, mapped: bool
) -> WeighedWords | None:
    """Return the words of the closed tickets; those of many stay in their files, as they lie there."""
    if words is None or lexicon is None:
        return None
    return WordRows(*words) if mapped else WordRows(*words).by_word(lexicon.n_words)


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


def _only(vectors: FindsRows, rows: np.ndarray) -> VectorIndex:
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
