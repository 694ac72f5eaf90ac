"""Whether the best article answers the question: a calibrated probability, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from retrieval.ranking import Suggestion
from retrieval.words import words

Decision = Literal["answer", "clarify", "hand_off"]

#: In the order of the coefficients. Each is about 0 to 1.
FEATURES: Final = ("cosine", "title_cosine", "words", "evidence", "margin", "length")
UNCERTAIN: Final = "No article answers it with enough certainty."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a question, and why in words."""

    decision: Decision
    #: P(the first suggestion answers the question); 0 where there is none.
    probability: float
    reason: str


@dataclass(frozen=True)
class Answerability:
    """Learnt numbers: a logistic model of six features, and two thresholds.

    The defaults serve a desk that has not been refitted. They were fitted on paraphrased questions about a public FAQ
    and on a public desk's closed tickets together, a third of the questions asked once more without their article, as
    `training.answers.fit_answerability` does it on a desk's own tickets.
    """

    coefficients: tuple[float, ...] = (2.2, 2.2, 2.7, 2.5, 10.0, -0.6)
    intercept: float = -3.8
    #: From this probability on the article is shown as the answer.
    answer_at: float = 0.5
    #: From this probability on the customer is asked which article is meant.
    clarify_at: float = 0.3
    #: False for the defaults: nobody measured them on this desk.
    learnt: bool = False

    def __post_init__(self) -> None:
        if len(self.coefficients) != len(FEATURES):
            raise ValueError(f"{len(FEATURES)} coefficients are needed, for {', '.join(FEATURES)}")
        numbers = (*self.coefficients, self.intercept, self.answer_at, self.clarify_at)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("a coefficient or threshold is not a finite number")

    @classmethod
    def from_manifest(cls, answers: Mapping[str, object] | None) -> Answerability:
        """Take the learnt numbers out of a bundle's section `answers`; the defaults where there are none."""
        if not answers or "coefficients" not in answers:
            return cls()
        coefficients = answers["coefficients"]
        if not isinstance(coefficients, Mapping) or set(coefficients) != set(FEATURES):
            raise ValueError(f"`coefficients` must name {', '.join(FEATURES)}")
        return cls(
            coefficients=tuple(float(coefficients[name]) for name in FEATURES),
            intercept=float(str(answers["intercept"])),
            answer_at=float(str(answers["answer_at"])),
            clarify_at=float(str(answers["clarify_at"])),
            learnt=True,
        )

    def to_manifest(self) -> dict[str, object]:
        """Return plain data for the bundle's section `answers`."""
        record = asdict(self)
        record["coefficients"] = dict(zip(FEATURES, self.coefficients, strict=True))
        del record["learnt"]
        return record

    def probability(self, question: str, suggestions: Sequence[Suggestion]) -> float:
        """P(the first suggestion answers the question), 0 to 1."""
        if not suggestions:
            return 0.0
        values = features(question, suggestions)
        score = self.intercept + sum(a * b for a, b in zip(self.coefficients, values, strict=True))
        return 1 / (1 + math.exp(-max(min(score, 500.0), -500.0)))

    def decide(self, question: str, suggestions: Sequence[Suggestion], *, human_requested: bool = False) -> Verdict:
        """Answer, ask back, or hand over to a person."""
        probability = self.probability(question, suggestions)
        if human_requested:
            return Verdict("hand_off", probability, "A person was asked for.")
        if not words(question):
            return Verdict("hand_off", 0.0, "The question has no words to go by.")
        if not suggestions:
            return Verdict("hand_off", 0.0, "The knowledge base has nothing on this.")
        if suggestions[0].article.requires_human:
            named = probability >= self.clarify_at  # below that the question is about something else
            why = f"{suggestions[0].article.title!r} is for a person to handle." if named else UNCERTAIN
            return Verdict("hand_off", probability, why)
        if probability >= self.answer_at:
            return Verdict("answer", probability, f"{suggestions[0].article.title!r} answers it.")
        if probability >= self.clarify_at and len(choices(suggestions)) > 1:
            return Verdict("clarify", probability, "Several articles could be meant.")
        return Verdict("hand_off", probability, UNCERTAIN)


def choices(suggestions: Sequence[Suggestion], most: int = 3) -> list[Suggestion]:
    """Return the suggestions that a customer may be asked to choose from; none of them needs a person."""
    return [each for each in suggestions[:most] if not each.article.requires_human]


def features(question: str, suggestions: Sequence[Suggestion]) -> tuple[float, ...]:
    """Describe how well the first suggestion fits.

    Parameters
    ----------
    question
        As asked.
    suggestions
        At least one, best first.

    Returns
    -------
    tuple of float
        In the order of `FEATURES`: the similarities of the first, how far its score is ahead of the second's, and
        the length of the question (the logarithm of its words, 1 at a hundred).
    """
    first = suggestions[0]
    margin = first.score - suggestions[1].score if len(suggestions) > 1 else first.score
    length = math.log1p(len(words(question))) / math.log1p(100)
    return (first.cosine, first.title_cosine, first.words, first.evidence, margin, length)
