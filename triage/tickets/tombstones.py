"""Tombstones of erased tickets: ids and text hashes, so that a refit can show that they are gone.

Serving writes them as JSON Lines into `<home>/erased.jsonl`. Training reads it, leaves those tickets out and looks for
them in a bundle before promotion. The hashes are of redacted texts (`triage.text.cleaning.model_text`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.errors import UnreadableRecord

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "erased.jsonl"
VECTOR_BYTES, SEEN_BYTES = 16, 8  # of a text's hash in the cache of vectors, and in a bundle's `seen.npy`


def digest(text: str, size: int) -> bytes:
    """Return so many bytes of a text's hash."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """One erased ticket: its id here, its id at the helpdesk, and the hashes of its texts."""

    id: str
    external_id: str | None = None
    vectors: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()

    @classmethod
    def over(cls, case_id: str, external_id: str | None, texts: Iterable[str]) -> Tombstone:
        """Put one up for a case whose texts models have read."""
        read = [text for text in texts if text]
        return cls(
            id=case_id,
            external_id=external_id,
            vectors=tuple(digest(text, VECTOR_BYTES).hex() for text in read),
            seen=tuple(digest(text, SEEN_BYTES).hex() for text in read),
        )


@dataclass(frozen=True, slots=True)
class Erased:
    """All tombstones, for look-ups."""

    ids: frozenset[str] = frozenset()
    vectors: frozenset[bytes] = frozenset()
    seen: frozenset[int] = frozenset()

    @classmethod
    def of(cls, stones: Iterable[Tombstone]) -> Erased:
        """Gather them."""
        known = list(stones)
        return cls(
            frozenset(each for stone in known for each in (stone.id, stone.external_id) if each),
            frozenset(bytes.fromhex(each) for stone in known for each in stone.vectors),
            frozenset(int(each, 16) for stone in known for each in stone.seen),
        )

    def __bool__(self) -> bool:
        return bool(self.ids)

    def has(self, case_id: str, text: str) -> bool:
        """Tell whether a case was erased, also where an export knows it by another id."""
        return case_id in self.ids or self.said(text)

    def said(self, text: str) -> bool:
        """Tell whether an erased case said this, word for word."""
        return int.from_bytes(digest(text, SEEN_BYTES), "big") in self.seen


def write(stones: Iterable[Tombstone]) -> bytes:
    """Write the lines of `erased.jsonl`."""
    return b"".join(
        json.dumps({name: getattr(stone, name) for name in Tombstone.__slots__}).encode() + b"\n" for stone in stones
    )


def read(home: Path) -> Erased:
    """Read `erased.jsonl` of a home folder; where there is none, nothing was erased. Raises `UnreadableRecord`."""
    path = home / FILE
    if not path.is_file():
        return Erased()
    try:
        rows = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        stones = [Tombstone(**row | {name: tuple(row[name]) for name in ("vectors", "seen")}) for row in rows]
        return Erased.of(stones)
    except (KeyError, TypeError, ValueError) as problem:
        raise UnreadableRecord(
            "tombstone", f"{path} is damaged ({problem}); a start of the service rewrites it"
        ) from None
