"""When a desk without closed tickets answers: learnt from questions whose passages are known.

Each question is asked as it is, and once more without its articles, when whatever comes first is wrong; both as on a
desk that knows no questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from retrieval.answering.answer_question import Finder, Reader
from retrieval.answering.answerability import DEPTH, Answerability, features
from retrieval.answering.passage_gate import Passages
from retrieval.answering.ranking import Suggestion
from retrieval.index.article_index import ArticleIndex
from retrieval.index.text_encoder import TextEncoder
from training.answers.questions import Question
from training.answers.sections import is_right
from training.evaluation.certificates import Evidence

#: C of the logistic regression, and the weight of the questions without their articles beside those as asked.
STRENGTH: Final = 1.0
WITHOUT: Final = 0.5
PARTS: Final = 8
#: An answer is shown from the lowest threshold on at which at least this share of those shown is right, where one
#: question in so many has no article, and at most that share of the questions without an article are answered.
PRECISION: Final = 0.75
ONE_IN: Final = 5
UNANSWERABLE: Final = 0.05
#: Fewer answers than this show nothing.
FEWEST: Final = 20
#: The part of the way to it at which the customer is asked back.
CLARIFY_SHARE: Final = 0.75


@dataclass(frozen=True, slots=True)
class Example:
    """What one asking came to."""

    article: str
    question: str
    found: tuple[Suggestion, ...]
    article_right: bool = False
    passage_right: bool = False
    answerable: bool = False


def fit_zero_ticket(
    index: ArticleIndex, encoder: TextEncoder, questions: Sequence[Question], passages: Passages
) -> tuple[Answerability, dict[str, float]]:
    """Learn the model of the article and the threshold of the product.

    Parameters
    ----------
    index
        The knowledge base that the questions are about.
    encoder
        The encoder that made it.
    questions
        With known passages, or without an article.
    passages
        What was learnt of passages, of the same questions.

    Returns
    -------
    tuple of Answerability and dict
        The learnt numbers, and the figures of the threshold: on articles that the article's model did not learn
        from, but the sections' weights did.
    """
    index = index.without_known_questions()
    finder = Finder(index, encoder, Answerability(passages=passages))
    examples = [each for question in questions for each in _examples(finder, question)]
    model = _fitted(examples)
    evidence = _held_out(examples, passages)
    answerable = np.array([each.answerable for each in examples])
    threshold = _threshold(evidence, answerable)
    shown = evidence.confidence >= threshold
    figures = {
        "answered": float(shown[answerable].mean()),
        "right": float(evidence.right[shown & answerable].mean()),
        "unanswerable_answered": float(shown[~answerable].mean()),
    }
    model = replace(
        model, answer_at=round(threshold, 3), clarify_at=round(threshold * CLARIFY_SHARE, 3), passages=passages
    )
    return model, figures


def _examples(finder: Finder, question: Question) -> list[Example]:
    found = _readable(finder, question, frozenset())
    if not found:
        return []
    first, known = found[0], sorted(question.relevant)
    article = known[0] if known else question.id
    right = first.article.id in question.relevant
    good = right and is_right(question, first, finder.index)
    asked = [Example(article, question.question, found, right, good, bool(known))]
    without = _readable(finder, question, question.relevant | question.named) if known else ()
    return [*asked, Example(article, question.question, without)] if without else asked


def _readable(finder: Finder, question: Question, gone: frozenset[str]) -> tuple[Suggestion, ...]:
    reader = Reader(shows=lambda article: article.id not in gone)
    return finder.find(question.question, limit=DEPTH, reader=reader).suggestions


def _fitted(examples: Sequence[Example]) -> Answerability:
    from sklearn.linear_model import LogisticRegression  # late: it takes a second to import

    rows = np.array([features(each.question, each.found) for each in examples])
    weights = np.array([1.0 if each.answerable else WITHOUT for each in examples])
    right = np.array([each.article_right for each in examples])
    model = LogisticRegression(C=STRENGTH, max_iter=2_000).fit(rows, right, sample_weight=weights)
    coefficients = tuple(round(float(each), 3) for each in model.coef_[0])
    return Answerability(coefficients, round(float(model.intercept_[0]), 3))


def _held_out(examples: Sequence[Example], passages: Passages) -> Evidence:
    """Return each example's probability by a model that learnt from no question about its article."""
    articles = sorted({each.article for each in examples})
    part_of = {article: number % PARTS for number, article in enumerate(articles)}
    models = [
        replace(_fitted([each for each in examples if part_of[each.article] != part]), passages=passages)
        for part in range(PARTS)
    ]
    sure = [
        0.0
        if each.found[0].article.requires_human
        else models[part_of[each.article]].probability(each.question, each.found)
        for each in examples
    ]
    return Evidence(np.array(sure), np.array([each.passage_right for each in examples]))


def _threshold(evidence: Evidence, answerable: np.ndarray) -> float:
    """Find the lowest threshold that keeps both promises; 1 where none does that shows enough answers."""
    weights = np.where(answerable, 1.0, answerable.sum() / max(1, (~answerable).sum()) / (ONE_IN - 1))
    for threshold in np.unique(evidence.confidence):
        shown = evidence.confidence >= threshold
        right = np.average(evidence.right[shown], weights=weights[shown])
        if shown.sum() >= FEWEST and right >= PRECISION and shown[~answerable].mean() <= UNANSWERABLE:
            return float(threshold)
    return 1.0
