"""The test of one threshold: are at most alpha of the labels applied wrong, of future tickets and of these.

Two ways to show it share delta, and either is enough:

- by draw: bets against "more than alpha of future tickets' labels are wrong", with the held-out tickets as a draw;
- by count: bets, without replacement, against "more than so many of these very tickets' labels are wrong", where so
  few among so many would be unlikely if alpha of future tickets' labels were wrong (the exact binomial tail).

By count is slow but sure: it ends, at the latest, when every ticket is answered. A few hundred tickets need it, many
do not, so its part of delta falls with their number. What is shown by draw must hold for these very tickets too. So the
certificate is valid when its claim is read as one about future tickets, and when it is read as one about these.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from training.audit.betting import Bets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.evaluation.certificates import Target

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_EXPECTED_WRONG = 8.0
"""By draw gets 1 - this / (alpha * tickets) of delta: nothing of it where alpha of the tickets is fewer than that."""
_ENOUGH_WRONG = 80.0
"""Where alpha of the tickets is at least so many, it gets all of it."""
_BINOMIAL = 0.6
"""Of what is left for the count: how much the binomial tail gets; the bets get the rest."""


class RiskTest:
    """The test on m independent sets of tickets; one threshold of one head is m = 1.

    Parameters
    ----------
    tickets
        Shape (2, m). Held-out tickets that reach the threshold: those whose closed label is the head's, and the others.
    target
        Risk and confidence.
    """

    def __init__(self, tickets: Counts, target: Target) -> None:
        self.tickets, self.target = tickets, target
        self.bets = Bets(tickets, target.alpha)
        self.needed = -log(target.delta)
        """Log wealth that certifies."""
        total = tickets.sum(0)
        expected = target.alpha * total
        by_draw = np.where(expected < _ENOUGH_WRONG, 1 - _EXPECTED_WRONG / np.maximum(expected, _EXPECTED_WRONG), 1.0)
        self._at_most = np.floor(expected + 1e-9).astype(np.int64)
        self._so_few = binom.ppf(target.delta * _BINOMIAL * (1 - by_draw), total, target.alpha).astype(np.int64) - 1
        with np.errstate(divide="ignore"):
            self._log_by_draw = np.log(by_draw)
            self._log_by_count = np.log((1 - _BINOMIAL) * (1 - by_draw))

    def log_wealth(self, asked: Counts, wrong: Counts) -> Floats:
        """Return the log wealth of the stronger of the two ways, scaled so that `needed` certifies.

        Parameters
        ----------
        asked
            Shape (2, m), or (2, any) for the one set of tickets. Answers by stratum.
        wrong
            The same shape. How many of them are wrong.

        Returns
        -------
        ndarray of shape (m,)
            Certified for good once it has reached `needed` after any answer.
        """
        size = asked.shape[1]
        by_draw, by_count, so_few, at_most = (
            np.broadcast_to(values, size).copy()
            for values in (self._log_by_draw, self._log_by_count, self._so_few, self._at_most)
        )
        if np.isfinite(by_draw).any():
            by_draw += self.bets.log_wealth(asked, wrong)
        shown = by_draw >= self.needed
        if shown.any():
            these = self.bets.log_wealth_of_these(asked, wrong, at_most)
            by_draw = np.where(shown, np.minimum(by_draw, these), by_draw)
        if (countable := np.isfinite(by_count) & (so_few >= 0)).any():
            by_count += self.bets.log_wealth_of_these(asked, wrong, np.maximum(so_few, 0))
        return np.asarray(np.maximum(by_draw, np.where(countable, by_count, -np.inf)))
