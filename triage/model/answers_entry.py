"""What the manifest keeps of answering: how articles are ranked, when one is shown, and what is promised of that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from triage.model.assessment import REST
from triage.model.certificate import AnswersCertificate, Window


class AnswersUncertified(Struct, frozen=True, kw_only=True):
    """Why no certificate was earned."""

    alpha: float
    delta: float
    reason: str


class AnswersLadder(Struct, frozen=True, kw_only=True):
    """The thresholds that an audit of the answers tests, from strict to lax, and what its certificate is bound to."""

    alpha: float
    delta: float
    unanswered: float
    """Share of the questions that were asked without their articles."""
    thresholds: tuple[float, ...]
    tickets: int
    """Held-out questions, answered or not."""
    articles: int
    window: Window | None


class OraclePoint(Struct, frozen=True, kw_only=True):
    """The share of questions that a threshold which knows the truth would answer, at most `alpha` of them wrongly."""

    alpha: float
    answered: float


class RiskPoint(Struct, frozen=True, kw_only=True):
    """Share of wrong answers among the surest `share` of the questions, with its 95 % interval."""

    share: float
    wrong: float
    low: float
    high: float


class AnswerFigures(Struct, frozen=True, kw_only=True):
    """The decision on n held-out questions, `unanswered` of them asked without their articles."""

    n: int
    unanswered: int
    auroc: float | None
    auroc_interval: tuple[float, float] | None
    ece: float | None
    answered: float
    wrong: float | None
    clarified: float
    set_holds: float | None
    oracle: tuple[OraclePoint, ...]
    curve: tuple[RiskPoint, ...]


class PassageWeights(Struct, frozen=True, kw_only=True):
    """How a section is chosen within its article, and when the chosen one answers; weights by signal."""

    sections: Mapping[str, float]
    gate: Mapping[str, float]


class LearntRankerEntry(Struct, frozen=True, kw_only=True):
    """The file of what a desk's tickets teach of ranking beyond weights: `retrieval.answering.learnt`."""

    file: str
    sha256: str


class SecondRankerEntry(Struct, frozen=True, kw_only=True):
    """What ranks by the second encoder, and how that was chosen."""

    weights: Mapping[str, float]
    learnt: LearntRankerEntry | None = None
    choice: RankerChoice | None = None


class RankerFigures(Struct, frozen=True, kw_only=True):
    """How one way to rank does on the tickets that chose among them; differences are to plain fusion, paired."""

    name: str
    hit_at_1: float
    hit_at_5: float
    gain: float
    """Difference of the mean of both."""
    gain_interval: tuple[float, float]
    """Its 95 % interval."""


class RankerChoice(Struct, frozen=True, kw_only=True):
    """Which way to rank ships: the best on the newest linked tickets that none of them had learnt from."""

    chosen: str
    n: int
    tried: tuple[RankerFigures, ...]


class AnswersPart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From which probability on the questions of one slice are answered, and what is promised of that."""

    slice: Mapping[str, str]
    """The language of the questions; `*`: any that has no part of its own; empty: all questions."""
    answer_at: float
    clarify_at: float
    certificate: AnswersCertificate | None = None
    uncertified: AnswersUncertified | None = None
    ladder: AnswersLadder | None = None
    n: int = 0
    """Held-out questions of the slice, the share of them that is answered, and how much of that wrongly."""
    answered: float | None = None
    wrong: float | None = None


class Answers(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Learnt numbers of `retrieval.answering`; without `coefficients` only the ranker's weights were learnt."""

    ranker: Mapping[str, float] | None = None
    """By signal, its weight in the ranking."""
    learnt_ranker: LearntRankerEntry | None = None
    """What ranks on top of the weights; None: they rank alone."""
    ranker_choice: RankerChoice | None = None
    second_ranker: SecondRankerEntry | None = None
    """None: the view of the second encoder is ranked as that of the first one."""
    ranker_taught_by_all: bool = False
    """Nothing was certified, so the ranker has learnt from the held-out tickets as well, after they measured."""
    coefficients: Mapping[str, float] | None = None
    """By feature, its weight in the probability that the first article answers."""
    intercept: float | None = None
    answer_at: float | None = None
    clarify_at: float | None = None
    choose_from: float | None = None
    choose_temperature: float | None = None
    passages: PassageWeights | None = None
    certificate: AnswersCertificate | UnsetType | None = UNSET
    uncertified: AnswersUncertified | UnsetType | None = UNSET
    measured: AnswerFigures | None = None
    ladder: AnswersLadder | None = None
    languages: tuple[AnswersPart, ...] = ()
    """Languages with thresholds and a certificate of their own; the fields above are then for all others."""

    @property
    def parts(self) -> tuple[AnswersPart, ...]:
        """Every slice of the questions: first those in any language without a part of its own; none if not learnt."""
        if self.answer_at is None or self.clarify_at is None:
            return ()
        common = AnswersPart(
            slice={"language": REST} if self.languages else {},
            answer_at=self.answer_at,
            clarify_at=self.clarify_at,
            certificate=self.certificate or None,
            uncertified=self.uncertified or None,
            ladder=self.ladder,
        )
        return common, *self.languages

    def slice_of(self, language: str | None) -> Mapping[str, str]:
        """Return the slice of a question in a language; None: in no clear one."""
        own = {each.slice["language"]: each.slice for each in self.languages}
        return own.get(language or REST, {"language": REST} if own else {})

    def with_parts(self, common: AnswersPart, *languages: AnswersPart) -> Answers:
        """Return the same with other thresholds and promises, in the order of `parts`."""
        return replace(
            self,
            answer_at=common.answer_at,
            clarify_at=common.clarify_at,
            certificate=common.certificate,
            uncertified=common.uncertified,
            ladder=common.ladder,
            languages=languages,
        )

    @property
    def digest(self) -> str:
        """What names the numbers that rank articles and tell whether one answers; thresholds are no part."""
        numbers: dict[str, object] = {
            "ranker": self.ranker,
            "coefficients": self.coefficients,
            "intercept": self.intercept,
        }
        if self.passages:  # bundles of earlier versions have none
            numbers["passages"] = {"sections": self.passages.sections, "gate": self.passages.gate}
        if self.learnt_ranker:
            numbers["learnt_ranker"] = self.learnt_ranker.sha256
        if self.second_ranker:
            learnt = self.second_ranker.learnt
            numbers["second_ranker"] = [self.second_ranker.weights, learnt and learnt.sha256]
        return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()
