"""How a section is chosen within an article and when it answers, learnt from questions whose passages are known.

The choice is a softmax over the sections of the right article. When the chosen one answers is learnt from the same
questions, each chosen for by weights that never saw its article; and from pairs made of them that it must not answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from retrieval.answering.passage_gate import WEIGHED, PassageGate, Passages, PassageSignals
from retrieval.answering.ranker import Ranker
from retrieval.answering.ranking import RankingQuery, Suggestion, suggest
from retrieval.answering.sections import SectionRanker, shown, signals
from retrieval.index.article_index import ArticleIndex
from retrieval.index.text_encoder import TextEncoder
from training.answers.minimal_pairs import minimal_pairs
from training.answers.questions import Question
from triage.text.cleaning import model_text

#: Fewer questions than this leave the defaults.
LEAST: Final = 40
#: What a departure from the defaults costs, squared, in units of each signal's spread within an article.
PULL: Final = 2.0
#: Weights that are set and not learnt. Known questions are what is learnt from here, so nothing tells how far they
#: are to be followed.
FIXED: Final = frozenset({"asked", "explains", "parent", "agrees", "opposed", "opens_named"})
#: Articles are divided into so many parts; each is chosen for by weights learnt from the others.
PARTS: Final = 8
#: C of the logistic regression.
STRENGTH: Final = 1.0
#: What a signal of another subject weighs at most: hardly a question shows it, and one that does must not be answered.
OTHER_SUBJECT: Final = {"opposed": -3.0, "denied": -4.0, "foreign": -4.0}


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A question and one article that answers it: signals of the passages (n, n_weights), and which answer (n,)."""

    article: str
    signals: np.ndarray
    right: np.ndarray


def learn_passages(
    index: ArticleIndex, encoder: TextEncoder, questions: Sequence[Question], ranker: Ranker, start: Passages
) -> Passages:
    """Learn from questions whose passages are known.

    Parameters
    ----------
    index
        The knowledge base that they are about.
    encoder
        The encoder that made it.
    questions
        Those that name no passage of an article here are passed over. Each is asked as on a desk that
        knows none of them.
    ranker
        Scores the articles.
    start
        What is pulled towards; all zero learns from these questions alone.

    Returns
    -------
    Passages
        `start` where there are too few questions.
    """
    asked = [RankingQuery(text, vector) for text, vector in _encoded(encoder, [each.question for each in questions])]
    index = index.without_known_questions()
    choices = [(row, each) for row, one in enumerate(questions) for each in choices_of(index, asked[row], one)]
    if len(choices) < LEAST:
        return start
    sections = fit_sections([each for _, each in choices], start.sections)
    articles = sorted({each.article for _, each in choices})
    rows, truth = [], []
    for part in range(PARTS):
        held = set(articles[part::PARTS])
        without = fit_sections([each for _, each in choices if each.article not in held], start.sections)
        for row, one in enumerate(questions):
            if held & one.acceptable.keys() and min(one.acceptable, key=articles.index) in held:
                for text, right in minimal_pairs(one.question):
                    vector = asked[row].vector if right else encoder.encode([text])[0]
                    example = _tried(index, replace(asked[row], question=text, vector=vector), one, ranker, without)
                    if example is not None and (right or (example[1] and example[0].is_about_something_else)):
                        rows.append(example[0])
                        truth.append(example[1] and right)
    return Passages(sections, _fitted_gate(rows, truth, start.gate))


def choices_of(index: ArticleIndex, asked: RankingQuery, question: Question) -> Iterator[Choice]:
    """Yield the choice within each article whose answering passages are known; none where there is no choice."""
    fits = None
    for article_id in sorted(question.acceptable):
        number = index.number(article_id)
        if number is None:
            continue
        fits = fits or index.fits(asked.question, asked.vector)
        rows = index.passages_of(number)
        passages = index.passages[rows.start : rows.stop]
        right = np.array([question.accepts(article_id, each.heading, each.text) for each in passages])
        if right.any() and not right.all():
            yield Choice(article_id, signals(index, [number], asked, fits), right)


def fit_sections(choices: Sequence[Choice], start: SectionRanker) -> SectionRanker:
    """Learn the weights by a softmax over the passages of each article, pulled towards others."""
    from scipy.optimize import minimize  # late: it takes half a second to import

    spread = np.concatenate([each.signals - each.signals.mean(axis=0) for each in choices]).std(axis=0) + 1e-6
    names = [each.name for each in fields(SectionRanker)]
    begin = start.weights * spread
    free = np.array([name not in FIXED for name in names])

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = PULL * float(((weights - begin) ** 2).sum()), 2 * PULL * (weights - begin)
        for each in choices:
            scaled = each.signals / spread
            logits = scaled @ weights
            risen = np.exp(logits - logits.max())
            shares = risen / risen.sum()
            held = float(shares[each.right].sum())
            total -= float(np.log(held + 1e-12))
            slope -= (np.where(each.right, shares / (held + 1e-12), 0.0) - shares) @ scaled
        return total, np.where(free, slope, 0.0)

    found = minimize(cost, begin, jac=True, method="L-BFGS-B").x / spread
    learnt = np.where(free, found, start.weights)
    return SectionRanker(**dict(zip(names, (round(float(each), 3) for each in learnt), strict=True)))


def _encoded(encoder: TextEncoder, texts: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    cleaned = [model_text(None, text) for text in texts]
    yield from zip(cleaned, encoder.encode(cleaned), strict=True)


def _tried(
    index: ArticleIndex, asked: RankingQuery, question: Question, ranker: Ranker, sections: SectionRanker
) -> tuple[PassageSignals, bool] | None:
    """Ask it; None where another article is first: of that the gate of the section knows nothing."""
    found = suggest(index, asked, limit=1, ranker=ranker, sections=sections)
    if not found or found[0].article.id not in question.acceptable:
        return None
    return PassageSignals.of(asked.question, found[0]), is_right(question, found[0], index)


def is_right(question: Question, first: Suggestion, index: ArticleIndex) -> bool:
    """Tell whether one of the sections that would be quoted answers."""
    passages = [each.passage for each in shown(first.sections)] or [first.passage]
    texts = ("\n".join(block.text for block in index.section(each)) for each in passages)
    return any(
        question.accepts(first.article.id, each.heading, text) for each, text in zip(passages, texts, strict=True)
    )


def _fitted_gate(rows: Sequence[PassageSignals], truth: Sequence[bool], start: PassageGate) -> PassageGate:
    from sklearn.linear_model import LogisticRegression  # late: it takes a second to import

    if not any(truth) or all(truth):
        return start
    columns = np.array([[getattr(row, name) for name in WEIGHED] for row in rows])
    model = LogisticRegression(C=STRENGTH, max_iter=2_000).fit(columns, truth)
    weights = dict(zip(WEIGHED, (round(float(each), 3) for each in model.coef_[0]), strict=True))
    weights |= {name: min(weights[name], most) for name, most in OTHER_SUBJECT.items()}
    weights["alone"] = start.alone
    return PassageGate(intercept=round(float(model.intercept_[0]), 3), **weights)
