"""Build and start the parts of a process, with or without HTTP."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from functools import partial

import msgspec

from serving.clock import Clock
from serving.context import Context, Slice
from serving.inference.allocator import give_back
from serving.jobs.outbox import FAN_OUT, FanOut
from serving.jobs.periodic import PeriodicTask, Scheduler
from serving.jobs.queue import TaskSpec
from serving.jobs.workers import Workers
from serving.keys.api_keys import KeyStore
from serving.keys.console_sessions import ConsoleSessions
from serving.keys.file_store import KeyFile
from serving.keys.installation_secret import InstallationSecret
from serving.peers.crew import Crew
from serving.peers.metrics import SharedMetrics
from serving.peers.sharing import Sharing
from serving.policy.policies import load
from serving.settings import Settings
from serving.storage.database import Database, EmbeddedDatabase, migrate_file
from serving.storage.idempotency_receipts import Receipts
from serving.storage.rate_counters import forget as forget_counters
from serving.telemetry import Telemetry

_FORGET_EVERY = timedelta(minutes=10)
_MEASURE_EVERY = timedelta(seconds=15)
_LEFT_EVERY = timedelta(seconds=2)
_TRIM_EVERY = timedelta(minutes=1)
_CHANCE = random.SystemRandom()
_KEYS_EVERY = timedelta(seconds=2)  # so soon a revoked key ends in every process


def assemble(settings: Settings, clock: Clock, crew: Crew | None = None) -> Context:
    """Build the context, of a process that serves alone or with the workers of a crew; nothing is opened yet.

    Raises `StartRefused` or `PolicyRefused`: the settings or the policies cannot be used.
    """
    database = database_of(settings, crew)
    keys = keys_of(settings, database, clock)
    return Context(
        settings=settings,
        clock=clock,
        database=database,
        keys=keys,
        sessions=ConsoleSessions(database, keys, settings.brand),
        secret=InstallationSecret(settings.secret_path),
        receipts=Receipts(database, settings.idempotency_kept),
        telemetry=Telemetry(settings.brand),
        policies=load(settings.policies),
        crew=crew,
    )


def database_of(settings: Settings, crew: Crew | None = None) -> Database:
    """Return the database that the settings name, not yet open."""
    if settings.database_url is None:
        sharing = Sharing.of(crew) if crew else None
        return EmbeddedDatabase(settings.database_path, readers=settings.readers, sharing=sharing)
    from serving.storage.postgres import PostgresDatabase  # an embedded home needs no driver of a server

    return PostgresDatabase(settings.database_url, readers=settings.readers)


def keys_of(settings: Settings, database: Database, clock: Clock) -> KeyStore:
    """Return the keys: with the database where several processes share one, else in a file beside it."""
    file = KeyFile(settings.keys_path)
    if settings.database_url is None:
        return KeyStore(file)
    from serving.keys.table_store import KeyTable

    return KeyStore(KeyTable(database, clock, file))


@contextmanager
def opened_keys(settings: Settings, clock: Clock) -> Iterator[KeyStore]:
    """Open the keys of a database that several processes share, for a command."""
    database = database_of(settings)
    keys = keys_of(settings, database, clock)
    database.open()
    try:
        keys.open()
        yield keys
    finally:
        database.close()


def migrated(settings: Settings, to: str) -> str | None:
    """Bring the database that the settings name, and that nobody serves, to a schema; return the one it then has."""
    if settings.database_url is None:
        return migrate_file(settings.database_path, to)
    from serving.storage.postgres import migrate_server

    return migrate_server(settings.database_url, to)


def started(context: Context, slices: Sequence[Slice]) -> ExitStack:
    """Open and start everything in order; what did start is stopped again when a later part cannot."""
    look_at_structs(msgspec.Struct)
    forget = PeriodicTask("receipts", _FORGET_EVERY, context.receipts.forget, once=True)
    sessions = PeriodicTask("console_sessions", _FORGET_EVERY, context.sessions.forget, once=True)
    workers = workers_of(context, slices)
    measure = PeriodicTask("jobs", _MEASURE_EVERY, workers.measure)
    counters = PeriodicTask("rate_counters", _FORGET_EVERY, partial(forget_counters, context.database), once=True)
    trim = PeriodicTask("memory", _TRIM_EVERY, lambda at: give_back())  # noqa: ARG005 (it needs no time)
    shared = [PeriodicTask("keys", _KEYS_EVERY, context.keys.refresh), counters] if context.database.is_shared else []
    if context.crew is not None:
        left = SharedMetrics.mine(context.crew.folder)
        shared.append(PeriodicTask("metrics", _LEFT_EVERY, lambda at: left.leave(context.telemetry.registry)))  # noqa: ARG005
    tasks = [forget, sessions, measure, trim, *shared, *(watch for each in slices for watch in each.watches)]
    if context.crew is not None and context.settings.database_url is None:
        tasks = [task.for_who(context.database.claim) for task in tasks]
    watches = Scheduler(tasks, context.clock, context.telemetry)
    with ExitStack() as stack:
        context.database.open()
        stack.callback(context.database.close)
        context.keys.open()
        context.telemetry.event("database.opened", engine=context.database.about())
        for each in slices:
            if each.start is not None:
                each.start()
            if each.stop is not None:
                stack.callback(each.stop)
        watches.start()
        stack.callback(watches.stop)
        if context.settings.worker:
            workers.start()
            stack.callback(workers.stop, timedelta(seconds=context.settings.shutdown_seconds))
        return stack.pop_all()


def workers_of(context: Context, slices: Sequence[Slice], draw: Callable[[], float] = _CHANCE.random) -> Workers:
    """Build what runs the jobs of all slices, and hands out events to those that listen; waits are spread by draws."""
    fan_out = FanOut(context.database, context.clock, [listener for each in slices for listener in each.listeners])
    tasks = {FAN_OUT: TaskSpec(fan_out)}
    for each in slices:
        tasks |= each.tasks
    threads = context.settings.worker_threads
    return Workers(context.database, context.clock, context.telemetry, tasks, threads=threads, draw=draw)


def look_at_structs(base: type[msgspec.Struct]) -> None:
    """Let msgspec look at each struct that is defined by now, before there are threads.

    msgspec 0.22 does so when it first reads one. Two threads that are both the first end the process: the second finds
    the types of the fields not there yet. A struct of the training code beside it, whose types only a type checker can
    read, is read by nobody.
    """
    for each in base.__subclasses__():
        with suppress(NameError):
            msgspec.json.Decoder(each)
        look_at_structs(each)
