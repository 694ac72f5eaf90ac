"""Wiring of the privacy slice."""

from collections.abc import Sequence
from datetime import timedelta

from serving.context import Ground, Slice
from serving.erasure import Eraser
from serving.jobs.periodic import Watch
from serving.privacy.endpoints import ErasureController
from serving.privacy.erasing import Erasing, Forget
from serving.storage import idempotency_receipts as receipts

_AGAIN_EVERY = timedelta(seconds=30)


def wire(ground: Ground, others: Sequence[Slice], forget: Forget) -> Slice:
    """Return the slice: it erases by what the others say of their tables, in their order, and kept answers last."""
    erasers: list[Eraser] = [each.erase for each in others if each.erase is not None]
    erasing = Erasing(ground, [*erasers, receipts.erase], forget)
    return Slice(
        handlers=[ErasureController],
        dependencies={"erasing": erasing},
        watches=[Watch("purge", _AGAIN_EVERY, erasing.purge), Watch("erased", _AGAIN_EVERY, erasing.follow)],
        start=erasing.remember,
    )
