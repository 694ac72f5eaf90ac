"""The tickets that a bundle was measured on, stored for fair comparison with a later one.

A ticket is fair for a bundle that has not been fitted on it. So the held-out tickets are kept with what the bundle said
of them (`holdout.jsonl`), and so is a hash of every text that its weights were fitted on (`seen.npy`).
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from triage.model.bundle_files import HOLDOUT, SEEN
from triage.tickets.tombstones import SEEN_BYTES, digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from triage.model.bundle import Bundle
    from triage.tickets.closed_ticket import ClosedTicket

MOST = 5_000


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A ticket that measured: its text, its labels, and what the heads, which never learnt from it, say of it."""

    id: str
    text: str
    labels: Mapping[str, str]
    guesses: Mapping[str, str]
    confidence: Mapping[str, float] | None = None
    """Of each guess; None in bundles made before audits."""
    withheld: Sequence[str] = ()
    """Heads whose label serving would not apply, however sure they are: the text is foreign, or the priority raised."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Language, plan and channel, where they are known."""
    label_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By multi head, the labels that it was closed with."""
    guessed_sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By multi head, the labels that it gets."""
    sure_sets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By multi head, the labels that are likelier than not and their probabilities; none where the text is foreign."""


def write(rows: Sequence[HeldOut]) -> bytes:
    """Write `holdout.jsonl`."""
    return b"".join(json.dumps(asdict(row), ensure_ascii=False).encode() + b"\n" for row in rows)


def read(bundle: Bundle) -> list[HeldOut]:
    """Read a bundle's `holdout.jsonl`."""
    return [HeldOut(**json.loads(line)) for line in bundle.read(HOLDOUT).splitlines() if line]


def read_seen(bundle: Bundle) -> NDArray[np.uint64]:
    """Read a bundle's `seen.npy`."""
    return np.asarray(np.load(io.BytesIO(bundle.read(SEEN)), allow_pickle=False), dtype=np.uint64)


def not_learnt(bundle: Bundle, tickets: Sequence[ClosedTicket]) -> list[ClosedTicket]:
    """Return the tickets whose text no head of the bundle was fitted on, in order."""
    keys = np.array([key(ticket.text) for ticket in tickets], dtype=np.uint64)
    fair = ~np.isin(keys, read_seen(bundle))
    return [ticket for ticket, is_fair in zip(tickets, fair.tolist(), strict=True) if is_fair]


def key(text: str) -> int:
    """Return 64 bits of a text's hash."""
    return int.from_bytes(digest(text, SEEN_BYTES), "big")
