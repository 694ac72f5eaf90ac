"""How often the watch over a certificate ends it wrongly, and how late it ends one that no longer holds.

    python -m tests.benchmarks.certificate_watch

A desk applies 100 tags a day under one certificate (alpha 5 %). A quarter of them lie near the threshold and are three
times as often wrong as the others. A person answers every audited tag. All draws are seeded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from triage.model.watching.e_process import WEEK, growth, log_evidence, refuted, weeks_of
from triage.model.watching.shares import audited_share, correction_evidence, probability

ALPHA, DELTA = 0.05, 0.1
NEAR, NEAR_TIMES, PLAIN_TIMES = 0.25, 2.0, 2 / 3  # share of the tags near the threshold; how much likelier wrong
SECOND_LOOK = probability(1e-3, 0.8, 0.8) / 1e-3  # how much oftener a tag near the threshold is audited


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One desk: its risk before and after a change, and how it is watched."""

    risk: float
    after: float | None = None
    changes_on: int = 30  # day
    days: int = 90
    tags: int = 100  # a day
    base: float = 0.02
    rises: bool = True  # whether the share follows the evidence
    reports: float = 0.0  # the share of wrong applied tags that agents correct by themselves
    delta: float = DELTA
    answers_wrong: float = 1.0  # the share of audited tags that are answered, where they are wrong and where right
    answers_right: float = 1.0


@dataclass(frozen=True)
class Ends:
    """When each redraw ended, in tags since the issue (infinite: it did not), and answers given until then."""

    at: np.ndarray
    naive: np.ndarray  # the same for Clopper-Pearson, looked at after each answer
    answers: np.ndarray
    asked: np.ndarray


def simulate(desk: Desk, redraws: int, seed: int) -> Ends:
    """Watch a desk's certificate many times, one audited tag of each redraw at a time."""
    rng = np.random.default_rng(seed)
    weeks, week = weeks_of(WEEK * desk.days / 7), 7 * desk.tags
    sums = np.zeros((redraws, weeks, growth(ALPHA, 1.0, 1.0).shape[-1]))
    unanswered = np.zeros_like(sums)
    applied, corrected = np.zeros((redraws, weeks)), np.zeros((redraws, weeks))
    counts = np.zeros((redraws, 3))  # asked, answered, wrong
    clock, ended, naive = np.zeros(redraws), np.full(redraws, np.inf), np.full(redraws, np.inf)
    most = clopper_pearson(desk)
    alive = np.arange(redraws)
    while len(alive):
        share = np.full(len(alive), desk.base)
        if desk.rises:
            evidence = log_evidence(sums[alive] + unanswered[alive])
            if desk.reports:
                evidence = np.maximum(evidence, correction_evidence(applied[alive], corrected[alive], ALPHA))
            share = audited_share(desk.base, counts[alive, 1], evidence)
        near = NEAR * np.minimum(1.0, SECOND_LOOK * share)
        looked_at = near + (1 - NEAR) * share
        gap = rng.geometric(looked_at)
        clock[alive] += gap
        in_time = clock[alive] < desk.days * desk.tags
        alive, share, gap = alive[in_time], share[in_time], gap[in_time]
        near, looked_at = near[in_time], looked_at[in_time]
        place = np.minimum(clock[alive] // week, weeks - 1).astype(int)
        risk = np.where(clock[alive] < desk.changes_on * desk.tags, desk.risk, desk.after or desk.risk)
        applied[alive, place] += gap
        corrected[alive, place] += rng.binomial(gap, risk * desk.reports)
        is_near = rng.random(len(alive)) < near / looked_at
        wrong = rng.random(len(alive)) < np.minimum(1.0, risk * np.where(is_near, NEAR_TIMES, PLAIN_TIMES))
        weight = np.where(is_near, share / np.minimum(1.0, SECOND_LOOK * share), 1.0)
        answered = rng.random(len(alive)) < np.where(wrong, desk.answers_wrong, desk.answers_right)
        sums[alive, place] += answered[:, None] * growth(ALPHA, weight, wrong)
        unanswered[alive, place] += ~answered[:, None] * growth(ALPHA, weight, np.zeros(len(alive)))
        counts[alive] += np.stack([np.ones(len(alive)), answered, answered & wrong], axis=-1)
        at_limit = counts[alive, 2] >= most[np.minimum(counts[alive, 1], len(most) - 1).astype(int)]
        naive[alive] = np.minimum(naive[alive], np.where(at_limit & answered, clock[alive], np.inf))
        over = refuted(sums[alive], unanswered[alive], counts[alive, 1] / counts[alive, 0], desk.delta)
        ended[alive[over]] = clock[alive[over]]
        alive = alive[~over]
    return Ends(ended, naive, counts[:, 1], counts[:, 0])


def clopper_pearson(desk: Desk, most: int = 10_000) -> np.ndarray:
    """Return for n = 0, 1, … answers how many wrong ones bring the lower bound at 1 - delta above alpha."""
    return np.asarray(binom.isf(desk.delta, np.arange(most), ALPHA) + 1)


def _row(name: str, desk: Desk, redraws: int = 200) -> None:
    ends = simulate(desk, redraws, seed=20_260_301)
    change = desk.changes_on if desk.after else desk.days
    early = (ends.at < change * desk.tags).mean()
    asked = (ends.asked / np.minimum(ends.at / desk.tags, desk.days)).mean()
    said = f"{name:58} {asked:8.1f} {early:11.1%}"
    if desk.after is None:
        print(f"{said} {np.isfinite(ends.naive).mean():9.1%}")
        return
    delays = np.where(np.isfinite(ends.at), ends.at / desk.tags - change, np.inf)[ends.at >= change * desk.tags]
    half, most = (f"{each:.0f}" if np.isfinite(each) else "-" for each in _quantiles(delays))
    print(f"{said} {np.isfinite(delays).mean():9.0%} {half:>8} {most:>8}")


def _quantiles(delays: np.ndarray) -> tuple[float, float]:
    """Return the median and the 90th percentile; not interpolated, because some never come."""
    ordered = np.sort(delays)
    return float(ordered[len(ordered) // 2]), float(ordered[int(0.9 * len(ordered))])


def main() -> None:
    """Print the tables."""
    print("While the risk stays: how many certificates end (promised: at most 10 %)\n")
    print(f"{'':58} {'asked/day':>8} {'ended':>11} {'naive':>9}")
    _row("risk 2 %, 90 days", Desk(risk=0.02), 500)
    _row("risk 5 %, 90 days", Desk(risk=0.05), 500)
    _row("risk 5 %, a year under one certificate", Desk(risk=0.05, days=365))
    _row("risk 5 %, half of the answers missing", Desk(risk=0.05, answers_wrong=0.5, answers_right=0.5), 500)
    _row("risk 5 %, wrong tags answered, half of the right ones", Desk(risk=0.05, answers_right=0.5), 500)
    _row("risk 5 %, wrong tags answered, 93 % of the right ones", Desk(risk=0.05, answers_right=0.93), 500)
    _row("risk 2 %, wrong tags answered, 93 % of the right ones", Desk(risk=0.02, answers_right=0.93), 500)
    _row("risk 2 %, wrong tags answered, no right ones", Desk(risk=0.02, answers_right=0.0), 500)
    print("\nThe risk rises from 2 % on day 30 of 90: which end until day 90, and after how many days (half, 90 %)\n")
    print(f"{'':58} {'asked/day':>8} {'ended early':>11} {'ended':>9} {'half':>8} {'90 %':>8}")
    for after in (0.1, 0.2, 0.4):
        _row(f"to {after:.0%}, always 2 %", Desk(risk=0.02, after=after, rises=False))
        _row(f"to {after:.0%}, share rises with the evidence", Desk(risk=0.02, after=after))
        _row(f"to {after:.0%}, and agents correct 30 %", Desk(risk=0.02, after=after, reports=0.3))
    _row("to 40%, wrong tags answered, no right ones", Desk(risk=0.02, after=0.4, answers_right=0.0))
    _row("to 10%, 95 % of the answers", Desk(risk=0.02, after=0.1, answers_wrong=0.95, answers_right=0.95))
    _row("to 10%, half of the answers", Desk(risk=0.02, after=0.1, answers_wrong=0.5, answers_right=0.5))
    for base in (0.05, 0.1, 0.15, 0.2, 0.3):
        _row(f"to 10%, always {base:.0%}", Desk(risk=0.02, after=0.1, rises=False, base=base))
    _row("to 10%, 5 % at first, share rises", Desk(risk=0.02, after=0.1, base=0.05))
    _row("to 10%, three heads share delta (3.3 %), share rises", Desk(risk=0.02, after=0.1, delta=DELTA / 3))


if __name__ == "__main__":
    main()
