"""Cache of tickets' sentence vectors on disk: only new texts are encoded.

One file for each encoder: records of (16 bytes of the text's hash, vector, states where it has pools). Appending is the
only change, a torn last record is cut off, and a record that is no unit vector any more is encoded again.
"""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.encoder.encoder import Reading, lone
from triage.tickets.tombstones import VECTOR_BYTES, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Encoder

_BLOCK = 512  # texts of a process between two writes: an interrupted run loses no more
_UNIT = 1e-3


class VectorCache:
    """Readings by text for one encoder, in `<folder>/<fingerprint>.vectors`.

    Texts that the encoder reads otherwise as passages of articles have a second file, with vectors alone.
    """

    def __init__(self, folder: Path, encoder: Encoder, *, as_passages: bool = False) -> None:
        self._encoder, self._folder = encoder, folder
        self._as_passages = as_passages
        self._path = folder / f"{encoder.fingerprint[:32]}{'.passages' if as_passages else ''}.vectors"
        self._passages = None
        if encoder.passages_differ and not as_passages:
            self._passages = VectorCache(folder, encoder, as_passages=True)
        columns: list[Any] = [("key", f"V{VECTOR_BYTES}"), ("vector", "<f4", (encoder.dim,))]
        self._has_states = encoder.n_pools > 1 and not as_passages
        if self._has_states:
            columns.append(("states", "<f2", (encoder.n_pools, encoder.dim)))
        self._record = np.dtype(columns)

    def of(self, encoder: Encoder) -> VectorCache:
        """Return the cache of another encoder in the same folder."""
        return VectorCache(self._folder, encoder)

    def read(self, texts: Sequence[str], progress: Callable[[int, int], None]) -> Reading:
        """Return what the encoder reads in the texts, running it on those that are not on disk yet.

        Parameters
        ----------
        texts
            Cleaned texts.
        progress
            Called as progress(done, total) over the texts that have to be encoded.

        Returns
        -------
        Reading
            Bit for bit what the encoder gives.
        """
        keys = [_key(text) for text in texts]
        known = self._load(set(keys))
        of = dict(zip(keys, texts, strict=True))
        wanted = [key for key in of if key not in known]
        size = _BLOCK * self._encoder.at_once
        for begin in range(0, len(wanted), size):
            block = wanted[begin : begin + size]
            found = self._run(
                [of[key] for key in block],
                lambda done, _, begin=begin: progress(begin + done, len(wanted)),  # type: ignore[misc]
            )
            records = self._records(block, found)
            self._append(records)
            known.update(zip(block, records, strict=True))
        return self._reading([known[key] for key in keys])

    def encode(
        self, texts: Sequence[str], progress: Callable[[int, int], None], *, as_passages: bool = False
    ) -> NDArray[np.float32]:
        """Return the texts' vectors alone, (n_texts, dim); see `read` and `Encoder.encode`."""
        cache = self._passages if as_passages and self._passages is not None else self
        return cache.read(texts, progress).vectors

    def forget(self, keys: Collection[bytes]) -> int:
        """Drop the readings of texts that were erased, by the texts' hashes, and return how many there were."""
        if self._passages is not None:
            self._passages.forget(keys)
        if not keys or not self._path.is_file():
            return 0
        with self._path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            held = np.frombuffer(file.read() or b"", dtype=np.uint8)
            records = held[: len(held) // self._record.itemsize * self._record.itemsize].view(self._record)
            kept = np.array([key not in keys for key in records["key"].tolist()], dtype=bool)
            if not kept.all():
                file.seek(0)
                file.write(records[kept].tobytes())
                file.truncate()
        return int((~kept).sum())

    def _run(self, texts: Sequence[str], progress: Callable[[int, int], None]) -> Reading:
        if self._as_passages:
            return lone(self._encoder.encode(texts, as_passages=True, progress=progress))
        return self._encoder.read(texts, progress=progress)

    def _reading(self, records: Sequence[np.void]) -> Reading:
        encoder = self._encoder
        vectors = np.empty((len(records), encoder.dim), np.float32)
        for row, record in zip(vectors, records, strict=True):  # one by one: a copy of all records is as large again
            row[:] = record["vector"]
        if not self._has_states:
            return lone(vectors)
        states = np.empty((len(records), encoder.n_pools, encoder.dim), np.float16)
        for state, record in zip(states, records, strict=True):
            state[:] = record["states"]
        return Reading(vectors, states)

    def _load(self, wanted: set[bytes]) -> dict[bytes, np.void]:
        """Return what is on disk of the wanted readings."""
        if not self._path.is_file() or not (n := self._path.stat().st_size // self._record.itemsize):
            return {}
        records: NDArray[Any] = np.memmap(self._path, self._record, mode="r", shape=(n,))
        found = {}
        for i, key in enumerate(records["key"].tolist()):
            if key in wanted:
                vector = records["vector"][i]
                if abs(float(vector @ vector) - 1) < _UNIT:
                    found[key] = records[i]
        return found

    def _records(self, keys: Sequence[bytes], found: Reading) -> NDArray[Any]:
        records = np.empty(len(keys), self._record)
        records["key"] = [np.void(key) for key in keys]
        records["vector"] = found.vectors
        if self._has_states:
            records["states"] = found.states
        return records

    def _append(self, records: NDArray[Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # two refits may share the folder
            file.truncate(file.tell() // self._record.itemsize * self._record.itemsize)
            file.write(records.tobytes())


class CachedEncoder:
    """An encoder that looks on disk first."""

    def __init__(self, encoder: Encoder, cache: VectorCache) -> None:
        self.name, self.dim, self.fingerprint = encoder.name, encoder.dim, encoder.fingerprint
        self._encoder, self._cache = encoder, cache

    def knows(self, word: str) -> bool:
        """Tell whether a word is one of the encoder's own."""
        return self._encoder.knows(word)

    def encode(
        self, texts: Sequence[str], *, as_passages: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return the texts' vectors, (n_texts, dim)."""
        return self._cache.encode(texts, progress or _unseen, as_passages=as_passages)


def _unseen(done: int, total: int) -> None:
    """Nobody watches."""


def _key(text: str) -> bytes:
    return digest(text, VECTOR_BYTES)
