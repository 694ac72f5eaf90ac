"""Whether the quoted section answers the question: a calibrated probability, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from retrieval.answering.passage_gate import Passages, PassageSignals
from retrieval.answering.ranking import Suggestion
from retrieval.index.tokens import words
from triage.model.answers_entry import Answers, AnswersPart
from triage.model.assessment import REST, in_words
from triage.model.certificate import Certificate
from triage.text.shortening import shortened

Decision = Literal["answer", "clarify", "hand_off"]

#: In the order of the coefficients. Each is about 0 to 1.
FEATURES: Final = ("cosine", "title_cosine", "words", "evidence", "margin", "length", "spread", "lead", "known")
#: What bundles of earlier versions do not weigh: it counts nothing there.
ADDED: Final = frozenset({"spread", "lead", "known"})
#: Suggestions that count: the rest are too far behind to be meant.
DEPTH: Final = 10
#: How many articles the first one is set against, and by which difference of scores another counts e times less.
BEHIND: Final = 5
LEAD_SCALE: Final = 0.05
#: A customer is asked to choose among at most so many.
MOST_CHOICES: Final = 3
LEAST_SECTIONS: Final = 2
#: Characters of a title in a reason.
TITLE_LENGTH: Final = 60
UNCERTAIN: Final = "No article answers it with enough certainty."


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on a question, with the reason."""

    decision: Decision
    #: P(the section that would be quoted answers the question); 0 where there is none.
    probability: float
    reason: str
    #: Which certificate stands behind an answer, by id.
    certificate: str | None = None
    #: What to choose from where the customer is asked back.
    choose: Literal["articles", "sections"] = "articles"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on the questions of one slice are answered or asked back, and what is promised of that."""

    answer_at: float
    clarify_at: float
    certificate: Certificate | None = None


@dataclass(frozen=True)
class Answerability:
    """Learnt numbers: a logistic model of nine features, that of the section, thresholds, and their certificate.

    An answer is right where its article is and the quoted section is: the probability is the product of the two.

    The defaults serve a desk that has not been refitted. They were learnt by `training.answers.zero_ticket_answers` on
    the sample's own questions, each asked once more without its articles; only the weight of closed tickets is set, as
    none were there. Nothing is promised of them; `training.answers.answerability` learns a desk's own.
    """

    coefficients: tuple[float, ...] = (-0.228, 0.475, 3.294, 2.5, 0.65, 0.58, 1.518, 3.397, -0.228)
    intercept: float = -3.079
    #: From this probability on an article is quoted: for 24 % of the sample's questions, asked as on a desk that knows
    #: none of them, .79 of those rightly; and for 5 % of those whose article is missing. The sections' weights have
    #: seen these questions; on other knowledge bases fewer are answered, and fewer rightly.
    answer_at: float = 0.527
    #: From this probability on the customer is asked which article is meant.
    clarify_at: float = 0.396
    #: Articles whose share of the softmax over the suggestions' scores at this temperature is at least `choose_from`
    #: are the set that holds the answer, as often as was asked for. None: nobody measured it, the first three are.
    choose_from: float | None = None
    choose_temperature: float = LEAD_SCALE
    certificate: Certificate | None = None
    #: The languages whose questions have thresholds and a certificate of their own.
    languages: Mapping[str, Thresholds] = field(default_factory=dict)
    #: Of which questions thresholds and certificate are; empty: of all.
    slice: Mapping[str, str] = field(default_factory=dict)
    #: False for the defaults: nobody measured them on this desk.
    learnt: bool = False
    #: How the section is chosen and judged.
    passages: Passages = Passages()  # noqa: RUF009 - immutable

    def __post_init__(self) -> None:
        if len(self.coefficients) != len(FEATURES):
            raise ValueError(f"{len(FEATURES)} coefficients are needed, for {', '.join(FEATURES)}")
        numbers = (*self.coefficients, self.intercept, self.answer_at, self.clarify_at, self.choose_from or 0.0)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError("a coefficient or threshold is not a finite number")
        if not self.choose_temperature > 0:
            raise ValueError("the temperature of the choices must be above 0")

    @classmethod
    def from_manifest(cls, answers: Answers | None) -> Answerability:
        """Take the learnt numbers out of what a bundle says of answers; the defaults where there are none."""
        passages = Passages.from_manifest(answers)
        if answers is None or answers.coefficients is None:
            return cls(passages=passages)
        if not set(FEATURES) - ADDED <= set(answers.coefficients) <= set(FEATURES):
            raise ValueError(f"`coefficients` must name {', '.join(FEATURES)}")
        if answers.intercept is None or not answers.parts:
            raise ValueError("`coefficients` without `intercept`, `answer_at` and `clarify_at` decide nothing")
        heat = answers.choose_temperature
        common, *others = answers.parts

        def promise(part: AnswersPart) -> Certificate | None:
            # One of a bundle that knows nothing of passages was counted by articles, and nobody reads an article.
            return Certificate.of(part.certificate) if part.certificate and answers.passages else None

        return cls(
            coefficients=tuple(answers.coefficients.get(name, 0.0) for name in FEATURES),
            intercept=answers.intercept,
            answer_at=common.answer_at,
            clarify_at=common.clarify_at,
            choose_from=answers.choose_from,
            choose_temperature=LEAD_SCALE if heat is None else heat,
            certificate=promise(common),
            languages={
                each.slice["language"]: Thresholds(each.answer_at, each.clarify_at, promise(each)) for each in others
            },
            slice=common.slice,
            learnt=True,
            passages=passages,
        )

    def of(self, language: str | None) -> Answerability:
        """Return the decision on questions in a language: by its own thresholds and certificate where it has some."""
        own = self.languages.get(language or REST)
        if own is None:
            return self
        return replace(
            self,
            answer_at=own.answer_at,
            clarify_at=own.clarify_at,
            certificate=own.certificate,
            slice={"language": language or REST},
        )

    def to_manifest(self) -> Answers:
        """Return the numbers as the manifest keeps them; the certificate has its own record."""
        return Answers(
            coefficients=dict(zip(FEATURES, self.coefficients, strict=True)),
            intercept=self.intercept,
            answer_at=self.answer_at,
            clarify_at=self.clarify_at,
            choose_from=self.choose_from,
            choose_temperature=self.choose_temperature,
            passages=self.passages.to_manifest(),
        )

    def probability(self, question: str, suggestions: Sequence[Suggestion]) -> float:
        """P(a section that would be quoted of the first suggestion answers the question), 0 to 1."""
        if not suggestions:
            return 0.0
        passage = self.passages.gate.probability(PassageSignals.of(question, suggestions[0]))
        return self.article_probability(question, suggestions) * passage

    def article_probability(self, question: str, suggestions: Sequence[Suggestion]) -> float:
        """P(the first of some suggestions is the article that answers the question), 0 to 1."""
        values = features(question, suggestions)
        score = self.intercept + sum(a * b for a, b in zip(self.coefficients, values, strict=True))
        return 1 / (1 + math.exp(-max(min(score, 500.0), -500.0)))

    def decide(
        self,
        question: str,
        suggestions: Sequence[Suggestion],
        *,
        among: Sequence[Suggestion] = (),
        named: bool = False,
    ) -> Verdict:
        """Answer, ask back, or hand over to a person.

        Parameters
        ----------
        question
            Cleaned.
        suggestions
            That the customer may read, best first.
        among
            All that were found, also those in languages that the customer does not read: the only article that they
            can read is not the right one for that.
        named
            The question names the first suggestion by its title: that one is meant, and no probability decides.

        Returns
        -------
        Verdict
        """
        ranked = _among(suggestions, among)
        probability = self.probability(question, ranked)
        if not words(question):
            return Verdict("hand_off", 0.0, "The question has no words to go by.")
        if not suggestions:
            return Verdict("hand_off", 0.0, "The knowledge base has nothing on this.")
        title = shortened(suggestions[0].article.title, TITLE_LENGTH)
        if suggestions[0].article.requires_human:
            about = named or probability >= self.clarify_at  # below that the question is about something else
            return Verdict("hand_off", probability, f"{title!r} is for a person to handle." if about else UNCERTAIN)
        if probability >= self.answer_at:
            return self._answer(title, probability)
        if named:
            return Verdict("answer", probability, f"{title!r} was asked for by its title.")
        if self._only_the_section_is_open(question, ranked):
            return Verdict(
                "clarify", probability, f"{title!r} is meant; which part of it is not sure.", None, "sections"
            )
        if probability >= self.clarify_at and len(self.choices(suggestions)) > 1:
            return Verdict("clarify", probability, "Several articles could be meant.")
        return Verdict("hand_off", probability, UNCERTAIN)

    def _only_the_section_is_open(self, question: str, suggestions: Sequence[Suggestion]) -> bool:
        first = suggestions[0]
        signals = PassageSignals.of(question, first)
        if len(first.sections) < LEAST_SECTIONS or signals.is_about_something_else:
            return False
        return self.article_probability(question, suggestions) >= self.answer_at

    def choices(self, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
        """Return what a customer may be asked to choose from: none where it would be more than three.

        An article that needs a person is never among them.
        """
        members = suggestions[:MOST_CHOICES]
        if self.choose_from is not None:
            shares = softmax([each.score for each in suggestions[:DEPTH]], self.choose_temperature)
            members = [
                each for each, share in zip(suggestions, shares, strict=False) if share >= self.choose_from
            ]  # the scores fall, so these are the first ones
        if len(members) > MOST_CHOICES:
            return []
        return [each for each in members if not each.article.requires_human]

    def _answer(self, title: str, probability: float) -> Verdict:
        """Say what is promised of an answer; without a certificate that nothing is."""
        found = self.certificate
        if found is None and not self.learnt:
            why = f"{title!r} answers it: sure enough by the default threshold; no certificate yet."
            return Verdict("answer", probability, why)
        questions = f" to questions in {in_words(self.slice)}" if self.slice else ""
        if found is None:
            why = f"{title!r} answers it; no certificate has been earned for answers{questions}."
            return Verdict("answer", probability, why)
        why = (
            f"Probability {probability:.2f} reaches {found.threshold:.2f}: at most {found.alpha:.0%} of the answers"
            f"{questions} are wrong ({1 - found.delta:.0%} certain, {found.n} tickets)."
        )
        return Verdict("answer", probability, why, found.id)


def _among(suggestions: Sequence[Suggestion], found: Sequence[Suggestion]) -> Sequence[Suggestion]:
    """Return the first suggestion before everything else that was found."""
    if not suggestions or len(found) <= len(suggestions):
        return suggestions
    first = suggestions[0]
    return [first, *(each for each in found if each.article.id != first.article.id)]


def softmax(scores: Sequence[float], temperature: float) -> list[float]:
    """Return the share of each score, which fall from the first on; they sum to 1."""
    risen = [math.exp((score - scores[0]) / temperature) for score in scores]
    return [each / sum(risen) for each in risen]


def features(question: str, suggestions: Sequence[Suggestion]) -> tuple[float, ...]:
    """Describe how well the first suggestion fits, and how clearly it stands before the others.

    Parameters
    ----------
    question
        As asked.
    suggestions
        At least one, best first.

    Returns
    -------
    tuple of float
        In the order of `FEATURES`: the similarities of the first; how far its score is ahead of the second's; the
        length of the question (the logarithm of its words, 1 at a hundred); how far its score is ahead of the mean of
        the five behind it; its share of the softmax over the first ten; and how near the nearest ticket is that it
        solved, or its nearest passage: votes of precedents that are all far away say little.
    """
    first, behind = suggestions[0], suggestions[1 : 1 + BEHIND]
    margin = first.score - behind[0].score if behind else first.score
    spread = first.score - sum(each.score for each in behind) / len(behind) if behind else first.score
    length = math.log1p(len(words(question))) / math.log1p(100)
    lead = softmax([each.score for each in suggestions[:DEPTH]], LEAD_SCALE)[0]
    return (first.cosine, first.title_cosine, first.words, first.evidence, margin, length, spread, lead, first.known)
