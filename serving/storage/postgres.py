"""PostgreSQL for several processes, with one writer at a time.

A write first takes one advisory lock of the database, so the writes of all replicas run one after another and each sees
what the previous one committed, as with SQLite. PostgreSQL releases the lock with the transaction, or with the
connection of a process that died.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from serving.storage.advisory_locks import SESSION, AdvisoryLocks
from serving.storage.commit_signal import CommitSignal, notifies
from serving.storage.errors import DatabaseUnavailable, NestedWrite, SchemaNotWritten, StorageNotWritable
from serving.storage.health_probe import HealthProbe
from serving.storage.postgres_connections import SAID_SOON, ServerLines
from serving.storage.schema import migrate, revision
from serving.storage.writers import Writing

T = TypeVar("T")

_WRITER, _SCHEMA = 7_305_001, 7_305_002  # advisory locks: ours, and the same in every replica
_LIMITS = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",  # a writer that hangs makes the others say 503 instead of waiting with it
    "idle_in_transaction_session_timeout": "15s",
    "synchronous_commit": "on",  # whatever the server's default is: an answer means that the disk has it
}


def address(url: str) -> sa.URL:
    """Read the address of a server, or of several by commas, as PostgreSQL's own programs take it."""
    scheme, _, rest = url.partition("://")
    place, _, name = rest.partition("/")
    user, at, hosts = place.rpartition("@")
    if "," in hosts:
        named = "&".join(f"host={each}" for each in hosts.split(","))
        url = f"{scheme}://{user}{at}/{name}{'&' if '?' in name else '?'}{named}"
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def _options(told: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in told.items())


_CONNECT = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
    "options": _options(_LIMITS),
}
_FULL_OR_READ_ONLY = {"53100", "25006"}
_WRITERS = 2  # at work for one process: one writes, and one is next
_PATIENCE_FOR_A_TURN = 5.0
_PATIENCE_FOR_CLAIMS = 5.0
_PATIENCE = 18.0  # seconds that an answer may take: past the server's own limits, for a server that says nothing at all


class PostgresDatabase:
    """A `Database` on a server, with a pool for this process's readers and one writer."""

    is_shared = True
    commits = None

    def __init__(self, url: str, *, readers: int = 4, patience: float = _PATIENCE) -> None:
        self._url = address(url)
        self._engine = sa.create_engine(
            self._url, connect_args=_CONNECT, pool_size=readers + 1, max_overflow=0, pool_timeout=2, pool_pre_ping=True
        )
        self._open = False
        self._lines = ServerLines(self._engine, patience, lambda: self._open)
        # One connection of its own, kept: a server that takes no more of them is there all the same.
        self._looking = sa.create_engine(
            self._url, connect_args=_CONNECT, pool_size=1, max_overflow=0, isolation_level="AUTOCOMMIT"
        )
        ServerLines(self._looking, SAID_SOON)
        self._pulse = HealthProbe(self._look, self._lines.hang_up)
        self._writing, self.commit_signal = Writing(), CommitSignal()
        # Who waits for the lock of all writers holds a connection meanwhile: not all of them, that reads go on.
        self._turns = threading.BoundedSemaphore(_WRITERS)
        alone = sa.create_engine(self._url, poolclass=NullPool, connect_args=_CONNECT | {"options": _options(SESSION)})
        ServerLines(alone, _PATIENCE_FOR_CLAIMS)
        self._claims = AdvisoryLocks(alone, lambda: self._open)

    def open(self, schema: str = "head") -> None:
        """Bring the schema up to date; replicas that start together do it one after the other.

        Raises `DatabaseUnavailable`: the server cannot be reached. Raises `SchemaNotKnown`: a newer Firstline wrote it.
        Raises `SchemaNotWritten`: its disk is full, or it is a standby; nothing was changed.
        """
        patient = sa.create_engine(self._url, poolclass=NullPool, connect_args=_CONNECT)
        try:
            with _told(), patient.begin() as connection:
                # Filling new columns may take longer than any request may.
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA})")
                migrate(connection, schema)
        except StorageNotWritable as error:
            raise SchemaNotWritten("The PostgreSQL database", error.reason) from error
        self._open = True
        self._pulse.start()

    def close(self) -> None:
        """Let every connection go; those that are in use go when they come back."""
        self._open = False
        self._claims.close()
        self._pulse.stop()
        self._engine.dispose()
        self._looking.dispose()

    @property
    def is_open(self) -> bool:
        """Whether reads and writes are taken."""
        return self._open

    def about(self) -> str:
        """Return the engine and its version."""
        return "PostgreSQL " + str(self.read(lambda connection: connection.scalar(sa.text("SHOW server_version"))))

    def unreachable(self) -> str | None:
        """Say why the server does not answer, None when it does; looks for two seconds."""
        return self._pulse.look()

    def _look(self) -> str | None:
        try:
            with _told(), self._looking.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except (DatabaseUnavailable, StorageNotWritable, sa.exc.SQLAlchemyError) as error:
            return str(error)  # whatever it is: a pulse that ended by it would call the server away for ever
        return None

    def write(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run the operation in one transaction, after every other writer's, and return its result after the commit.

        An exception of the operation undoes it and is raised here. Raises `DatabaseUnavailable`: the server did not
        confirm the commit. Raises `StorageNotWritable`: its disk is full, or it is a standby.
        """
        with self._writing, self._there(), self._turn(), self._engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
            result, made_work = operation(connection), notifies(connection)
        if made_work:
            self.commit_signal.notify()
        return result

    def read(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run the operation on one snapshot of the database.

        Raises `DatabaseUnavailable`: the server does not answer.
        """
        if self._writing.here:
            raise NestedWrite
        with self._there(), self._engine.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                return operation(connection)

    def claim(self, name: str) -> bool:
        """Take a name among all processes of the database; False while another holds it.

        Raises `DatabaseUnavailable`: the server does not answer.
        """
        with self._there():
            return self._claims.take(name)

    def disclaim(self, name: str) -> None:
        """Let a name go."""
        self._claims.let_go(name)

    @contextmanager
    def _there(self) -> Iterator[None]:
        """Refuse at once while the server is known to be gone; who gets no answer lets the pulse look for it."""
        self._refuse_if_away()
        try:
            with _told():
                yield
        except DatabaseUnavailable:
            self._pulse.doubt()
            raise

    def _refuse_if_away(self) -> None:
        if self._pulse.gone is not None:
            raise DatabaseUnavailable("the server is known to be away")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=_PATIENCE_FOR_A_TURN):
            raise DatabaseUnavailable("every writer is busy")
        try:
            self._refuse_if_away()  # it may have been lost in the meantime
            yield
        finally:
            self._turns.release()

    def purge(self) -> bool:
        """Leave it to autovacuum: what was deleted can be seen by no query from the commit on."""
        return True


@contextmanager
def _told() -> Iterator[None]:
    """Say what the driver says in our words; what a constraint refuses stays an `IntegrityError`."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise DatabaseUnavailable("every connection is busy") from error
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError) as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in _FULL_OR_READ_ONLY:
            raise StorageNotWritable(f"SQLSTATE {state}") from error
        reason = f"SQLSTATE {state}" if state else type(error.orig).__name__
        raise DatabaseUnavailable(reason) from error


@contextmanager
def snapshot(url: str) -> Iterator[sa.Connection]:
    """Open one snapshot for a command that reads for longer than a request may."""
    engine = sa.create_engine(address(url), poolclass=NullPool)
    with _told(), engine.connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def loading(url: str) -> Iterator[sa.Connection]:
    """Open one transaction that may take as long as it needs, with every other writer kept out."""
    engine = sa.create_engine(address(url), poolclass=NullPool)
    with _told(), engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = on")
        for lock in (_SCHEMA, _WRITER):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")
        yield connection


def migrate_server(url: str, to: str) -> str | None:
    """Bring a database on a server to a schema and return the schema that it then has."""
    database = PostgresDatabase(url)
    database.open(to)
    try:
        return database.read(revision)
    finally:
        database.close()
