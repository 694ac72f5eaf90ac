"""Golden texts: texts and the probabilities that the bundle's heads gave them when it was made."""

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


@dataclass(frozen=True, slots=True)
class Golden:
    """Texts and the expected probabilities of each head, (n_texts, n_classes); run before a bundle serves."""

    texts: tuple[str, ...]
    probabilities: Mapping[str, NDArray[np.float64]]

    @classmethod
    def from_json(cls, data: bytes) -> Golden:
        """Read `golden.json`."""
        record: dict[str, Any] = json.loads(data)
        heads = {head: np.asarray(rows, dtype=np.float64) for head, rows in record["probabilities"].items()}
        return cls(tuple(record["texts"]), heads)

    def to_json(self) -> bytes:
        """Write `golden.json`."""
        heads = {head: np.round(rows, 6).tolist() for head, rows in self.probabilities.items()}
        return json.dumps({"texts": self.texts, "probabilities": heads}, ensure_ascii=False, indent=1).encode()

    def failures(self, found: Mapping[str, NDArray[np.float64]]) -> list[str]:
        """Compare what the heads say now with what is remembered; an empty list means passed."""
        missing = [f"{head}: no answer" for head in self.probabilities if head not in found]
        return missing + [
            failure
            for head, expected in self.probabilities.items()
            if head in found
            for failure in _differences(head, expected, found[head], self.texts)
        ]


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
