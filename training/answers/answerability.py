"""Learn when an article answers, from closed tickets in order of time, and certify it on the newest.

    oldest  precedents   only vote
            fit          P(the first suggestion solved the ticket), and the temperature of the choices
            calibrate    temperature of the probability, thresholds to test and their order, the set of choices
    newest  hold out     figures, and the certificate of the threshold from which on an article is shown

Questions that the articles are known to answer (`Article.asked`) are short, as customers type: each second one fits,
the others calibrate, as on a desk that knows none, and instead of tickets where there are enough: beside others in
the words of the same author they would look easier than they are. None of them certifies anything.

What no article answers must be handed off, and closed tickets with links hold no such question. So a stated share of
them is asked of a knowledge base without their articles, and whatever is answered then is wrong. The certificate is
for that mixture. The links of real tickets are doubtful, and here each is believed: a right article that nobody linked
counts as wrong, so the measured risk is likelier too high than too low.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

import numpy as np
from msgspec import structs

from retrieval.answering.answerability import Answerability
from training.answers.answer_context import AnswerContext
from training.answers.by_language import Parts, by_language
from training.answers.leave_articles_out import TAUGHT, Trials
from training.answers.quoted_answers import QuotedAnswer, quoted
from training.config import Answers
from training.evaluation import calibration, certificates
from training.evaluation.auroc import auroc, auroc_interval
from training.evaluation.certificates import Evidence
from training.evaluation.intervals import wilson
from triage.model.answers_entry import AnswerFigures, OraclePoint, RiskPoint
from triage.model.answers_entry import Answers as LearntAnswers

#: Fewer solved tickets than this teach nothing about when to answer.
LEAST: Final = 120
#: Shares of the solved tickets: precedents only, fit, calibrate; the rest is held out. And at most so many in each.
EARLIER: Final = 0.4
FIT: Final = 0.25
CALIBRATE: Final = 0.15
MOST_FIT: Final = 2_000
MOST_HELD: Final = 1_000
#: C of the logistic regression, of 0.1 to 10 the best on the calibration slices of two desks.
STRENGTH: Final = 3.0
#: Of the questions that fit, this share is asked as if the articles that answer them had just been written.
NEW: Final = 0.25
CURVE_POINTS: Final = 60
FEWEST_DRAWN: Final = 10
SHOWN_ALPHAS: Final = (0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Slices:
    """Where the slices begin, in cases in the order of time; the last ends with the cases."""

    fit: range
    calibrate: range
    hold_out: range

    @classmethod
    def of(cls, n: int) -> Slices:
        """Divide so many cases; where there are too many for a slice, its newest are taken."""
        cuts = [round(n * share) for share in (EARLIER, EARLIER + FIT, EARLIER + FIT + CALIBRATE)]
        hold_out = range(max(cuts[2], n - MOST_HELD), n)
        calibrate = range(max(cuts[1], cuts[2] - MOST_HELD), cuts[2])
        return cls(range(max(cuts[0], cuts[1] - MOST_FIT), cuts[1]), calibrate, hold_out)


@dataclass(frozen=True, slots=True)
class Decided:
    """The learnt decision, and what is known of it, for the manifest."""

    answerability: Answerability
    parts: Parts
    measured: AnswerFigures
    quoted: tuple[QuotedAnswer, ...] = ()
    """What the held-out questions were answered with."""

    @property
    def is_certified(self) -> bool:
        """Whether a certificate was earned, for any language."""
        return any(each.certificate for each in self.parts.all)

    def to_manifest(self) -> LearntAnswers:
        """Return what the manifest says of the decision."""
        said = self.answerability.to_manifest().with_parts(*self.parts.all)
        return structs.replace(said, measured=self.measured)


def fit_answerability(desk: AnswerContext, wanted: Answers) -> Decided | None:
    """Learn the decision.

    Parameters
    ----------
    desk
        With a ranker that has learnt from nothing newer than the fitting slice.
    wanted
        The risk, and the mixture of questions that it is promised for.

    Returns
    -------
    Decided or None
        None where there are too few tickets, or all of them came out alike.
    """
    if len(desk.cases) < LEAST:
        return None
    slices = Slices.of(len(desk.cases))
    older, before = desk.taught(slices.fit, 0), desk.taught(slices.calibrate, 1)
    after = desk.trials(slices.hold_out)
    if not older.right.any() or older.right.all() or not len(before):
        return None
    model = replace(_calibrated(_fitted(older, wanted), before, wanted), passages=TAUGHT, learnt=True)
    heat, least = choices(older, before, wanted)
    model = replace(model, choose_from=least, choose_temperature=heat)
    parts = by_language(desk, model, (before, after), wanted, slices.hold_out)
    model = replace(model, answer_at=parts.common.answer_at, clarify_at=parts.common.clarify_at)
    mixed = after.mixed(wanted.unanswered).tolist()
    pairs = quoted(desk.index, after.trials, after.evidence(model, wanted.unanswered), mixed)
    return Decided(model, parts, _measured(model, parts, after, wanted), tuple(pairs))


def _fitted(older: Trials, wanted: Answers) -> Answerability:
    """Fit the logistic model; a question counts in three ways, without its articles in the wanted share."""
    # Late: scikit-learn takes a second to import, and reading questions does not need it.
    from sklearn.linear_model import LogisticRegression

    share = wanted.unanswered
    weights = np.repeat([(1 - share) * (1 - NEW), (1 - share) * NEW, share], len(older))
    rows = np.concatenate((older.features, older.features_new, older.features_without))
    right = np.concatenate((older.right, older.new_right, np.zeros(len(older), dtype=bool)))
    model = LogisticRegression(C=STRENGTH, max_iter=2_000).fit(rows, right, sample_weight=weights)
    return Answerability(tuple(map(float, model.coef_[0])), float(model.intercept_[0]), learnt=True)


def _calibrated(model: Answerability, before: Trials, wanted: Answers) -> Answerability:
    """Divide by the temperature under which the calibration slice is most likely."""
    mixed = before.mixed(wanted.unanswered)
    scores = np.where(mixed, before.scored(model, without=True), before.scored(model))
    truth = (before.right & ~mixed).astype(np.int64)
    heat = calibration.temperature(np.stack((np.zeros(len(scores)), scores), axis=1), truth)
    coefficients = tuple(each / heat for each in model.coefficients)
    return replace(model, coefficients=coefficients, intercept=model.intercept / heat)


def choices(older: Trials, before: Trials, wanted: Answers) -> tuple[float, float]:
    """Return the temperature of the softmax over the suggestions, and the share from which an article is in the set.

    Split conformal prediction with the score 1 - softmax (Sadinle, Lei and Wasserman 2019, "Least ambiguous
    set-valued classifiers"): of n calibration questions the ceil((n + 1)(1 - alpha))-th smallest score. For a question
    like those that some article answers, the set then holds an article that solved it with probability 1 - alpha at
    least. An article beyond the first ten is in no set, so where too many are, nothing is left out: 0.
    """
    heat = calibration.temperature(older.scores, older.place)
    shares = before.shares(heat)
    scores = np.where(before.place >= 0, 1 - shares[np.arange(len(before)), np.maximum(before.place, 0)], np.inf)
    place = ceil((len(scores) + 1) * (1 - wanted.set_alpha)) - 1
    worst = float(np.sort(scores)[place]) if place < len(scores) else np.inf
    # a hair lower: the article that the quantile was read from is in its set, however sums are rounded
    return heat, max(0.0, 1 - worst - 1e-9)


def _measured(model: Answerability, parts: Parts, after: Trials, wanted: Answers) -> AnswerFigures:
    """Return the figures of the held-out questions, a stated share of them without their articles.

    Tickets name articles: `wrong` is what is expected of the sections by the model, the other figures are of articles.
    """
    from training.evaluation.metrics import expected_calibration_error  # late: it takes scikit-learn along

    with_them, without = after.probabilities(model), after.probabilities(model, without=True)
    evidence = after.evidence_of_articles(model, wanted.unanswered)
    answer_at, clarify_at = parts.thresholds(after.languages)
    shown = evidence.confidence >= answer_at
    likely = after.expected(wanted.unanswered)
    right = np.concatenate((after.right, np.zeros(len(after), dtype=bool)))
    pairs = np.concatenate((with_them, without)), right, np.tile(np.arange(len(after)), 2)
    mixed = after.mixed(wanted.unanswered)
    probabilities = np.where(mixed, without, with_them)
    known = probabilities > 0  # the others are for a person, or in a language that the customer does not read
    members = (after.shares(model.choose_temperature) >= (model.choose_from or 0.0)).sum(axis=1)
    asked_back = (probabilities >= clarify_at) & (probabilities < answer_at) & (members > 1) & (members < 4)
    oracle = (OraclePoint(alpha=alpha, answered=certificates.oracle(evidence, alpha)) for alpha in SHOWN_ALPHAS)
    return AnswerFigures(
        n=len(after),
        unanswered=int(mixed.sum()),
        auroc=auroc(*pairs[:2]),
        auroc_interval=auroc_interval(*pairs),
        ece=expected_calibration_error(probabilities[known], (after.right & ~mixed)[known]) if known.any() else None,
        answered=float(shown.sum()) / max(1, len(after)),
        wrong=float(1 - likely[shown].mean()) if shown.any() else None,
        clarified=float(asked_back.mean()) if len(after) else 0.0,
        set_holds=float(((after.place >= 0) & (after.place < members)).mean()) if len(after) else None,
        oracle=tuple(oracle),
        curve=_curve(evidence),
    )


def _curve(evidence: Evidence) -> tuple[RiskPoint, ...]:
    """Return the share of wrong answers among the surest, over their share of all; with 95 % intervals."""
    n = int((evidence.confidence > 0).sum())
    if n < FEWEST_DRAWN:
        return ()
    wrong = np.cumsum(~evidence.right[np.argsort(-evidence.confidence, kind="stable")])
    kept = np.unique(np.linspace(FEWEST_DRAWN - 1, n - 1, CURVE_POINTS).astype(int))
    low, high = wilson(wrong[kept], kept + 1)
    rows = zip((kept + 1) / len(evidence.right), wrong[kept] / (kept + 1), low, high, strict=True)
    rounded = ([round(float(each), 4) for each in row] for row in rows)
    return tuple(RiskPoint(share=share, wrong=risk, low=least, high=most) for share, risk, least, most in rounded)
