"""A published BERT of toy size: random weights in safetensors, a tokenizer that pads, and its arithmetic in numpy."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS = "[PAD] [UNK] my invoice is wrong how do i reset the password export stops after an hour".split()  # noqa: SIM905
HIDDEN, HEADS, LAYERS, WIDE, PLACES = 32, 4, 2, 64, 24
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": HIDDEN,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": PLACES,
}


@dataclass
class TinyBert:
    weights: dict[str, np.ndarray] = field(default_factory=lambda: random_weights(7))

    def save(self, folder: Path, *, config: dict[str, object] | None = None) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.safetensors").write_bytes(safetensors(self.weights))
        (folder / "config.json").write_text(json.dumps(CONFIG if config is None else config))
        (folder / "tokenizer.json").write_text(tokenizer().to_str())
        return folder

    def encode(self, text: str) -> np.ndarray:
        """The mean over tokens, unit length."""
        mean = self.states(text)[-1].mean(axis=0)
        return mean / np.linalg.norm(mean)

    def states(self, text: str) -> list[np.ndarray]:
        """The forward pass as the paper writes it: (n_tokens, dim) after the embeddings and after each layer."""
        ids = [WORDS.index(word) if word in WORDS else 1 for word in text.split()][:PLACES]
        states = self._get("embeddings.word_embeddings.weight")[ids]
        states = states + self._get("embeddings.position_embeddings.weight")[: len(ids)]
        states = self._normed(states + self._get("embeddings.token_type_embeddings.weight")[0], "embeddings.LayerNorm")
        found = [states]
        for number in range(LAYERS):
            found.append(self._layer(found[-1], f"encoder.layer.{number}"))
        return found

    def _layer(self, states: np.ndarray, at: str) -> np.ndarray:
        query, key, value = (self._linear(states, f"{at}.attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for columns in np.split(np.arange(HIDDEN), HEADS):
            scores = query[:, columns] @ key[:, columns].T / math.sqrt(HIDDEN // HEADS)
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            heads.append(shares / shares.sum(axis=1, keepdims=True) @ value[:, columns])
        mixed = self._linear(np.concatenate(heads, axis=1), f"{at}.attention.output.dense")
        states = self._normed(states + mixed, f"{at}.attention.output.LayerNorm")
        wide = self._linear(states, f"{at}.intermediate.dense")
        wide = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        return self._normed(states + self._linear(wide, f"{at}.output.dense"), f"{at}.output.LayerNorm")

    def _linear(self, states: np.ndarray, at: str) -> np.ndarray:
        return states @ self._get(f"{at}.weight").T + self._get(f"{at}.bias")

    def _normed(self, states: np.ndarray, at: str) -> np.ndarray:
        centred = states - states.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt(centred.var(axis=1, keepdims=True) + 1e-12)
        return scaled * self._get(f"{at}.weight") + self._get(f"{at}.bias")

    def _get(self, name: str) -> np.ndarray:
        return self.weights[name].astype(np.float64)


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.enable_padding(length=16, pad_id=0, pad_token="[PAD]")  # as published files often do
    return made


def random_weights(seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (len(WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": (PLACES, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
    }
    shapes |= {f"embeddings.LayerNorm.{part}": (HIDDEN,) for part in ("weight", "bias")}
    for number in range(LAYERS):
        at = f"encoder.layer.{number}."
        for place, rows, columns in (
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", WIDE, HIDDEN),
            ("output.dense", HIDDEN, WIDE),
        ):
            shapes |= {f"{at}{place}.weight": (rows, columns), f"{at}{place}.bias": (rows,)}
        for place in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{at}{place}.{part}": (HIDDEN,) for part in ("weight", "bias")}
    return {name: draw.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def safetensors(weights: dict[str, np.ndarray]) -> bytes:
    header: dict[str, object] = {}
    body = b""
    for name, array in weights.items():
        data = array.tobytes()
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    head = json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + body
