"""The heads' input in training: the sentence vector beside the n-grams, exactly as `triage.classifier` sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from triage.lexical import Lexicon


def lexical(lexicon: Lexicon, texts: Sequence[str], progress: Callable[[int, int], None]) -> sparse.csr_array:
    """Weigh the n-grams of all texts.

    Parameters
    ----------
    lexicon
        As learnt from the tickets that fit.
    texts
        Cleaned texts.
    progress
        Called as progress(done, total).

    Returns
    -------
    csr_array of shape (n_texts, n_features), float64
        The rows that `Lexicon.row` gives.
    """
    columns, values, ends = [], [], [0]
    for done, text in enumerate(texts, start=1):
        found, weights = lexicon.row(text)
        columns.append(found)
        values.append(weights)
        ends.append(ends[-1] + len(found))
        progress(done, len(texts))
    shape = (len(texts), lexicon.n_features)
    if not texts:
        return sparse.csr_array(shape, dtype=np.float64)
    data = np.concatenate(values).astype(np.float64)
    return sparse.csr_array((data, np.concatenate(columns), np.asarray(ends)), shape=shape)


def joined(vectors: NDArray[np.float32], ngrams: sparse.csr_array, vector_weight: float) -> sparse.csr_array:
    """Put the weighted vectors (n, dim) in front of the n-grams (n, n_features)."""
    front = sparse.csr_array(vectors.astype(np.float64) * vector_weight)
    both = sparse.hstack([front, ngrams], format="csr")
    # liblinear takes 32-bit indices only
    both.indices, both.indptr = both.indices.astype(np.int32), both.indptr.astype(np.int32)
    return both
