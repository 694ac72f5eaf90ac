"""Sentence vectors of tickets, kept on disk between refits: only new texts are encoded.

One file for each encoder: records of (16 bytes of the text's hash, vector). Appending is the only change, a torn last
record is cut off, and a record that is no unit vector any more is encoded again.
"""

from __future__ import annotations

import fcntl
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from retrieval.encoder import Encoder

KEY_BYTES = 16
_BLOCK = 512  # texts between two writes: an interrupted run loses no more
_UNIT = 1e-3


class VectorCache:
    """Vectors by text for one encoder, in `<folder>/<fingerprint>.vectors`."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._encoder = encoder
        self._path = folder / f"{encoder.fingerprint[:32]}.vectors"
        self._record = np.dtype([("key", f"V{KEY_BYTES}"), ("vector", "<f4", (encoder.dim,))])

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None]) -> NDArray[np.float32]:
        """Return the texts' vectors, (n_texts, dim), encoding those that are not on disk yet.

        Parameters
        ----------
        texts
            Cleaned texts.
        progress
            Called as progress(done, total) over the texts that have to be encoded.

        Returns
        -------
        ndarray of shape (n_texts, dim), float32
            Bit for bit what the encoder gives.
        """
        keys = [_key(text) for text in texts]
        known = self._load(set(keys))
        of = dict(zip(keys, texts, strict=True))
        wanted = [key for key in of if key not in known]
        for begin in range(0, len(wanted), _BLOCK):
            block = wanted[begin : begin + _BLOCK]
            vectors = self._encoder.encode(
                [of[key] for key in block],
                progress=lambda done, _, begin=begin: progress(begin + done, len(wanted)),  # type: ignore[misc]
            )
            self._append(block, vectors)
            known.update(zip(block, vectors, strict=True))
        if not texts:
            return np.empty((0, self._encoder.dim), np.float32)
        return np.stack([known[key] for key in keys])

    def _load(self, wanted: set[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return what is on disk of the wanted vectors."""
        if not self._path.is_file() or not (n := self._path.stat().st_size // self._record.itemsize):
            return {}
        records: NDArray[Any] = np.memmap(self._path, self._record, mode="r", shape=(n,))
        found = {}
        for i, key in enumerate(records["key"].tolist()):
            if key in wanted:
                vector = np.array(records["vector"][i], np.float32)
                if abs(float(vector @ vector) - 1) < _UNIT:
                    found[key] = vector
        return found

    def _append(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        records = np.empty(len(keys), self._record)
        records["key"] = [np.void(key) for key in keys]
        records["vector"] = vectors
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # two refits may share the folder
            file.truncate(file.tell() // self._record.itemsize * self._record.itemsize)
            file.write(records.tobytes())


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()
