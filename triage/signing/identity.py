"""The digest of a manifest: the sha256 of everything that it says, but for the digest itself."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def identity(record: Mapping[str, Any]) -> str:
    """Return the digest of a manifest, which its `id` must be.

    Raises `ValueError`: it holds what no JSON file does.
    """
    sealed = {key: value for key, value in record.items() if key != "id"}
    text = json.dumps(sealed, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_genuine(record: Mapping[str, Any]) -> bool:
    """Tell whether a manifest's `id` is its digest."""
    try:
        return record.get("id") == identity(record)
    except (ValueError, RecursionError):  # not a number, or a lone surrogate
        return False
