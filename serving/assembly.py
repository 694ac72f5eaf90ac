"""Building and starting the parts that a process runs, with HTTP or without."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta

from serving.clock import Clock
from serving.database import Database, EmbeddedDatabase, migrate_file
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
    database = database_of(settings)
    return Ground(
        settings=settings,
        clock=clock,
        database=database,
        keys=KeyStore(settings.keys_path),
        receipts=Receipts(database, settings.idempotency_kept),
        telemetry=Telemetry(),
        policies=load(settings.policies),
    )


def database_of(settings: Settings) -> Database:
    """Return the database that the settings name, not yet open."""
    if settings.database_url is None:
        return EmbeddedDatabase(settings.database_path, readers=settings.readers)
    from serving.postgres import PostgresDatabase  # an embedded home needs no driver of a server

    return PostgresDatabase(settings.database_url, readers=settings.readers)


def migrated(settings: Settings, to: str) -> str | None:
    """Bring the database that the settings name, and that nobody serves, to a schema; return the one it then has."""
    if settings.database_url is None:
        return migrate_file(settings.database_path, to)
    from serving.postgres import migrate_server

    return migrate_server(settings.database_url, to)


def started(ground: Ground, slices: Sequence[Slice]) -> ExitStack:
    """Open and start everything in order; what did start is stopped again when a later part cannot."""
    forget = Watch("receipts", _FORGET_EVERY, ground.receipts.forget)
    watches = Watches([forget, *(watch for each in slices for watch in each.watches)], ground.clock, ground.telemetry)
    with ExitStack() as stack:
        ground.database.open()
        stack.callback(ground.database.close)
        ground.telemetry.event("database.opened", engine=ground.database.about())
        for each in slices:
            if each.start is not None:
                each.start()
            if each.stop is not None:
                stack.callback(each.stop)
        watches.start()
        stack.callback(watches.stop)
        return stack.pop_all()
