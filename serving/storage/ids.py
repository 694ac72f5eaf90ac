"""Identifiers that sort by creation time and cannot be guessed."""

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_DIGITS = 26


def first_id(prefix: str, at: datetime) -> str:
    """Return what sorts before every id that is made from an instant on."""
    return _written(prefix, int(at.timestamp() * 1000) << 80)


def new_id(prefix: str, at: datetime) -> str:
    """Return `prefix_` and 26 characters: 48 bits of milliseconds, then 80 random ones, as in a ULID."""
    return _written(prefix, (int(at.timestamp() * 1000) << 80) | secrets.randbits(80))


def _written(prefix: str, number: int) -> str:
    digits = (_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_DIGITS)))
    return f"{prefix}_{''.join(digits)}"
