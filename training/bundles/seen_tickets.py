"""The tickets that a fine-tuned encoder has learnt from: none may calibrate or measure a head on its vectors.

Such an encoder's folder holds `seen.npy`, the sorted 64-bit keys of the texts (`training.bundles.held_out.key`), and
its encoder.json names the file's sha256. So the encoder's fingerprint covers what it has seen.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from training.bundles.held_out import key
from training.data import array_files
from training.errors import SeenNotKnown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.data.splits import Split

SEEN, CONFIG, ADAPTED = "seen.npy", "encoder.json", "adapted"


def none() -> NDArray[np.uint64]:
    """Return what a published encoder has seen of a desk's tickets."""
    return np.empty(0, np.uint64)


def mark(folder: Path, texts: Sequence[str]) -> None:
    """Write into an encoder's folder which texts it has learnt from."""
    data = write(texts, none())
    (folder / SEEN).write_bytes(data)
    facts = _facts(folder) | {ADAPTED: {"tickets": len(texts), "seen": hashlib.sha256(data).hexdigest()}}
    (folder / CONFIG).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


def of(folder: Path) -> NDArray[np.uint64]:
    """Read what the encoder of a folder has seen.

    Parameters
    ----------
    folder
        With encoder.json, and seen.npy where the encoder was adapted.

    Returns
    -------
    ndarray of shape (n,), uint64
        Sorted keys of texts; empty for an encoder as it was published.

    Raises
    ------
    SeenNotKnown
        It was adapted, and the list is missing or another one.
    """
    adapted = _facts(folder).get(ADAPTED)
    if adapted is None:
        return none()
    try:
        data = (folder / SEEN).read_bytes()
    except OSError:
        raise SeenNotKnown(folder, "is missing") from None
    if hashlib.sha256(data).hexdigest() != adapted["seen"]:
        raise SeenNotKnown(folder, "is not the one that its encoder.json names")
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False), dtype=np.uint64)


def without(split: Split, texts: Sequence[str], seen: NDArray[np.uint64]) -> Split:
    """Take the tickets that the encoder has seen out of the slices that calibrate and measure.

    Parameters
    ----------
    split
        As divided by time.
    texts
        All tickets' texts.
    seen
        Sorted keys of the texts that the encoder learnt from.

    Returns
    -------
    Split
        What left `calibrate` and `hold_out` stands in `repeats`: it measures nothing.
    """
    if not len(seen):
        return split
    known = np.isin(np.array([key(text) for text in texts], dtype=np.uint64), seen)
    moved = np.concatenate([rows[known[rows]] for rows in (split.calibrate, split.hold_out)])
    return replace(
        split,
        calibrate=split.calibrate[~known[split.calibrate]],
        hold_out=split.hold_out[~known[split.hold_out]],
        repeats=np.unique(np.concatenate((split.repeats, moved))),
    )


def write(taught: Sequence[str], seen: NDArray[np.uint64]) -> bytes:
    """Write a bundle's `seen.npy`: the texts that its heads were fitted on, and those that its encoder learnt from."""
    heads = np.array([key(text) for text in taught], dtype=np.uint64)
    return array_files.array(np.union1d(heads, seen).astype(np.uint64))


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    return dict(json.loads(path.read_bytes())) if path.is_file() else {}
