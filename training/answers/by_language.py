"""From which probability on questions are answered, and what is promised of that: by language where there are enough.

A language has a threshold and a certificate of its own where the calibration and the held-out slice have enough of its
questions; all others share one. The parts are tested together, and share delta, as the slices of a head do
(`training.evaluation.slices`). The language of a question is that of its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from retrieval.answering.answerability import Answerability
from training.answers.answer_context import AnswerContext
from training.answers.leave_articles_out import Trials
from training.answers.ranking.bundled import named
from training.config import Answers
from training.evaluation import certificates, missing_labels, slices
from training.evaluation.certificates import Target
from training.evaluation.slices import Part, Sliced, Unproven
from triage.model.answers_entry import AnswersLadder, AnswersPart, AnswersUncertified
from triage.model.assessment import REST
from triage.model.certificate import AnswersCertificate, Window

#: Without a certificate an answer is shown where at least this share of those shown was right before, by the articles
#: that tickets name: links are sparse, so many of the others are right too. Sections count by the probability alone.
PRECISION: Final = 0.7
#: No refit may show what is likelier wrong than right, whatever else the tickets say.
LOWEST_ANSWER_AT: Final = 0.5
#: Below the lowest threshold that would do, the part of the way in which the customer is asked back.
CLARIFY_SHARE: Final = 0.6
UNSEEN: Final = "no held-out question is in another language"


@dataclass(frozen=True, slots=True)
class Parts:
    """The thresholds and promises: of every question in no language with its own, and of these languages."""

    common: AnswersPart
    languages: tuple[AnswersPart, ...] = ()

    @property
    def all(self) -> tuple[AnswersPart, ...]:
        """All of them; the common one first."""
        return self.common, *self.languages

    def thresholds(self, languages: Sequence[str | None]) -> tuple[np.ndarray, np.ndarray]:
        """Return from which probability on questions in these languages are answered, and asked back, (n,) each."""
        own = {each.slice["language"]: each for each in self.languages}
        found = [own.get(language or REST, self.common) for language in languages]
        return np.array([each.answer_at for each in found]), np.array([each.clarify_at for each in found])


def by_language(
    desk: AnswerContext, model: Answerability, asked: tuple[Trials, Trials], wanted: Answers, held_out: range
) -> Parts:
    """Choose the thresholds on the calibration slice, and test them on the held-out one.

    Parameters
    ----------
    desk
        What was asked; its ranker is what certificates are bound to.
    model
        The decision without thresholds.
    asked
        The questions of the calibration slice, and the held-out ones.
    wanted
        The risk, and the mixture of questions that it is promised for.
    held_out
        The rows of the held-out tickets.

    Returns
    -------
    Parts
        One for all questions where no two languages have enough of them.
    """
    before, after = asked
    target = Target(wanted.alpha, wanted.delta)
    sides = [Sliced(each.evidence(model, wanted.unanswered), _facts(each)) for each in asked]
    (found,) = slices.tested([Unproven(sides[0], sides[1], LOWEST_ANSWER_AT)], target)
    own = {part.slice["language"] for part in found if "language" in part.slice} - {REST}
    bound = _Bound(desk, model, wanted, held_out)
    right = before.not_refuted(wanted.unanswered).astype(np.float64)
    made = []
    for part in found:
        rows = [np.array([_holds(part.slice, own, each) for each in trials.languages], dtype=bool) for trials in asked]
        known = rows[0] if rows[0].any() else np.ones(len(before), dtype=bool)
        lowest = _lowest_threshold(sides[0].evidence.confidence[known], right[known])
        confidence, likely = sides[1].evidence.confidence[rows[1]], after.expected(wanted.unanswered)[rows[1]]
        made.append(bound.part(part, lowest, confidence, likely))
    common = [each for each in made if each.slice.get("language", REST) == REST]
    if common:
        return Parts(common[0], tuple(each for each in made if each is not common[0]))
    lowest = _lowest_threshold(sides[0].evidence.confidence, right)
    missing = AnswersUncertified(alpha=wanted.alpha, delta=wanted.delta, reason=UNSEEN)
    rest = AnswersPart(
        slice={"language": REST}, answer_at=lowest, clarify_at=lowest * CLARIFY_SHARE, uncertified=missing
    )
    return Parts(rest, tuple(made))


def _facts(trials: Trials) -> list[dict[str, str]]:
    return [{"language": each} if each else {} for each in trials.languages]


def _holds(slice_: Mapping[str, str], own: set[str], language: str | None) -> bool:
    """Tell whether a question in a language is in a slice; `own` are the languages that have slices."""
    return not slice_ or slice_["language"] == (language if language in own else REST)


@dataclass(frozen=True, slots=True, eq=False)
class _Bound:
    """What every part is of: the desk, the decision, and the questions that tested it."""

    desk: AnswerContext
    model: Answerability
    wanted: Answers
    held_out: range

    def part(self, part: Part, lowest: float, confidence: np.ndarray, likely: np.ndarray) -> AnswersPart:
        """Return a slice's thresholds, and what it earned; (n,) its held-out questions, and how likely each is right.

        `lowest` is the threshold that would do without a certificate.
        """
        found, cases = part.certification, self.desk.cases
        answer_at = found.passed.threshold if found.passed else lowest
        certificate = self._certificate(part)
        why = missing_labels.shortfall(found, round(len(cases) * part.share)) or ""
        target = found.tested_at
        missing = None if certificate else AnswersUncertified(alpha=target.alpha, delta=target.delta, reason=why)
        shown = confidence >= answer_at
        return AnswersPart(
            slice=dict(part.slice),
            answer_at=answer_at,
            clarify_at=min(answer_at, lowest) * CLARIFY_SHARE,
            certificate=certificate,
            uncertified=missing,
            ladder=self._ladder(part, len(confidence)),
            n=len(confidence),
            answered=float(shown.mean()) if len(shown) else None,
            wrong=float(1 - likely[shown].mean()) if shown.any() else None,
        )

    def _certificate(self, part: Part) -> AnswersCertificate | None:
        """Return the certificate, bound to what it is of; None where none was earned."""
        bound = {
            "slice": dict(part.slice),
            "of": "answers",
            "window": self._window,
            "encoder": self.desk.encoder,
            "model": named(self.model.to_manifest(), self.desk.ranker).digest,
            "unanswered": self.wanted.unanswered,
            "articles": len(self.desk.index.articles),
        }
        return certificates.earned(part.certification, AnswersCertificate, bound)

    def _ladder(self, part: Part, questions: int) -> AnswersLadder | None:
        """Return what an audit of the held-out questions tests; None where they are too few."""
        if not part.ladder or part.audited_at is None:
            return None
        return AnswersLadder(
            alpha=part.audited_at.alpha,
            delta=part.audited_at.delta,
            unanswered=self.wanted.unanswered,
            thresholds=part.ladder,
            tickets=questions,
            articles=len(self.desk.index.articles),
            window=self._window,
        )

    @property
    def _window(self) -> Window | None:
        return Window.of([at for row in self.held_out if (at := self.desk.cases[row].ticket.created_at)])


def _lowest_threshold(confidence: np.ndarray, right: np.ndarray) -> float:
    """Find the lowest threshold above which the share of right answers is high enough; above all if none is.

    Parameters
    ----------
    confidence
        (n,) the probabilities.
    right
        (n,) whether each answer is right, as far as anybody knows.

    Returns
    -------
    float
    """
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((precision >= PRECISION) & (confidence[order] > 0))
    lowest = confidence[order][good[-1]] if len(good) else confidence.max() + 1e-6
    return min(max(float(lowest), LOWEST_ANSWER_AT), 1.0)
