"""Whether what came is what a golden question expects, and why not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

from retrieval.answering.answer_question import Finding
from retrieval.answering.answerability import Thresholds
from retrieval.articles.golden_questions import GoldenQuestion

#: So many of the suggested articles stand beside a hand-off.
OFFERED: Final = 3
#: A wrong id is compared with so many at the most.
COMPARED: Final = 1_000
Came = Literal["answer", "clarify", "hand_off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a question got."""

    decision: Came
    #: Handed off because it reports one.
    is_emergency: bool = False
    #: Ids of the articles that are quoted, and what is quoted of them.
    cited: tuple[str, ...] = ()
    quoted: str = ""
    #: Ids of the articles that the customer may choose from.
    choices: tuple[str, ...] = ()
    #: Ids and scores of the suggested articles, the best first.
    ranked: tuple[tuple[str, float], ...] = ()
    #: P(the first of them answers), and what it is compared with; None where nothing was searched.
    probability: float | None = None
    thresholds: Thresholds | None = None
    reason: str = ""

    @classmethod
    def of(cls, found: Finding, thresholds: Thresholds) -> Outcome:
        """Return what the search alone says: neither emergencies nor small talk."""
        sources = found.answer.sources if found.answer else ()
        return cls(
            decision=found.verdict.decision,
            cited=tuple(each.article_id for each in sources),
            quoted="\n".join([found.answer.text if found.answer else "", *(each.quote for each in sources)]),
            choices=tuple(each.article_id for each in found.clarification.choices) if found.clarification else (),
            ranked=tuple((each.article.id, each.score) for each in found.suggestions),
            probability=found.verdict.probability,
            thresholds=thresholds,
            reason=found.verdict.reason,
        )

    @property
    def offered(self) -> tuple[str, ...]:
        """The articles that the customer gets to see: quoted, to choose from, or beside a hand-off."""
        if self.decision == "answer":
            return self.cited
        if self.decision == "clarify":
            return self.choices
        return (*self.cited, *(article_id for article_id, _ in self.ranked[:OFFERED]))

    @property
    def said(self) -> str:
        """What came, in a few words."""
        if self.is_emergency:
            return "emergency"
        if self.decision == "answer":
            return f"answered from {' and '.join(dict.fromkeys(self.cited))}"
        if self.decision == "clarify":
            return f"asked back: {', '.join(dict.fromkeys(self.choices))}" if self.choices else "asked back"
        return "handed off"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A golden question and what came."""

    question: GoldenQuestion
    outcome: Outcome
    #: What does not hold, each in a sentence; nothing: it passes.
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything that is expected came."""
        return not self.faults

    @property
    def why(self) -> str:
        """What does not hold, and what the decision was made of."""
        return " ".join([*self.faults, *_figures(self.question, self.outcome)])


def judge(question: GoldenQuestion, outcome: Outcome, article_ids: Collection[str]) -> Judgement:
    """Compare what came with what is expected; `article_ids` are all there are, to find a wrong id."""
    return Judgement(question, outcome, tuple(_faults(question, outcome, article_ids)))


def _faults(question: GoldenQuestion, outcome: Outcome, article_ids: Collection[str]) -> Iterator[str]:
    if missing := [each for each in question.articles if each not in article_ids]:
        yield _no_article(missing[0], article_ids)
        if len(missing) == len(question.articles):
            return
    wrong = _wrong_decision(question, outcome)
    if wrong is not None:
        yield wrong
    elif question.articles and not set(question.articles) & set(outcome.offered):
        yield _elsewhere(question, outcome)
    if outcome.decision == "answer" and not wrong:
        quoted = _plain(outcome.quoted)
        yield from (f"“{each}” is not in what is quoted." for each in question.quotes if _plain(each) not in quoted)


def _wrong_decision(question: GoldenQuestion, outcome: Outcome) -> str | None:
    if question.expect == "answer" and outcome.decision != "answer":
        return f"Not answered: {outcome.reason.rstrip('.')}."
    if question.expect == "emergency" and not outcome.is_emergency:
        return "It is not seen as an emergency."
    if question.expect == "handoff" and outcome.decision != "hand_off":
        return f"Not handed off: {outcome.reason.rstrip('.')}."
    return None


def _elsewhere(question: GoldenQuestion, outcome: Outcome) -> str:
    wanted = " or ".join(question.articles)
    if outcome.decision == "answer":
        return f"The answer is not from {wanted}."
    if outcome.decision == "clarify":
        return f"{wanted} is not among what the customer may choose."
    return f"{wanted} is not among the first {OFFERED} articles beside the hand-off."


def _no_article(article_id: str, article_ids: Collection[str]) -> str:
    like = get_close_matches(article_id, list(article_ids), 1) if len(article_ids) <= COMPARED else []
    return f"There is no article {article_id}{f': did you mean {like[0]}?' if like else '.'}"


def _figures(question: GoldenQuestion, outcome: Outcome) -> Iterator[str]:
    """Say where the expected article stands, and how near the decision was."""
    places = {article_id: place for place, (article_id, _) in enumerate(outcome.ranked, 1)}
    if ranked := [each for each in question.articles if each in places]:
        best = min(ranked, key=places.__getitem__)
        first, score = outcome.ranked[0]
        ours = outcome.ranked[places[best] - 1][1]
        behind = "" if best == first else f" (score {ours:.2f}; first is {first} with {score:.2f})"
        yield f"{best} ranks {places[best]} of {len(outcome.ranked)}{behind}."
    elif question.articles and outcome.ranked:
        first, score = outcome.ranked[0]
        yield f"Not among the first {len(outcome.ranked)}; first is {first} with {score:.2f}."
    if outcome.probability is not None and outcome.thresholds is not None:
        at = outcome.thresholds
        yield f"P(answer) {outcome.probability:.2f}; {at.answer_at:.2f} answers, {at.clarify_at:.2f} asks back."


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
