"""A desk whose closed tickets carry wrong labels, and people who know the right ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.training.desk import WORDS, tickets
from training.audit.answers import Answer, Verdict
from training.bundles.held_out import HeldOut
from training.config import Head, RefitConfig

LABELS = sorted(WORDS)
ONE_HEAD = RefitConfig(head=Head(strengths=(3.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
AT = "2026-02-01T09:00:00Z"


def noisy(n: int, every: int = 8) -> list[dict[str, Any]]:
    """Return tickets of which every eighth was closed with another label than the right one."""
    return [
        row | {"category": LABELS[(LABELS.index(row["category"]) + 1) % 3] if i % every == 0 else row["category"]}
        for i, row in enumerate(tickets(n, product_area=None))
    ]


def right(n: int) -> dict[str, str]:
    """Return the right label of each ticket."""
    return {row["id"]: row["category"] for row in tickets(n)}


def answer(ticket: str, *labels: str, head: str = "category", **changes: Any) -> Answer:
    """Return the answer that a person gives who accepts these labels."""
    kind = "label" if len(labels) == 1 else "both" if labels else "neither"
    return Answer(id=ticket, heads={head: Verdict(kind=kind, labels=labels)}, **{"who": "ann", "at": AT} | changes)


def held(ticket: str, guess: str = "bug", closed: str = "bug", confidence: float = 0.9, **changes: Any) -> HeldOut:
    """Return a held-out ticket of one head."""
    row: Mapping[str, Any] = {
        "text": f"text of {ticket}",
        "labels": {"category": closed},
        "guesses": {"category": guess},
        "confidence": {"category": confidence},
    }
    return HeldOut(**{"id": ticket, **row} | changes)
