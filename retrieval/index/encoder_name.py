"""Which encoder made the vectors of an index."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EncoderName:
    """Which encoder made the vectors."""

    name: str
    fingerprint: str
    dim: int
