"""Knock-out test: without the articles that answer a question, it must be handed off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from retrieval.answering.answer_question import Finder, Finding, Reader
from retrieval.encoder.text_language import language_of
from training.answers.questions import Question
from training.evaluation.auroc import auroc, auroc_interval
from training.evaluation.certificates import Evidence, oracle

#: Shares of wrong answers at which the share of answered questions is told.
WRONG: Final = (0.05, 0.1)


@dataclass(frozen=True, slots=True)
class AblatedQuestion:
    """A question with its result, as it is and, if some article answers it, without those articles."""

    question: Question
    finding: Finding
    without: Finding | None

    @property
    def right(self) -> bool:
        """Whether the first article is one that answers."""
        found = self.finding.suggestions
        return bool(found) and found[0].article.id in self.question.relevant


def without_its_articles(finder: Finder, question: Question, limit: int) -> Finding | None:
    """Ask it as if its articles had been deleted, those that merely help too; None where none is known.

    They are not shown, and everything is computed from what is left. How rare a word is stays as it was with them.
    """
    if not question.relevant:
        return None
    gone = question.relevant | question.named
    reader = Reader(shows=lambda article: article.id not in gone, writes=language_of(question.question))
    return finder.find(question.question, limit=limit, reader=reader)


def figures(asked: Sequence[AblatedQuestion]) -> dict[str, Any]:
    """Tell how well the probability knows when not to answer.

    Parameters
    ----------
    asked
        Questions whose articles are known, or known not to exist.

    Returns
    -------
    dict
        `knocked_out`, how many questions were asked without their articles; `knocked_out_answered`, the share of them
        that was answered all the same, `knocked_out_offered` an article to read, and `knocked_out_clarified` asked
        back in any way. `auroc`, how often a right first article has a
        higher probability than a wrong one or than a question without its article, with its 95 % interval;
        `auroc_knocked_out`, than a question without its article. `answered_at_5_wrong` and `answered_at_10_wrong`, the
        share of the questions as asked that could be answered with so many wrong, by a threshold that knows the
        answers. Null where there is nothing to tell.
    """
    right = np.array([each.right for each in asked], dtype=bool)
    sure = np.array([confidence(each.finding) for each in asked], dtype=np.float64)
    pairs = [(number, each.without) for number, each in enumerate(asked) if each.without is not None]
    without = np.array([confidence(found) for _, found in pairs], dtype=np.float64)
    wrong = np.zeros(len(pairs), dtype=bool)
    groups = np.array([*range(len(asked)), *(number for number, _ in pairs)], dtype=np.int64)
    every = np.concatenate((sure, without)), np.concatenate((right, wrong))
    only = np.concatenate((sure[right], without)), np.concatenate((right[right], wrong))
    evidence = Evidence(sure, right)
    decisions = [found.verdict.decision for _, found in pairs]
    return {
        "knocked_out": len(pairs),
        "knocked_out_answered": decisions.count("answer") / len(pairs) if pairs else None,
        "knocked_out_offered": sum(found.offers_article for _, found in pairs) / len(pairs) if pairs else None,
        "knocked_out_clarified": decisions.count("clarify") / len(pairs) if pairs else None,
        "auroc": auroc(*every),
        "auroc_interval": auroc_interval(*every, groups),
        "auroc_knocked_out": auroc(*only),
        **{f"answered_at_{alpha * 100:g}_wrong": oracle(evidence, alpha) if len(asked) else None for alpha in WRONG},
    }


def confidence(finding: Finding) -> float:
    """Return the probability by which it could be answered: 0 where the first article is for a person."""
    first = finding.suggestions[0] if finding.suggestions else None
    return 0.0 if first is None or first.article.requires_human else finding.verdict.probability
