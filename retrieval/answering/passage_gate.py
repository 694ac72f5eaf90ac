"""Whether the sections that would be quoted answer the question, given that their article is the right one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final

from retrieval.answering.polarity import is_denied, is_opposed, wanted
from retrieval.answering.ranking import Suggestion
from retrieval.answering.sections import SectionRanker, shown
from retrieval.index.headings import innermost
from triage.model.answers_entry import Answers, PassageWeights

#: What the model weighs, in the order of its coefficients.
WEIGHED: Final = ("share", "cosine", "heading", "opposed", "denied", "foreign")


@dataclass(frozen=True, slots=True)
class PassageSignals:
    """What speaks for the sections that would be quoted; about 0 to 1 each."""

    #: How likely one of them is the one among those of its article.
    share: float
    #: Cosine similarity of the question and the first passage, and of the question and its heading.
    cosine: float
    heading: float
    #: It does the opposite of what is asked; the question says that it does not want it; it names another product.
    opposed: float
    denied: float
    foreign: float
    #: The article has no other section: where it is the right one, so is that.
    alone: bool = False

    @property
    def is_about_something_else(self) -> bool:
        """Whether the question is about the opposite, about what is not wanted, or about another product."""
        return bool(self.opposed or self.denied or self.foreign)

    @classmethod
    def of(cls, question: str, first: Suggestion) -> PassageSignals:
        """Describe the section that a suggestion would be quoted by."""
        article, passage = first.article, first.passage
        heading = innermost(passage.heading)
        best = first.sections[0] if first.sections else None
        return cls(
            share=sum(each.share for each in shown(first.sections)) if best else 1.0,
            cosine=best.cosine if best else first.cosine,
            heading=best.heading_cosine if best else first.title_cosine,
            opposed=float(is_opposed(wanted(question), article.title, heading, passage.text)),
            denied=float(is_denied(question, article.title, heading)),
            foreign=float(bool(first.foreign)),
            alone=len(first.sections) < 2,
        )


@dataclass(frozen=True, slots=True)
class PassageGate:
    """A logistic model of the six signals.

    The defaults were learnt by `training.answers.sections` on the sample's own questions, and on pairs made of them:
    with another product's name, with a denial, with the opposite verb.
    """

    intercept: float = -2.091
    share: float = 4.063
    cosine: float = 0.472
    heading: float = -0.206
    opposed: float = -3.0
    denied: float = -4.0
    foreign: float = -5.502
    #: What a section without siblings has. A desk that learnt from its own tickets has 1; the default keeps articles of
    #: one section as far from being answered by mistake as they were: on half of a public FAQ, 9 % of the questions
    #: whose entry is missing are answered.
    alone: float = 0.67

    def __post_init__(self) -> None:
        if not all(math.isfinite(getattr(self, each.name)) for each in fields(self)):
            raise ValueError("a coefficient of the passages is not a finite number")

    def probability(self, signals: PassageSignals) -> float:
        """P(the section answers, where its article does), 0 to 1."""
        if signals.alone and not signals.is_about_something_else:
            return self.alone
        weighed = sum(getattr(self, name) * getattr(signals, name) for name in WEIGHED)
        return 1 / (1 + math.exp(-max(min(self.intercept + weighed, 500.0), -500.0)))


@dataclass(frozen=True, slots=True)
class Passages:
    """What was learnt of passages: how one is chosen within an article, and when the chosen one answers."""

    sections: SectionRanker = SectionRanker()  # noqa: RUF009 - immutable
    gate: PassageGate = PassageGate()

    @classmethod
    def from_manifest(cls, answers: Answers | None) -> Passages:
        """Take what was learnt out of what a bundle says of answers; the defaults where there is nothing."""
        found = answers.passages if answers else None
        if found is None:
            return cls()
        sections = SectionRanker(**_named(SectionRanker, found.sections))
        return cls(sections, PassageGate(**_named(PassageGate, found.gate)))

    def to_manifest(self) -> PassageWeights:
        """Return the weights as the manifest keeps them."""
        return PassageWeights(sections=asdict(self.sections), gate=asdict(self.gate))


def _named(cls: type[SectionRanker | PassageGate], weights: Mapping[str, float]) -> Mapping[str, float]:
    names = {each.name for each in fields(cls)}
    if set(weights) != names:
        raise ValueError(f"the weights of passages must name {', '.join(sorted(names))}")
    return weights
