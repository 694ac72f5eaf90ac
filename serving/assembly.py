"""Building and starting the parts that a process runs, with HTTP or without."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta

from serving.clock import Clock
from serving.database import Database
from serving.ground import Ground, Slice
from serving.keys import KeyStore
from serving.policies import load
from serving.receipts import Receipts
from serving.settings import Settings
from serving.telemetry import Telemetry
from serving.watches import Watch, Watches

_FORGET_EVERY = timedelta(minutes=10)


def assemble(settings: Settings, clock: Clock) -> Ground:
    """Build the ground; nothing is opened yet.

    Raises `StartRefused` or `PolicyRefused`: the settings or the policies cannot be used.
    """
    database = Database(settings.database_path, readers=settings.readers)
    return Ground(
        settings=settings,
        clock=clock,
        database=database,
        keys=KeyStore(settings.keys_path),
        receipts=Receipts(database, settings.idempotency_kept),
        telemetry=Telemetry(),
        policies=load(settings.policies),
    )


def started(ground: Ground, slices: Sequence[Slice]) -> ExitStack:
    """Open and start everything in order; what did start is stopped again when a later part cannot."""
    forget = Watch("receipts", _FORGET_EVERY, ground.receipts.forget)
    watches = Watches([forget, *(watch for each in slices for watch in each.watches)], ground.clock, ground.telemetry)
    with ExitStack() as stack:
        ground.database.open()
        stack.callback(ground.database.close)
        for each in slices:
            if each.start is not None:
                each.start()
            if each.stop is not None:
                stack.callback(each.stop)
        watches.start()
        stack.callback(watches.stop)
        return stack.pop_all()
