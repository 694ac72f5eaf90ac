"""Wiring of the privacy slice."""

from collections.abc import Sequence
from datetime import timedelta

from serving.context import Context, Slice
from serving.erasure import Eraser
from serving.jobs.periodic import PeriodicTask
from serving.privacy import mentions_in_tables
from serving.privacy.endpoints import ErasureController
from serving.privacy.erasing import Erasing, Forget
from serving.storage import idempotency_receipts as receipts

_AGAIN_EVERY = timedelta(seconds=30)
_FOLLOWED_EVERY = timedelta(seconds=2)  # where another worker of this service may have erased


def wire(context: Context, others: Sequence[Slice], forget: Forget) -> Slice:
    """Return the slice: it erases by what the others say, then drops kept answers, then mentions by others."""
    erasers: list[Eraser] = [each.erase for each in others if each.erase is not None]
    erasing = Erasing(context, [*erasers, receipts.erase, mentions_in_tables.erase], forget)
    return Slice(
        handlers=[ErasureController],
        dependencies={"erasing": erasing},
        watches=[
            PeriodicTask("purge", _AGAIN_EVERY, erasing.purge),
            PeriodicTask("erased", _FOLLOWED_EVERY if context.crew else _AGAIN_EVERY, erasing.follow),
        ],
        start=erasing.remember,
    )
