"""Certificates: the confidence above which labels may be applied automatically, tested on held-out tickets.

Learn then Test (Angelopoulos et al. 2021) with fixed sequence testing: thresholds are tested from strict to lax, each
by the exact binomial tail, until the first one fails; the last one that passed is certified. The steps and where they
start come from the calibration slice, the test from the held-out slice, and the head that is tested is the one that
serves. Then P(share of wrong labels among the applied > alpha) <= delta, over the draw of the held-out tickets.
`families` tests the heads of one desk together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from scipy.special import bdtr, betaincinv
from scipy.stats import binom

from triage.model.certificate import CertificateRecord
from triage.model.head_entry import Certifiable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=CertificateRecord)

STEPS = 100
"""Thresholds of the sequence: one for each hundredth of the tickets."""
SHOWN_ALPHAS = (0.01, 0.02, 0.05)
"""What the report tells beside the configured risk."""
FEWER = 0.7
"""The start expects this share of the sure tickets that calibration promises: a desk changes, and the head that serves
is not the trial."""
NEARLY = 0.05
"""Steps are as good a start as the best when they pass with a probability that is lower by no more than this."""
_QUANTILES = 20


@dataclass(frozen=True, slots=True)
class Target:
    """At most `alpha` of the labels applied may be wrong, with confidence 1 - `delta`."""

    alpha: float
    delta: float


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A head on tickets that it has not seen: confidence (n,) of its best labels, and whether they are right (n,)."""

    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]

    def counts(self, thresholds: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many tickets reach each threshold, and how many of those are wrong; both (n_thresholds,)."""
        order = np.argsort(self.confidence, kind="stable")
        wrong_below = np.concatenate(([0], np.cumsum(~self.right[order])))
        below = np.searchsorted(self.confidence[order], thresholds, side="left")
        return len(order) - below, wrong_below[-1] - wrong_below[below]

    def without(self, withheld: NDArray[np.bool_]) -> Evidence:
        """Return it as serving would act that withholds some tickets' labels whatever their confidence, (n,)."""
        return Evidence(np.where(withheld, 0.0, self.confidence), self.right)


@dataclass(frozen=True, slots=True)
class Step:
    """A threshold, the tickets (of all that there are) that reach it, and how many of those are wrong."""

    threshold: float
    n: int
    k: int
    tickets: int

    @property
    def coverage(self) -> float:
        """Share of the tickets that reach the threshold."""
        return self.n / self.tickets if self.tickets else 0.0


@dataclass(frozen=True, slots=True)
class Certification:
    """What came of the test: where it started, and the steps that passed, from strict to lax."""

    target: Target
    """What is promised: of all that were tested together none breaks it, with confidence 1 - `delta`."""
    start: Step | None
    steps: tuple[Step, ...] = ()
    level: float | None = None
    """The share of delta that this test had in the end; None: all of it."""

    @property
    def tested_at(self) -> Target:
        """Risk, and the delta at which the last step was tested."""
        return self.target if self.level is None else replace(self.target, delta=self.level)

    @property
    def passed(self) -> Step | None:
        """The laxest step that passed; None: no certificate."""
        return self.steps[-1] if self.steps else None

    def above(self, confidence: float) -> Certification:
        """Keep the steps above a confidence: the test holds for all that passed at once, so for the fewer too."""
        return replace(self, steps=tuple(step for step in self.steps if step.threshold > confidence))


def tail(k: NDArray[np.int64], n: NDArray[np.int64], alpha: float) -> NDArray[np.float64]:
    """Return how likely at most k errors among n are if each label is wrong with probability alpha.

    Parameters
    ----------
    k
        Shape (m,). Errors; at most n.
    n
        Shape (m,). Tickets.
    alpha
        The risk that must be ruled out.

    Returns
    -------
    ndarray of shape (m,)
        P(Binomial(n, alpha) <= k). Being at most delta is the same as the upper bound of Clopper & Pearson 1934 for
        the risk, at confidence 1 - delta, being at most alpha.
    """
    return np.asarray(binom.cdf(k, n, alpha))


def needed(target: Target) -> int:
    """Return how many tickets without an error earn the certificate.

    That is log(delta) / log(1 - alpha): 59 for 5 % at 95 % confidence, 149 for 2 %, 299 for 1 %.
    """
    return ceil(log(target.delta) / log(1 - target.alpha))


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Thresholds from strict to lax, (m,), and how likely the first one passes by what calibration shows."""

    thresholds: NDArray[np.float64]
    chance: float


def ladder(evidence: Evidence, tickets: int, target: Target, lowest: float = 0.0) -> Ladder:
    """Choose the thresholds to test, and their order, on other tickets than those of the test.

    Parameters
    ----------
    evidence
        The calibration slice.
    tickets
        How many tickets the test will have, sure or not.
    target
        Risk and confidence.
    lowest
        Test no threshold below this.

    Returns
    -------
    Ladder
        Of at most 100 thresholds. It starts where the test is likeliest to pass: in the middle of the steps that are
        about as likely as the best, for the strictest of them has the fewest tickets and the laxest the most errors.
        Where none can pass, where these tickets would show most clearly that the risk is below alpha.
    """
    confidence = np.sort(evidence.confidence)[::-1]
    places = np.unique(np.ceil(np.linspace(0, len(confidence), STEPS + 1)[1:]).astype(np.int64) - 1)
    thresholds = np.unique(confidence[places])[::-1] if len(confidence) else confidence
    thresholds = thresholds[thresholds >= lowest]
    if not len(thresholds):
        return Ladder(thresholds, 0.0)
    n, k = evidence.counts(thresholds)
    likely = _chances(n, k, np.round(FEWER * n * tickets / len(confidence)).astype(np.int64), target)
    if not likely.any():
        return Ladder(thresholds[int(tail(k, n, target.alpha).argmin()) :], 0.0)
    good = np.flatnonzero(likely >= likely.max() - NEARLY)
    start = int(good[(len(good) - 1) // 2])
    return Ladder(thresholds[start:], float(likely[start]))


def _chances(
    n: NDArray[np.int64], k: NDArray[np.int64], later: NDArray[np.int64], target: Target
) -> NDArray[np.float64]:
    """Return how likely so many later tickets pass, (m,), where k of n were wrong: the mean over the Beta posterior."""
    most = binom.ppf(target.delta, later, target.alpha)
    most = np.where(tail(most, later, target.alpha) <= target.delta, most, most - 1)
    shares = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    risks = betaincinv(k[:, None] + 1, n[:, None] - k[:, None] + 1, shares)
    passing = bdtr(np.maximum(most, 0)[:, None], later[:, None], risks).mean(axis=1)
    return np.where((most >= 0) & (later > 0), passing, 0.0)


def certify(thresholds: NDArray[np.float64], evidence: Evidence, target: Target) -> Certification:
    """Test the thresholds in their order.

    Parameters
    ----------
    thresholds
        Shape (m,). Chosen without a look at `evidence`.
    evidence
        Tickets that neither the head nor its temperature nor the thresholds have seen.
    target
        Risk and confidence.

    Returns
    -------
    Certification
        With the last threshold before the first that fails.
    """
    if not len(thresholds):
        return Certification(target, None)
    steps, likely = walked(thresholds, evidence, target.alpha)
    failed = np.flatnonzero(likely > target.delta)
    return Certification(target, steps[0], steps[: int(failed[0]) if len(failed) else len(steps)])


def walked(
    thresholds: NDArray[np.float64], evidence: Evidence, alpha: float
) -> tuple[tuple[Step, ...], NDArray[np.float64]]:
    """Return the steps on the tickets of the test, and the tail of each, (m,): at most delta, it passes."""
    n, k = evidence.counts(thresholds)
    rows = zip(thresholds.tolist(), n.tolist(), k.tolist(), strict=True)
    return tuple(Step(*row, len(evidence.confidence)) for row in rows), tail(k, n, alpha)


def oracle(evidence: Evidence, alpha: float) -> float:
    """Return the largest coverage at which at most alpha is wrong, threshold chosen by the labels themselves."""
    if not len(evidence.confidence):
        return 0.0
    n, k = evidence.counts(np.unique(evidence.confidence))
    return float(np.max(n * (k <= alpha * n)) / len(evidence.confidence))


def certifiable(calibrate: Evidence, held_out: Evidence, delta: float, lowest: float) -> list[Certifiable]:
    """Return, for each risk that the report tells, the coverage that could be certified and an oracle's."""
    rows = []
    for alpha in SHOWN_ALPHAS:
        target = Target(alpha, delta)
        steps = ladder(calibrate, len(held_out.confidence), target, lowest).thresholds
        passed = certify(steps, held_out, target).passed
        coverage, threshold = (passed.coverage, passed.threshold) if passed else (0.0, None)
        best = oracle(held_out, alpha)
        rows.append(Certifiable(alpha=alpha, coverage=coverage, threshold=threshold, oracle=best))
    return rows


def earned(found: Certification, kind: type[Kind], bound: Mapping[str, Any]) -> Kind | None:
    """Return the certificate for the manifest.

    Parameters
    ----------
    found
        The test.
    kind
        Of what the certificate is: a head, or answers.
    bound
        The fields that only this kind has, and slice and window.

    Returns
    -------
    CertificateRecord or None
        None where none was earned.
    """
    if found.passed is None or found.start is None:
        return None
    certificate = kind(
        id="",
        alpha=found.target.alpha,
        delta=found.target.delta,
        threshold=found.passed.threshold,
        n=found.passed.n,
        k=found.passed.k,
        tickets=found.passed.tickets,
        coverage=found.passed.coverage,
        start=found.start.threshold,
        **bound,
    )
    return certificate.sealed()
