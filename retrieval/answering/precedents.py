"""Closed questions similar to this one, and the articles that solved them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from retrieval.answering.article_shares import ArticleShares
from retrieval.answering.ranker import usual
from retrieval.answering.similar_texts import WORDS, Query, WeighedWords
from retrieval.index.layered_index import FindsRows, Nearby
from retrieval.index.second_view import Scale
from retrieval.index.vector_index import VectorIndex
from triage.model.lexical import Lexicon

#: How many similar questions vote, and how fast their voice falls with similarity.
NEIGHBOURS: Final = 30
SHARPNESS: Final = 4
#: What the votes must sum to for a full say: as much as one identical question, so that a few distant ones whisper.
ENOUGH: Final = 1.0
#: Among how many the nearest question of each article is looked for; those beyond are far from everything.
COMPARED: Final = 300
#: So many of them are compared by their words: with a hundred a third of a point of right answers was lost.
WORDED: Final = 150
#: How many similar questions tell by their resolutions what helped, and how fast their voice falls with similarity.
RESOLVED: Final = 30
RESOLVED_SHARPNESS: Final = 6


@dataclass(frozen=True, slots=True)
class History:
    """What earlier questions say about one question, by article id."""

    #: Share of the votes, 0 to 1; those of a few, of distant or of doubtful precedents sum to less than 1.
    votes: Mapping[str, float] = field(default_factory=dict)
    #: Cosine similarity of the nearest question that the article solved.
    nearest: Mapping[str, float] = field(default_factory=dict)
    #: How often it solves anything, see `retrieval.answering.ranker.usual`.
    usual: Mapping[str, float] = field(default_factory=dict)
    #: Share of what resolved the most similar questions that reads like it, 0 to 1.
    told: Mapping[str, float] = field(default_factory=dict)

    def without(self, article_ids: AbstractSet[str]) -> History:
        """Return it as if no earlier question had been solved by these articles: what is left when they are new."""
        every = (self.votes, self.nearest, self.usual)
        votes, nearest, often = ({a: n for a, n in each.items() if a not in article_ids} for each in every)
        return replace(self, votes=votes, nearest=nearest, usual=often)

    def across(self, versions: Mapping[str, Sequence[str]]) -> History:
        """Return it with what speaks for one version of an article said of all: a translation solves what it solves.

        `versions` are ids by id, of articles in several languages. Shares of votes are summed, the rest is the most
        that is said of any version.
        """
        if not versions:
            return self

        def most(values: Mapping[str, float]) -> dict[str, float]:
            return _of_all(values, versions, max)

        votes, told = (_of_all(each, versions, float.__add__) for each in (self.votes, self.told))
        return replace(self, votes=votes, nearest=most(self.nearest), usual=most(self.usual), told=told)


@dataclass(frozen=True, slots=True, eq=False)
class Wordings:
    """The weighted words of the closed questions, and the lexicon that weighed them."""

    rows: WeighedWords
    lexicon: Lexicon


@dataclass(frozen=True, slots=True, eq=False)
class TicketKnowledge:
    """Optional facts about closed questions, besides their vectors and articles."""

    wordings: Wordings | None = None
    #: For each question the articles that its resolution reads like, and how much; empty where it has none.
    readings: Sequence[Mapping[str, float]] | None = None


class Precedents:
    """Closed questions by vector, each with the articles that solved it, in order of time."""

    def __init__(
        self,
        vectors: FindsRows,
        links: ArticleShares,
        readings: ArticleShares | None = None,
        wordings: Wordings | None = None,
        scale: Scale | None = None,
    ) -> None:
        """Take the questions of an index that others may use too.

        Parameters
        ----------
        vectors
            One for each question.
        links
            The articles that solved each question, and how much each counts; see `weighed`.
        readings
            The articles that each question's resolution reads like, and how much.
        wordings
            The questions' words.
        scale
            Puts the cosines of another encoder than the first on the first one's scale; None: they are the first's.
        """
        self._vectors, self._links, self._readings, self._wordings = vectors, links, readings, wordings
        self._scale = scale
        self._solved = links.some()
        self._resolved = readings.some() if readings is not None else np.zeros(len(links), dtype=bool)
        self._usual = self._how_usual(len(links))

    @classmethod
    def over(
        cls,
        vectors: FindsRows,
        article_ids: Sequence[Sequence[str]],
        trust: Sequence[Sequence[float]] | None = None,
        told: TicketKnowledge | None = None,
    ) -> Precedents:
        """Take closed questions whose vectors are indexed already; see `build` for the rest."""
        told, given = told or TicketKnowledge(), trust or [()] * len(article_ids)
        links = ArticleShares.of(weighed(ids, trusted) for ids, trusted in zip(article_ids, given, strict=True))
        readings = None if told.readings is None else ArticleShares.of(each.items() for each in told.readings)
        return cls(vectors, links, readings, told.wordings)

    @classmethod
    def build(
        cls,
        vectors: np.ndarray,
        article_ids: Sequence[Sequence[str]],
        trust: Sequence[Sequence[float]] | None = None,
        told: TicketKnowledge | None = None,
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
        told
            Their words and resolutions.

        Returns
        -------
        Precedents
        """
        return cls.over(VectorIndex.build(np.asarray(vectors, dtype=np.float32)), article_ids, trust, told)

    def by_second(self, vectors: FindsRows) -> Precedents:
        """Return the same questions by the vectors of a second encoder, one for each."""
        scale = Scale.between(self._vectors, vectors)
        return Precedents(vectors, self._links, self._readings, self._wordings, scale)

    def __len__(self) -> int:
        """How many questions were solved by an article."""
        return int(self._solved.sum())

    @property
    def n_questions(self) -> int:
        """How many closed questions there are, solved by an article or not."""
        return len(self._links)

    def recall(self, vector: np.ndarray, text: str = "", *, before: int | None = None) -> History:
        """Ask the closed questions about another one.

        Parameters
        ----------
        vector
            The question's encoding, float32 (dim,).
        text
            The question, cleaned: the nearest in meaning are told apart by the words that they share with it.
        before
            Only the first so many closed questions are asked: those that are older.

        Returns
        -------
        History
            A question's second article counts half, its third a third.
        """
        words = self._wordings.lexicon.words(text) if self._wordings is not None else None
        return self.recall_near(Query(vector, words), before=before)

    def recall_near(self, query: Query, *, before: int | None = None) -> History:
        """Ask the closed questions about one that others ask about, too; see `recall`."""
        around = query.around or self._vectors.around(query.vector)
        told = self._told(around, query.vector, before)
        cosines, rows = around.nearest(COMPARED, self._older(self._solved, before))
        if not len(rows):
            return History(told=told)
        cosines = self._scaled(cosines, query.vector)
        alike = cosines[:WORDED].astype(np.float64)
        if self._wordings is not None and query.words is not None:
            alike += WORDS * self._wordings.rows.cosines(rows[:WORDED], *query.words)
        usual_then = self._usual if before is None else self._how_usual(before)
        return History(self._votes(rows[:WORDED], alike), self._nearest(rows, cosines), usual_then, told)

    def _votes(self, rows: np.ndarray, alike: np.ndarray) -> dict[str, float]:
        nearest = np.argsort(-alike, kind="stable")[:NEIGHBOURS]
        voices = np.array([max(each, 0.0) ** SHARPNESS for each in alike[nearest].tolist()])
        votes, total = _summed(self._links, rows[nearest], voices)
        return {article_id: vote / max(total, ENOUGH) for article_id, vote in votes.items()}

    def _nearest(self, rows: np.ndarray, cosines: np.ndarray) -> dict[str, float]:
        known = self._links.names
        links, lengths = self._links.entries(rows)
        articles, first = np.unique(self._links.articles[links], return_index=True)  # the nearest rows come first
        nearest = np.repeat(cosines, lengths)[first].tolist()
        return {known[number]: cosine for number, cosine in zip(articles.tolist(), nearest, strict=True)}

    def _scaled(self, cosines: np.ndarray, vector: np.ndarray) -> np.ndarray:
        return cosines if self._scale is None else self._scale(cosines, vector)

    def _told(self, around: Nearby, vector: np.ndarray, before: int | None) -> dict[str, float]:
        """Return what helped people who asked like this: the articles that the answers they got read like."""
        if self._readings is None:
            return {}
        cosines, rows = around.nearest(RESOLVED, self._older(self._resolved, before))
        scaled = self._scaled(cosines, vector).astype(np.float64)
        voices = np.maximum(scaled, 0.0) ** RESOLVED_SHARPNESS
        total = float(voices.sum()) or 1.0
        return _summed(self._readings, rows, voices, of=total)[0]

    def _older(self, chosen: np.ndarray, before: int | None) -> np.ndarray:
        return chosen if before is None else chosen & (np.arange(len(chosen)) < before)

    def _how_usual(self, before: int) -> Mapping[str, float]:
        links = self._links
        end = int(links.starts[min(before, len(links))])
        counts = np.bincount(links.articles[:end], links.shares[:end], len(links.names))
        total = max(float(counts.sum()), 1.0)
        return {links.names[number]: usual(float(counts[number]) / total) for number in np.flatnonzero(counts)}


def _of_all(
    values: Mapping[str, float], versions: Mapping[str, Sequence[str]], joined: Callable[[float, float], float]
) -> dict[str, float]:
    found: dict[str, float] = {}
    for article_id, value in values.items():
        for each in versions.get(article_id, (article_id,)):
            found[each] = joined(found.get(each, 0.0), value)
    return found


def _summed(
    shares: ArticleShares, rows: np.ndarray, voices: np.ndarray, of: float = 1.0
) -> tuple[dict[str, float], float]:
    """Sum the shares that some texts (int64 rows) have of each article, as loud as their voices are of so much.

    Also returns the sum over all articles.
    """
    entries, lengths = shares.entries(rows)
    if not len(entries):
        return {}, 0.0
    articles, said = shares.articles[entries], np.repeat(voices, lengths) * shares.shares[entries] / of
    sums, there = np.bincount(articles, said), np.bincount(articles).nonzero()[0]
    found = {shares.names[article]: vote for article, vote in zip(there.tolist(), sums[there].tolist(), strict=True)}
    return found, float(said.cumsum()[-1])


def weighed(article_ids: Sequence[str], trust: Sequence[float]) -> tuple[tuple[str, float], ...]:
    """Weigh a question's articles: the later ones less, the doubted ones less."""
    believed = list(trust) or [1.0] * len(article_ids)
    return tuple(
        (article_id, weight / place)
        for place, (article_id, weight) in enumerate(zip(article_ids, believed, strict=True), 1)
    )
