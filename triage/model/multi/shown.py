"""A label of a list that a ticket gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from triage.model.certificate import Audit


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """A label of a list: applied by itself (`auto`), or suggested."""

    label: str
    probability: float
    mode: Literal["auto", "suggest"]
    certificate: str | None = None
    expires_at: datetime | None = None
    audit: Audit | None = None
    """Only of a label that would be applied and is put to a person."""
