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
from typing import Any, Final

import numpy as np
from msgspec import structs

from retrieval.answering.answerability import Answerability
from training.answers.answer_context import AnswerContext
from training.answers.leave_articles_out import TAUGHT, Trials
from training.answers.quoted_answers import QuotedAnswer, quoted
from training.answers.ranking.bundled import named
from training.config import Answers
from training.evaluation import calibration, certificates, missing_labels
from training.evaluation.audit_ladder import audit_ladder
from training.evaluation.auroc import auroc, auroc_interval
from training.evaluation.certificates import Certification, Evidence, Target
from training.evaluation.intervals import wilson
from triage.model.answers_entry import AnswerFigures, AnswersLadder, AnswersUncertified, OraclePoint, RiskPoint
from triage.model.answers_entry import Answers as LearntAnswers
from triage.model.certificate import AnswersCertificate, Window

#: Fewer solved tickets than this teach nothing about when to answer.
LEAST: Final = 120
#: Shares of the solved tickets: precedents only, fit, calibrate; the rest is held out. And at most so many in each.
EARLIER: Final = 0.4
FIT: Final = 0.25
CALIBRATE: Final = 0.15
MOST_FIT: Final = 2_000
MOST_HELD: Final = 1_000
#: Without a certificate an answer is shown where at least this share of those shown was right before.
PRECISION: Final = 0.7
#: No refit may show what is likelier wrong than right, whatever else the tickets say.
LOWEST_ANSWER_AT: Final = 0.5
#: Below the lowest threshold that would do, the part of the way in which the customer is asked back.
CLARIFY_SHARE: Final = 0.6
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
    certificate: AnswersCertificate | None
    uncertified: AnswersUncertified | None
    measured: AnswerFigures
    quoted: tuple[QuotedAnswer, ...] = ()
    """What the held-out questions were answered with."""
    ladder: AnswersLadder | None = None

    def to_manifest(self) -> LearntAnswers:
        """Return what the manifest says of the decision."""
        return structs.replace(
            self.answerability.to_manifest(),
            certificate=self.certificate,
            uncertified=self.uncertified,
            measured=self.measured,
            ladder=self.ladder,
        )


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
    model = _calibrated(_fitted(older, wanted), before, wanted)
    heard = before.evidence(model, wanted.unanswered)
    test = after.evidence(model, wanted.unanswered)
    target = Target(wanted.alpha, wanted.delta)
    steps = certificates.ladder(heard, len(test.confidence), target, LOWEST_ANSWER_AT)
    found = certificates.certify(steps.thresholds, test, target)
    lowest = _lowest_threshold(heard.confidence, before.expected(wanted.unanswered))
    answer_at = found.passed.threshold if found.passed else lowest
    heat, least = choices(older, before, wanted)
    clarify_at = min(answer_at, lowest) * CLARIFY_SHARE
    model = replace(model, answer_at=answer_at, clarify_at=clarify_at, passages=TAUGHT, learnt=True)
    model = replace(model, choose_from=least, choose_temperature=heat)
    certificate = _certificate(desk, model, found, slices, wanted)
    why = missing_labels.shortfall(found, len(desk.cases)) or ""
    missing = None if certificate else AnswersUncertified(alpha=wanted.alpha, delta=wanted.delta, reason=why)
    mixed = after.mixed(wanted.unanswered).tolist()
    pairs = quoted(desk.index, after.trials, test, mixed)
    ladder = _ladder(desk, (heard, test), slices, wanted)
    return Decided(model, certificate, missing, _measured(model, after, wanted), tuple(pairs), ladder)


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


def _lowest_threshold(confidence: np.ndarray, right: np.ndarray) -> float:
    """Find the lowest threshold above which the expected share of right answers is high enough; above all if none is.

    Parameters
    ----------
    confidence
        (n,) the probabilities.
    right
        (n,) how likely each answer is right by all that is known of it.

    Returns
    -------
    float
    """
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((precision >= PRECISION) & (confidence[order] > 0))
    lowest = confidence[order][good[-1]] if len(good) else confidence.max() + 1e-6
    return min(max(float(lowest), LOWEST_ANSWER_AT), 1.0)


def _certificate(
    desk: AnswerContext, model: Answerability, found: Certification, slices: Slices, wanted: Answers
) -> AnswersCertificate | None:
    """Return the certificate, bound to what it is of; None where none was earned."""
    numbers = named(model.to_manifest(), desk.ranker)
    bound: dict[str, Any] = {
        "slice": {},
        "of": "answers",
        "window": _window(desk, slices),
        "encoder": desk.encoder,
        "model": numbers.digest,
        "unanswered": wanted.unanswered,
        "articles": len(desk.index.articles),
    }
    return certificates.earned(found, AnswersCertificate, bound)


def _window(desk: AnswerContext, slices: Slices) -> Window | None:
    return Window.of([at for row in slices.hold_out if (at := desk.cases[row].ticket.created_at)])


def _ladder(
    desk: AnswerContext, sides: tuple[Evidence, Evidence], slices: Slices, wanted: Answers
) -> AnswersLadder | None:
    """Return what an audit of the held-out questions tests; None where they are too few."""
    before, after = sides
    target = Target(wanted.alpha, wanted.delta)
    steps = audit_ladder(before.confidence, after.confidence, target, LOWEST_ANSWER_AT)
    if not steps:
        return None
    return AnswersLadder(
        alpha=wanted.alpha,
        delta=wanted.delta,
        unanswered=wanted.unanswered,
        thresholds=steps,
        tickets=len(after.confidence),
        articles=len(desk.index.articles),
        window=_window(desk, slices),
    )


def _measured(model: Answerability, after: Trials, wanted: Answers) -> AnswerFigures:
    """Return the figures of the held-out questions, a stated share of them without their articles.

    Tickets name articles: `wrong` is what is expected of the sections by the model, the other figures are of articles.
    """
    from training.evaluation.metrics import expected_calibration_error  # late: it takes scikit-learn along

    with_them, without = after.probabilities(model), after.probabilities(model, without=True)
    evidence = after.evidence_of_articles(model, wanted.unanswered)
    shown = evidence.confidence >= model.answer_at
    likely = after.expected(wanted.unanswered)
    right = np.concatenate((after.right, np.zeros(len(after), dtype=bool)))
    pairs = np.concatenate((with_them, without)), right, np.tile(np.arange(len(after)), 2)
    mixed = after.mixed(wanted.unanswered)
    probabilities = np.where(mixed, without, with_them)
    known = probabilities > 0  # the others are for a person, or in a language that the customer does not read
    members = (after.shares(model.choose_temperature) >= (model.choose_from or 0.0)).sum(axis=1)
    asked_back = (probabilities >= model.clarify_at) & (probabilities < model.answer_at) & (members > 1) & (members < 4)
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
