"""The dense half of a head's input: the encoder's views of a text, relative to the mean of tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NO_LENGTH = np.float32(1e-9)


def dense(states: NDArray[np.floating], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn states into features; training and serving run this very function.

    Parameters
    ----------
    states
        Shape (n_texts, n_pools, dim). What the encoder reads in the texts (`retrieval.encoder.encoder.Reading`). A pool
        of zeros was not read (`retrieval.encoder.two_views`): it stays zero.
    centres
        Shape (n_pools, dim). The mean of each pool over the tickets that taught; zeros leave directions as they are.

    Returns
    -------
    ndarray of shape (n_texts, n_pools * dim), float32
        Each pool less its centre, laid side by side; all have one length, and together unit length. Centring takes away
        what all texts share: sentence vectors fill a narrow cone (Mu and Viswanath 2018, "All-but-the-top").
    """
    found = states - centres
    lengths = np.sqrt(np.einsum("npd,npd->np", found, found) * np.float32(found.shape[1]))
    found /= np.maximum(lengths, _NO_LENGTH)[:, :, None]
    was_read = states.any(axis=2)
    if not was_read.all():
        found[~was_read] = 0
    return found.reshape(len(found), found.shape[1] * found.shape[2])


def centres_of(states: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the mean of each pool, (n_pools, dim), over the texts in which it was read."""
    n_read = states.any(axis=2).sum(axis=0)
    total = states.sum(axis=0, dtype=np.float64)
    return np.asarray(total / np.maximum(n_read, 1)[:, None], dtype=np.float32)
