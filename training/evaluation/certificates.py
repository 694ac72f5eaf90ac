"""Certificates: the confidence above which labels may be applied automatically, tested on held-out tickets.

Learn then Test (Angelopoulos et al. 2021) with fixed sequence testing: thresholds are tested from strict to lax, each
by the exact binomial tail, until the first one fails; the last one that passed is certified. The steps and where they
start come from the calibration slice, the test from the held-out slice, and the head that is tested is the one that
serves. Then P(share of wrong labels among the applied > alpha) <= delta, over the draw of the held-out tickets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
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
_MOST_NEEDED = 100_000


@dataclass(frozen=True, slots=True)
class Target:
    """At most `alpha` of the labels applied may be wrong, with confidence 1 - `delta` (this head's share of it)."""

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
    start: Step | None
    steps: tuple[Step, ...] = ()

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


def needed(target: Target, risk: float = 0.0) -> int | None:
    """Return how many tickets earn the certificate at this share of errors; None where no number does.

    Without errors that is log(delta) / log(1 - alpha): 59 for 5 % at 95 % confidence, 149 for 2 %, 299 for 1 %.
    """
    if risk <= 0:
        return ceil(log(target.delta) / log(1 - target.alpha))
    if risk >= target.alpha:
        return None
    n = np.arange(1, _MOST_NEEDED)
    enough = np.flatnonzero(tail(np.ceil(risk * n).astype(np.int64), n, target.alpha) <= target.delta)
    return int(n[enough[0]]) if len(enough) else None


def ladder(evidence: Evidence, target: Target, lowest: float = 0.0) -> NDArray[np.float64]:
    """Choose the thresholds to test, and their order, on other tickets than those of the test.

    Parameters
    ----------
    evidence
        The calibration slice.
    target
        Risk and confidence.
    lowest
        Test no threshold below this.

    Returns
    -------
    ndarray of shape (at most 100,)
        From strict to lax, starting where these tickets would show most clearly that the risk is below alpha.
    """
    confidence = np.sort(evidence.confidence)[::-1]
    places = np.unique(np.ceil(np.linspace(0, len(confidence), STEPS + 1)[1:]).astype(np.int64) - 1)
    thresholds = np.unique(confidence[places])[::-1] if len(confidence) else confidence
    thresholds = thresholds[thresholds >= lowest]
    if not len(thresholds):
        return thresholds
    n, k = evidence.counts(thresholds)
    return thresholds[int(tail(k, n, target.alpha).argmin()) :]


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
    n, k = evidence.counts(thresholds)
    failed = np.flatnonzero(tail(k, n, target.alpha) > target.delta)
    passed = int(failed[0]) if len(failed) else len(thresholds)

    def step(i: int) -> Step:
        return Step(float(thresholds[i]), int(n[i]), int(k[i]), len(evidence.confidence))

    return Certification(target, step(0), tuple(map(step, range(passed))))


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
        passed = certify(ladder(calibrate, target, lowest), held_out, target).passed
        coverage, threshold = (passed.coverage, passed.threshold) if passed else (0.0, None)
        best = oracle(held_out, alpha)
        rows.append(Certifiable(alpha=alpha, coverage=coverage, threshold=threshold, oracle=best))
    return rows


def more_labels(found: Certification, labelled: int) -> int | None:
    """Estimate how many more labelled tickets it takes (two digits), if they are like the `labelled` ones; or None."""
    start = found.start
    if start is None or not start.n:
        return None
    wanted = needed(found.target, start.k / start.n)
    if wanted is None:
        return None
    more = max(1, ceil(labelled * (wanted - start.n) / start.n))
    digits = int(10 ** max(0, len(str(more)) - 2))
    return ceil(more / digits) * digits


def shortfall(found: Certification, labelled: int) -> str | None:
    """Say in words what is missing for a certificate; None where there is one."""
    if found.passed:
        return None
    target, start = found.target, found.start
    wanted = f"it takes {needed(target)} newer tickets without an error to show at most {100 * target.alpha:g}% wrong"
    if start is None or not start.n:
        return f"{wanted}, and none is sure enough"
    seen = f"{start.k} of the {start.n} surest newer tickets are wrong; {wanted}"
    more = more_labels(found, labelled)
    if more is None:
        return f"{seen}, and more labels alone will not do: the labels must become easier to tell apart"
    return f"{seen}, or about {more} more labelled tickets like these"


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
