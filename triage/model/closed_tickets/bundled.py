"""Read the closed tickets of a bundle."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from triage.errors import BundleRefused
from triage.model.bundle_arrays import arrays_in
from triage.model.bundle_files import CASES
from triage.model.closed_tickets.mapped import mapped_array, ticket_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.bundle_files import SealedFolder

    Words = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float16]]

VECTORS: Final = "cases/vectors.npy"
WORDS: Final = "cases/words.npz"
#: In place of the two above where there are many: an index of the vectors, and the words' arrays one by one.
INDEX: Final = "cases/vectors.faiss"
#: The same by the second encoder, where there is one.
SECOND_VECTORS: Final = "cases/second_vectors.npy"
SECOND_INDEX: Final = "cases/second_vectors.faiss"
WORD_FILES: Final = ("cases/word_starts.npy", "cases/word_columns.npy", "cases/word_values.npy")
_MISMATCH: Final = "its similar tickets and their {} do not belong together"


@dataclass(frozen=True, slots=True, eq=False)
class SecondVectors:
    """The vectors of closed tickets by the second encoder, in one of two forms as in `BundledTickets`."""

    vectors: NDArray[np.float16]
    index: memoryview | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BundledTickets:
    """Closed tickets worth showing beside a similar one."""

    #: (n, dim) float16, unit length; (0, dim) where `index` holds them.
    vectors: NDArray[np.float16]
    records: Sequence[Mapping[str, Any]]
    #: Their weighted words: where each ticket's begin (n + 1,), their columns in the lexicon, their weights.
    words: Words | None = None
    #: For `retrieval.index.vector_index.VectorIndex.from_map`.
    index: memoryview | None = None
    second: SecondVectors | None = None


def read(files: SealedFolder) -> BundledTickets:
    """Read them; many stay in their files, which are mapped. Raises `BundleRefused`."""
    dim = files.manifest.encoder.dim
    if files.manifest.file(INDEX) is not None:
        return _mapped(files, dim)
    records = tuple(json.loads(line) for line in files.read(CASES).splitlines() if line)
    vectors, second = _vectors(files, VECTORS, (len(records), dim)), _second(files, len(records))
    if files.manifest.file(WORDS) is None:
        return BundledTickets(vectors, records, second=second)
    found = arrays_in(files.read(WORDS))
    words = _words(files, found["starts"], found["columns"], found["values"], records)
    return BundledTickets(vectors, records, words, second=second)


def _second(files: SealedFolder, n: int) -> SecondVectors | None:
    made_by = files.manifest.second_encoder
    if made_by is None:
        return None
    if files.manifest.file(SECOND_INDEX) is not None:
        return SecondVectors(np.empty((0, made_by.dim), np.float16), files.map(SECOND_INDEX))
    return SecondVectors(_vectors(files, SECOND_VECTORS, (n, made_by.dim)))


def _vectors(files: SealedFolder, path: str, shape: tuple[int, int]) -> NDArray[np.float16]:
    vectors: NDArray[np.float16] = np.load(io.BytesIO(files.read(path)), allow_pickle=False)
    if vectors.shape != shape:
        raise BundleRefused(files.folder, _MISMATCH.format("vectors"))
    return vectors


def _mapped(files: SealedFolder, dim: int) -> BundledTickets:
    try:
        records = ticket_lines(files.map(CASES))
        starts, columns, values = (mapped_array(files.map(path)) for path in WORD_FILES)
    except ValueError as problem:
        raise BundleRefused(files.folder, f"its similar tickets cannot be read ({problem})") from problem
    words = _words(files, starts, columns, values, records)
    vectors = np.empty((0, dim), np.float16)
    return BundledTickets(vectors, records, words, files.map(INDEX), _second(files, len(records)))


def _words(
    files: SealedFolder, starts: NDArray[Any], columns: NDArray[Any], values: NDArray[Any], records: Sequence[object]
) -> Words:
    if len(starts) != len(records) + 1 or not starts[-1] == len(columns) == len(values):
        raise BundleRefused(files.folder, _MISMATCH.format("words"))
    return starts, columns, values
