"""Whether the arms have the sizes that chance gives them: if not, something lost or added people in one of them.

The test may be looked at every day: it is the ratio of a beta mixture to the share that was set (Lindon and Malek,
"Anytime-valid inference for multinomial count data", NeurIPS 2022).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MISMATCH_BELOW: Final = 0.01
"""From this p-value on downwards the sizes are called wrong: in at most one of a hundred sound experiments, ever."""
_WEIGHT: Final = 100.0  # how near to the expected share the mixture lies, in units


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """The share of the holdout as it was set and as it is found; `p_value` holds however often it is looked at."""

    expected: float
    found: float | None
    p_value: float

    @property
    def is_mismatch(self) -> bool:
        """Tell whether the sizes are too unlikely."""
        return self.p_value < MISMATCH_BELOW


def sample_ratio(bot: int, holdout: int, expected: float) -> SampleRatio:
    """Compare the units of two arms with the share that was set, above 0 and below 1."""
    n = bot + holdout
    first, second = _WEIGHT * expected, _WEIGHT * (1 - expected)
    mixed = _log_beta(first + holdout, second + bot) - _log_beta(first, second)
    evidence = mixed - holdout * math.log(expected) - bot * math.log1p(-expected)
    return SampleRatio(expected, holdout / n if n else None, math.exp(min(-evidence, 0.0)))


def _log_beta(first: float, second: float) -> float:
    return math.lgamma(first) + math.lgamma(second) - math.lgamma(first + second)
