"""Confidence intervals for shares measured on few tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def wilson(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the interval of a share.

    Parameters
    ----------
    k
        Shape (m,) or a number. How many of them.
    n
        Shape (m,) or a number. Out of how many; 0 gives the interval from 0 to 1.
    confidence
        That the interval holds the share of which k of n is a sample.

    Returns
    -------
    low, high : ndarray
        The score interval of Wilson 1927, which stays inside 0 to 1 and is honest for few tickets and extreme shares.
    """
    hits, total = np.asarray(k, np.float64), np.asarray(n, np.float64)
    z = float(ndtri((1 + confidence) / 2))
    known = np.maximum(total, 1)
    share = np.where(total > 0, hits / known, 0.5)
    weight = np.where(total > 0, z**2 / known, np.inf)
    with np.errstate(invalid="ignore"):
        middle = (share + weight / 2) / (1 + weight)
        half = np.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    empty = total <= 0
    return np.where(empty, 0.0, np.maximum(middle - half, 0)), np.where(empty, 1.0, np.minimum(middle + half, 1))
