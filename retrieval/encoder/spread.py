"""An encoder that has many texts encoded by the processes of an engine, and few by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from retrieval.chunks.engine import Engine
from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder, Progress, Reading
from retrieval.errors import EncoderNotUsable

#: Texts that a process encodes at a time: about half a second. Fewer than two such are encoded here.
CHUNK: Final = 64
_NO_STATES: Final = np.empty((0, 0, 0), np.float16)


class Texts(NamedTuple):
    """A chunk of texts, and what is to be read in them."""

    texts: Sequence[str]
    as_passages: bool
    states: bool


@dataclass(frozen=True, slots=True)
class Encoding:
    """What every process encodes with: a `Work` over chunks of texts."""

    folder: Path
    fingerprint: str

    @property
    def key(self) -> str:
        """The same for one encoder."""
        return f"encode {self.fingerprint}"

    def prepare(self) -> Callable[[Texts], Reading]:
        """Load the encoder, on one thread. Raises `EncoderNotUsable`: it is another one."""
        encoder = encoders.load(self.folder)
        if encoder.fingerprint != self.fingerprint:
            raise EncoderNotUsable(self.folder, "on the machine that was to encode with it, it is another one")
        encoder.on_one_thread()

        def encoded(chunk: Texts) -> Reading:
            if chunk.states:
                return encoder.read(chunk.texts)
            return Reading(encoder.encode(chunk.texts, as_passages=chunk.as_passages), _NO_STATES)

        return encoded


def spread(own: Encoder, engine: Engine | None) -> Encoder:
    """Return an encoder that has many texts encoded by an engine; without one, or without a folder, the same."""
    return own if engine is None or own.folder is None else SpreadEncoder(own, own.folder, engine)


class SpreadEncoder(Encoder):
    """The same vectors, bit for bit on processors of one kind: a text has its vector whatever is encoded with it."""

    def __init__(self, own: Encoder, folder: Path, engine: Engine) -> None:
        """Take an encoder, and the folder it was loaded from, which every worker sees under this path."""
        self.__dict__.update(own.__dict__)
        self._work, self._engine = Encoding(folder, own.fingerprint), engine
        self.at_once = engine.workers

    def encode(
        self, texts: Sequence[str], *, as_passages: bool = False, progress: Progress | None = None
    ) -> np.ndarray:
        """Encode texts; see `Encoder.encode`."""
        if len(texts) < 2 * CHUNK:
            return super().encode(texts, as_passages=as_passages, progress=progress)
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for rows, found in self._spread(texts, progress, as_passages=as_passages, states=False):
            vectors[rows] = found.vectors
        return vectors

    def read(self, texts: Sequence[str], *, progress: Progress | None = None) -> Reading:
        """Encode texts for finding and for the heads; see `Encoder.read`."""
        if self.n_pools == 1 or len(texts) < 2 * CHUNK:
            return super().read(texts, progress=progress)
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        states = np.empty((len(texts), self.n_pools, self.dim), dtype=np.float16)
        for rows, found in self._spread(texts, progress, as_passages=False, states=True):
            vectors[rows], states[rows] = found.vectors, found.states
        return Reading(vectors, states)

    def _spread(
        self, texts: Sequence[str], progress: Progress | None, *, as_passages: bool, states: bool
    ) -> Iterator[tuple[list[int], Reading]]:
        """Yield places and what was read there. Neighbours are alike in length, so that chunks do not wait for one."""
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        pieces = [order[begin : begin + CHUNK] for begin in range(0, len(order), CHUNK)]
        chunks = (Texts([texts[place] for place in rows], as_passages, states) for rows in pieces)
        done = 0
        for rows, found in zip(pieces, self._engine.map(self._work, chunks), strict=True):
            yield rows, found
            done += len(rows)
            if progress is not None:
                progress(done, len(texts))
