"""How many tickets an audit asks about until a threshold is certified: `python -m tests.benchmarks.audit`.

Beside it: the same bets on a simple random sample (no strata), and a sample of fixed size whose exact binomial test
(Clopper & Pearson) certifies in half, and in nine of ten, of the cases. The last column is the share of audits that
certify nothing although every ticket was answered: a few hundred tickets do not show it about future ones.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.special import logsumexp, xlogy
from scipy.stats import binom

from tests.training.audit.redraws import NOISES, Draws, population, redrawn
from training.audit.risk_test import RiskTest
from training.evaluation.certificates import Target

ALPHA = 0.05


def asked_until_certified(draws: Draws, target: Target, every: int) -> np.ndarray:
    """Return after how many answers each audit certified, looked at after `every` so many; infinity: never."""
    taken = np.full(draws.tickets.shape[1], np.inf)
    rows = np.arange(len(taken))
    asked, wrong = np.zeros((2, len(rows)), dtype=np.int64), np.zeros((2, len(rows)), dtype=np.int64)
    test = RiskTest(draws.tickets, target)
    size = int(draws.tickets[:, 0].sum())
    for turn in range(1, size + 1):
        stratum = test.bets.ask_disagreeing(asked, wrong).astype(int)
        here = np.arange(len(rows))
        wrong[stratum, here] += draws.wrong[stratum, rows, asked[stratum, here]]
        asked[stratum, here] += 1
        if turn % every and turn != size:
            continue
        done = test.log_wealth(asked, wrong) >= test.needed
        if done.any():
            taken[rows[done]] = turn
            rows, asked, wrong = rows[~done], asked[:, ~done], wrong[:, ~done]
            if not len(rows):
                break
            test = RiskTest(draws.tickets[:, rows], target)
    return taken


def asked_at_random(wrong: np.ndarray, target: Target) -> np.ndarray:
    """Return after how many answers bets of the same kind on a simple random sample certify; infinity: never."""
    asked, k = np.arange(1, wrong.shape[1] + 1), np.cumsum(wrong, axis=1)
    shares = target.alpha * np.arange(0.1, 0.8, 0.1)[:, None, None]
    odds = xlogy(k, shares / target.alpha) + xlogy(asked - k, (1 - shares) / (1 - target.alpha))
    above = logsumexp(odds, axis=0) - np.log(len(shares)) >= -np.log(target.delta)
    return np.where(above.any(1), above.argmax(1) + 1.0, np.inf)


def fixed_size(error: float, target: Target, power: float, size: int) -> float:
    """Return the smallest sample that the exact binomial test certifies so often; infinity: more than `size`."""
    n = np.arange(1, size + 1)
    most = binom.ppf(target.delta, n, target.alpha) - 1
    enough = np.flatnonzero(binom.cdf(most, n, error) >= power)
    return float(n[enough[0]]) if len(enough) else np.inf


def shown(taken: np.ndarray) -> str:
    """Return the median and the 90 % quantile."""
    ordered = np.sort(taken)
    return in_words(ordered[len(ordered) // 2], ordered[int(0.9 * len(ordered))])


def in_words(*numbers: float) -> str:
    """Return numbers of tickets; where no number does, a dash."""
    return " / ".join("–" if np.isinf(number) else f"{number:.0f}" for number in numbers)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redraws", type=int, default=100)
    parser.add_argument("--tickets", type=int, nargs="+", default=[300, 1000, 1500, 5000])
    parser.add_argument("--every", type=int, default=5, help="look after every so many answers")
    parser.add_argument("--noise", nargs="+", choices=NOISES, default=list(NOISES))
    options = parser.parse_args()
    print("alpha 5 %, 12 % of the closed labels wrong; median / 90 % of the redraws")
    print("| delta | tickets | wrong | closed labels | audit | no strata | fixed size | certify nothing |")
    print("|---|---|---|---|---|---|---|---|")
    for delta in (0.1 / 3, 0.1):
        target = Target(ALPHA, delta)
        for size in options.tickets:
            for error in (0.01, 0.02, 0.03):
                for noise in options.noise:
                    _, wrong, agrees = redrawn(population(noise, error), options.redraws, size, 1.0, seed=1)
                    everyone = np.ones_like(wrong)
                    taken = asked_until_certified(Draws.of(wrong, agrees, everyone), target, options.every)
                    plain = asked_at_random(wrong, target)
                    fixed = (fixed_size(error, target, power, size) for power in (0.5, 0.9))
                    print(
                        f"| {delta:.3f} | {size} | {error:.0%} | {noise} | {shown(taken)} | {shown(plain)} "
                        f"| {in_words(*fixed)} | {np.isinf(taken).mean():.0%} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
