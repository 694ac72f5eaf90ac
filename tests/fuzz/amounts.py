"""How much is tried, and from which seed: `make test-slow` tries a tenth of what `make fuzz` does."""

from __future__ import annotations

import os
from random import Random

SHARE = float(os.environ.get("FUZZ_SHARE", "0.1"))  # of each number below
SEED = os.environ.get("FUZZ_SEED", "1")
GENERATED, RAW, ARTICLES, TEXTS = (int(SHARE * full) for full in (10_000, 100_000, 100_000, 20_000))


def chance(kind: str, number: int) -> Random:
    """Return the source of chance of one attempt: a failure is found again by its seed, kind and number."""
    return Random(f"{SEED}:{kind}:{number}")


def named(kind: str, number: int) -> str:
    """Say how an attempt is made again."""
    return f"{kind} {number} of FUZZ_SEED={SEED}"
