"""Gate: a bundle contains nothing of erased customers, neither a ticket nor a text nor as training data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.promotion.gates import Gate
from triage.model.promotion.erased_content import places

if TYPE_CHECKING:
    from triage.model.bundle_files import SealedFolder
    from triage.tickets.tombstones import Erased

NAME = "erased tickets"


def gate(candidate: SealedFolder, erased: Erased) -> Gate:
    """Look for every erased ticket, by its id and by its words, in every file that could hold it."""
    found = "; ".join(places(candidate, erased))
    if found:
        reason = f"it holds what was erased: {found}. Refit on a fresh export, or without --encoder if that has seen it"
        return Gate(NAME, passed=False, reason=reason)
    reason = f"none of the {len(erased.ids)} is shown, measured with, remembered or learnt from"
    return Gate(NAME, passed=True, reason=reason)
