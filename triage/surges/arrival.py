"""A ticket as surges see it: when, from whom, about what."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Literal

from triage.surges.words import hosts_of, words_of

Kind = Literal["all", "area", "urgent", "word", "near"]
"""What is counted: all tickets, those of an area, of the most urgent priorities, with a word, near to one of them."""
URGENT: Final = frozenset({"P0", "P1"})
_BANDS, _ROWS = 8, 2
_PRIME = (1 << 61) - 1
_FACTORS = tuple((zlib.crc32(b"a%d" % n) | 1, zlib.crc32(b"b%d" % n)) for n in range(_BANDS * _ROWS))


@dataclass(frozen=True)
class Arrival:
    """A ticket that came in."""

    id: str
    at: datetime
    sender: str
    """Who wrote it: an address, an account, or the text itself where nobody is known."""
    words: frozenset[str]
    hosts: frozenset[str] = frozenset()
    area: str | None = None
    priority: str | None = None
    foreign: bool | None = None
    """Whether a model found it unlike the desk's tickets; None: no model said."""

    @property
    def labels(self) -> tuple[tuple[Kind, str], ...]:
        """What is counted by label: its area, and whether it is urgent."""
        area: tuple[tuple[Kind, str], ...] = () if self.area is None else (("area", self.area),)
        return (*area, ("urgent", "")) if self.priority in URGENT else area

    @property
    def labelled(self) -> tuple[Kind, ...]:
        """By which labels it could be counted."""
        known: tuple[tuple[Kind, str | None], ...] = (("area", self.area), ("urgent", self.priority))
        return tuple(kind for kind, label in known if label is not None)

    @classmethod
    def of(
        cls,
        id_: str,
        at: datetime,
        text: str,
        *,
        sender: str | None,
        labels: Mapping[str, str | None],
        foreign: bool | None = None,
    ) -> Arrival:
        """Read a text and its labels by head; one whose sender nobody knows is told from others by its words."""
        words = words_of(text)
        known = sender.strip().lower() if sender and sender.strip() else "text:" + " ".join(sorted(words))
        return cls(
            id_,
            at,
            known,
            words,
            hosts_of(text),
            area=labels.get("product_area"),
            priority=labels.get("priority"),
            foreign=foreign,
        )

    @cached_property
    def bands(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of which texts of nearly the same words share at least one (MinHash in bands)."""
        codes = [zlib.crc32(word.encode()) for word in self.words] or [0]
        least = [min((a * code + b) % _PRIME for code in codes) for a, b in _FACTORS]
        return tuple((band, *least[band * _ROWS : (band + 1) * _ROWS]) for band in range(_BANDS))
