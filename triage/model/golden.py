"""Golden texts: texts, and what the bundle's heads and its second encoder made of them when it was made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

TOLERANCE = 1e-3
_TIE = 2 * TOLERANCE  # two labels nearer than this may change places within the tolerance
COSINE_TOLERANCE = 0.02  # int8 products differ a little between processors


@dataclass(frozen=True, slots=True)
class Golden:
    """Texts and the expected probabilities of each head, (n_texts, n_classes); run before a bundle serves."""

    texts: tuple[str, ...]
    probabilities: Mapping[str, NDArray[np.float64]]
    cosines: NDArray[np.float64] | None = None
    """How similar the texts are to each other by the second encoder, (n_texts, n_texts); None without one."""

    @classmethod
    def from_json(cls, data: bytes) -> Golden:
        """Read `golden.json`."""
        record: dict[str, Any] = json.loads(data)
        heads = {head: np.asarray(rows, dtype=np.float64) for head, rows in record["probabilities"].items()}
        cosines = record.get("second_cosines")
        return cls(tuple(record["texts"]), heads, None if cosines is None else np.asarray(cosines, dtype=np.float64))

    def to_json(self) -> bytes:
        """Write `golden.json`."""
        heads = {head: np.round(rows, 6).tolist() for head, rows in self.probabilities.items()}
        record: dict[str, Any] = {"texts": self.texts, "probabilities": heads}
        if self.cosines is not None:
            record["second_cosines"] = np.round(self.cosines, 4).tolist()
        return json.dumps(record, ensure_ascii=False, indent=1).encode()

    def failures(self, found: Mapping[str, NDArray[np.float64]]) -> list[str]:
        """Compare what the heads say now with what is remembered; an empty list means passed."""
        missing = [f"{head}: no answer" for head in self.probabilities if head not in found]
        return missing + [
            failure
            for head, expected in self.probabilities.items()
            if head in found
            for failure in _differences(head, expected, found[head], self.texts)
        ]

    def second_failures(self, vectors: NDArray[np.floating]) -> list[str]:
        """Compare the texts' vectors by the second encoder, (n_texts, dim), with what is remembered of them."""
        if self.cosines is None or self.cosines.shape != (len(self.texts), len(self.texts)):
            return ["second encoder: nothing is remembered"]
        gap = np.abs(vectors @ vectors.T - self.cosines).max(initial=0.0)
        return [] if gap <= COSINE_TOLERANCE else [f"second encoder: golden texts are off by {gap:.4f}"]


def _differences(
    head: str, expected: NDArray[np.float64], found: NDArray[np.float64], texts: Sequence[str]
) -> list[str]:
    if expected.shape != found.shape:
        return [f"{head}: {found.shape} probabilities where {expected.shape} are remembered"]
    if not np.isfinite(found).all():
        return [f"{head}: probabilities that are not numbers"]
    failures = []
    for i in range(len(texts)):
        gap = float(np.abs(expected[i] - found[i]).max())
        top = int(expected[i].argmax())
        if gap > TOLERANCE:
            failures.append(f"{head}: golden text {i} is off by {gap:.4f} (at most {TOLERANCE} is allowed)")
        elif found[i].max() - found[i][top] > _TIE:
            failures.append(f"{head}: golden text {i} has another label on top")
    return failures
