"""Identifiers that sort by creation time and cannot be guessed."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_DIGITS = 26


def first_id(prefix: str, at: datetime) -> str:
    """Return what sorts before every id that is made from an instant on."""
    return _written(prefix, int(at.timestamp() * 1000) << 80)


def new_id(prefix: str, at: datetime) -> str:
    """Return `prefix_` and 26 characters: 48 bits of milliseconds, then 80 random ones, as in a ULID."""
    return _written(prefix, (int(at.timestamp() * 1000) << 80) | secrets.randbits(80))


def derived_id(prefix: str, at: datetime, name: str) -> str:
    """Return an id that is always the same for an instant and a name: of what is kept without one."""
    drawn = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])
    return _written(prefix, (int(at.timestamp() * 1000) << 80) | drawn)


def _written(prefix: str, number: int) -> str:
    digits = (_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_DIGITS)))
    return f"{prefix}_{''.join(digits)}"


def padded(ids: Sequence[T]) -> Sequence[T]:
    """Return ids for an `IN`, the last repeated until their number is a power of two.

    A connection keeps the statements that it prepared, 30 kB of memory for 500 ids: of few lengths there are few.
    """
    if not ids:
        return ids
    length = 1 << (len(ids) - 1).bit_length()
    return [*ids, *(ids[-1] for _ in range(length - len(ids)))]
