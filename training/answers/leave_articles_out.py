"""Questions of closed tickets: as asked, without their articles, and with their articles as new."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from retrieval.answering.answer_question import WIDER, Reader
from retrieval.answering.answerability import DEPTH, FEATURES, Answerability, features
from retrieval.answering.learnt.ranker import DeskRanker
from retrieval.answering.passage_gate import PassageGate, Passages, PassageSignals
from retrieval.answering.ranking import RankingQuery, Suggestion, suggest
from retrieval.answering.sections import shown
from retrieval.articles.translations import tongue
from retrieval.encoder.text_language import language_of
from retrieval.index.article_index import ArticleIndex
from training.answers.link_trust import LinkedTicket
from training.evaluation.certificates import Evidence
from triage.tickets.closed_ticket import ClosedTicket

#: With a model of its own articles, a desk needs no caution for those of one section.
TAUGHT: Final = Passages(gate=PassageGate(alone=1.0))
_NOWHERE: Final = (0.0,) * len(FEATURES)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of asking once: features, scores of the first ten, and whether the first may be used for an answer."""

    features: tuple[float, ...]
    scores: tuple[float, ...]
    shown: bool
    #: P(the section that would be quoted answers, where the article does), and whether it is the only one.
    passage: float = 1.0
    alone: bool = True
    first: Suggestion | None = None

    @classmethod
    def of(cls, question: str, found: Sequence[Suggestion], gate: PassageGate) -> Attempt:
        """Describe suggestions as serving would; without any, nothing is shown."""
        if not found:
            return cls(_NOWHERE, (), shown=False)
        scores = tuple(each.score for each in found[:DEPTH])
        signals = PassageSignals.of(question, found[0])
        return cls(
            features(question, found),
            scores,
            shown=not found[0].article.requires_human,
            passage=gate.probability(signals),
            alone=signals.alone,
            first=found[0],
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """A question, asked in three ways."""

    id: str
    as_it_was: Attempt
    without: Attempt
    #: As if its articles had just been written: no ticket speaks for them; and whether one is first all the same.
    new: Attempt
    new_right: bool
    #: Where the first article that solved it stands among the ten, from 0; -1 beyond them.
    place: int
    #: Whether what would be quoted answers, given a right article; None where nobody knows.
    answers: bool | None = None
    question: str = ""

    @property
    def certain(self) -> bool:
        """Whether the quoted section is known to answer, where the article does: checked, or the only one."""
        return self.as_it_was.alone if self.answers is None else self.answers

    @property
    def likely(self) -> float:
        """How likely the quoted section answers, where the article does, by all that is known."""
        return self.as_it_was.passage if self.answers is None else float(self.answers)


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Many of them as arrays, n questions."""

    ids: tuple[str, ...]
    #: (n, n_features), as asked, without the articles, and as if those were new.
    features: np.ndarray
    features_without: np.ndarray
    features_new: np.ndarray
    #: (n,) whether the first article is right where it is new.
    new_right: np.ndarray
    #: (n,) whether the first suggestion may be shown at all, as asked and without.
    shown: np.ndarray
    shown_without: np.ndarray
    #: (n, DEPTH) as asked, by falling score; what is missing is far behind.
    scores: np.ndarray
    #: (n,) int.
    place: np.ndarray
    #: (n,) P(the quoted section answers, where the article does), as asked and without.
    passage: np.ndarray
    passage_without: np.ndarray
    #: (n,) whether it is known that the quoted section answers, where the article does; and how likely by all we know.
    certain: np.ndarray
    likely: np.ndarray
    trials: tuple[Trial, ...] = ()

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Trials:
        """Put them side by side."""
        scores = np.full((len(trials), DEPTH), -1e3)
        for row, trial in enumerate(trials):
            scores[row, : len(trial.as_it_was.scores)] = trial.as_it_was.scores
        wide = (len(trials), len(FEATURES))
        return cls(
            ids=tuple(trial.id for trial in trials),
            features=np.array([trial.as_it_was.features for trial in trials]).reshape(wide),
            features_without=np.array([trial.without.features for trial in trials]).reshape(wide),
            features_new=np.array([trial.new.features for trial in trials]).reshape(wide),
            new_right=np.array([trial.new_right for trial in trials], dtype=bool),
            shown=np.array([trial.as_it_was.shown for trial in trials], dtype=bool),
            shown_without=np.array([trial.without.shown for trial in trials], dtype=bool),
            scores=scores,
            place=np.array([trial.place for trial in trials], dtype=np.int64),
            passage=np.array([trial.as_it_was.passage for trial in trials], dtype=np.float64),
            passage_without=np.array([trial.without.passage for trial in trials], dtype=np.float64),
            certain=np.array([trial.certain for trial in trials], dtype=bool),
            likely=np.array([trial.likely for trial in trials], dtype=np.float64),
            trials=tuple(trials),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def languages(self) -> list[str | None]:
        """The language of each question, by its text; None where it is not clear."""
        return [language_of(each.question) for each in self.trials]

    @property
    def right(self) -> np.ndarray:
        """Whether the first suggestion is an article that solved the ticket, (n,)."""
        return np.asarray(self.place == 0)

    def scored(self, model: Answerability, *, without: bool = False) -> np.ndarray:
        """Return the model's scores before the logistic function, (n,)."""
        rows = self.features_without if without else self.features
        return np.asarray(model.intercept + rows @ np.array(model.coefficients))

    def probabilities(self, model: Answerability, *, without: bool = False) -> np.ndarray:
        """Return P(the quoted section answers), (n,); 0 where serving would not show it whatever it is."""
        article = 1 / (1 + np.exp(-np.clip(self.scored(model, without=without), -500, 500)))
        found = article * (self.passage_without if without else self.passage)
        return np.where(self.shown_without if without else self.shown, found, 0.0)

    def shares(self, temperature: float) -> np.ndarray:
        """Return the softmax over the suggestions as asked, (n, DEPTH)."""
        risen = np.exp((self.scores - self.scores[:, :1]) / temperature)
        return np.asarray(risen / risen.sum(axis=1, keepdims=True))

    def mixed(self, share: float) -> np.ndarray:
        """Choose the questions that are asked without their articles, (n,): by their ids, so in every run the same."""
        drawn = [int.from_bytes(hashlib.sha256(each.encode()).digest()[:4], "big") for each in self.ids]
        return np.array(drawn, dtype=np.float64) < share * 2**32

    def evidence(self, model: Answerability, share: float) -> Evidence:
        """Return probabilities and truth where a share of the questions is asked without their articles.

        A ticket names an article and no section. Where the article has several, nobody knows whether the quoted one
        answered, so it counts as wrong: what is certified is what a customer reads.
        """
        mixed = self.mixed(share)
        probabilities = np.where(mixed, self.probabilities(model, without=True), self.probabilities(model))
        return Evidence(probabilities, self.right & self.certain & ~mixed)

    def evidence_of_articles(self, model: Answerability, share: float) -> Evidence:
        """Return the same with the article alone for truth: what figures tell, and no certificate."""
        found = self.evidence(model, share)
        return Evidence(found.confidence, self.right & ~self.mixed(share))

    def expected(self, share: float) -> np.ndarray:
        """Return how likely the quoted section answers by all that is known, (n,)."""
        return np.asarray(np.where(self.right & ~self.mixed(share), self.likely, 0.0))

    def not_refuted(self, share: float) -> np.ndarray:
        """Tell whether the article is right and nobody knows that its quoted section is not, (n,)."""
        unknown_or_right = np.array([each.answers is not False for each in self.trials], dtype=bool)
        return np.asarray(self.right & ~self.mixed(share) & unknown_or_right)


def tried(
    index: ArticleIndex,
    case: LinkedTicket,
    asked: RankingQuery,
    ranker: DeskRanker,
    passages: Passages = TAUGHT,
    answering: Collection[tuple[str, str]] | None = None,
) -> Trial | None:
    """Ask the question of a ticket as its customer would, in three ways.

    `answering` holds article id and heading of each section that is known to answer; None where nobody knows.

    None where those are all gone today: nothing is known of such a question.
    """
    named, versions = index.articles.keys() & set(case.ticket.kb_article_ids), index.translations.versions
    if not named:
        return None
    relevant = {each for article_id in named for each in versions.get(article_id, (article_id,))}
    limit, reader = DEPTH * WIDER + len(relevant), _reader(case.ticket.language)

    def readable(as_known: RankingQuery, ranking: DeskRanker) -> list[Suggestion]:
        as_served = replace(as_known, audience="customer", language=None)
        return reader.readable(
            asked.question, suggest(index, as_served, limit=limit, ranker=ranking, sections=passages.sections)
        )

    gate = passages.gate
    found = readable(asked, ranker)
    new = readable(asked.without(relevant), ranker.without(relevant))
    ids = [each.article.id for each in found[:DEPTH]]
    return Trial(
        id=case.ticket.id,
        as_it_was=Attempt.of(asked.question, found, gate),
        without=Attempt.of(asked.question, [each for each in found if each.article.id not in relevant], gate),
        new=Attempt.of(asked.question, new, gate),
        new_right=bool(new) and new[0].article.id in relevant,
        place=next((place for place, each in enumerate(ids) if each in relevant), -1),
        answers=None if answering is None else _one_answers(found[:1], answering),
        question=asked.question,
    )


def _one_answers(found: Sequence[Suggestion], answering: Collection[tuple[str, str]]) -> bool:
    quoted = [(first.article.id, each.passage.heading) for first in found for each in shown(first.sections)]
    return any(each in answering for each in quoted)


def _reader(language: str | None) -> Reader:
    """Read the articles in the ticket's language, and those that name none."""

    def understood(suggestion: Suggestion) -> bool:
        spoken = suggestion.article.locale
        return not language or not spoken or tongue(spoken) == tongue(language)

    return Reader(understands=understood)


def as_ticket(row: int, index: ArticleIndex) -> ClosedTicket:
    """Return a known question as if it had been a ticket that its articles solved."""
    ids = dict.fromkeys(article for article, _ in sections_of(row, index))
    return ClosedTicket(id=f"known-{row}", description=index.asked.texts[row], kb_article_ids=tuple(ids))


def sections_of(row: int, index: ArticleIndex) -> list[tuple[str, str]]:
    """Return article id and heading of each section that is known to answer a known question."""
    known = index.asked
    rows = (each for each, text in enumerate(known.texts) if text == known.texts[row])
    return [(index.by_number[int(known.numbers[each])].id, known.headings[each]) for each in rows]
