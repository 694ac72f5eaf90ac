"""Arrays as the content of `.npy` and `.npz` files; nothing is pickled."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def array(values: NDArray[Any]) -> bytes:
    """Return an array as the content of an `.npy` file."""
    out = io.BytesIO()
    np.save(out, values, allow_pickle=False)
    return out.getvalue()


def archive(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays as the content of an `.npz` file."""
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()
