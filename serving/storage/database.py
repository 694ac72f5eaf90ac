"""SQLite with one writer at a time.

All writes go through the only writing connection, which also checkpoints. The thread that writes commits the waiting
writes of others with its own, each in a savepoint, and a caller gets its result only after the commit reached the disk.
Readers are `query_only`, see one snapshot each and never checkpoint.

Where worker processes share the file, each has such a connection, and a file lock lets one of them write at a time, its
checkpoint included.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import sqlalchemy as sa
from sqlalchemy.pool import NullPool, QueuePool

from serving.peers.sharing import Sharing
from serving.storage.commit_signal import CommitSignal, notifies
from serving.storage.errors import DatabaseMissing, NestedWrite, SchemaNotWritten, StorageNotWritable
from serving.storage.file_systems import insist_on_local, mounted, owner_only, refused_by_disk
from serving.storage.process_lock import ProcessLock
from serving.storage.schema import migrate, revision
from serving.storage.sqlite_connections import Undone, attempt, emptied, engine_of, transaction
from serving.storage.writers import Line, Pending, Writing

T = TypeVar("T")
Write = Callable[[Callable[[sa.Connection], T]], T]
"""Runs work in one transaction and returns its result after the commit: `Database.write`, or what adds to it."""

_GROUP = 64  # operations in one commit, so that the first does not wait for a long queue
_WRITER = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "mmap_size=0",
)
_READER = (
    "query_only=ON",
    "wal_autocheckpoint=0",
    "busy_timeout=5000",
    "mmap_size=0",
    "cache_size=-500",  # kB; each write empties it, so more would only be allocated and freed again and again
)


@runtime_checkable  # Litestar looks whether what it hands to a handler is one
class Database(Protocol):
    """The database interface: `write` and `read` take a function of a connection.

    `EmbeddedDatabase` is SQLite for one process, `serving.storage.postgres.PostgresDatabase` is for several.
    """

    commit_signal: CommitSignal  # rings after a commit that made work

    def open(self, schema: str = "head") -> None:
        """Bring the schema up to date and take reads and writes."""

    def close(self) -> None:
        """Finish and let go."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may read and write it."""

    @property
    def is_open(self) -> bool:
        """Whether reads and writes are taken."""

    @property
    def commits(self) -> int | None:
        """A number that grows with each commit; None during one, and where other processes commit, too."""

    def about(self) -> str:
        """Return the engine and its version."""

    def unreachable(self) -> str | None:
        """Say why the database does not answer, None when it does."""

    def write(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run the operation in one transaction, after every other, and return its result after the commit."""

    def read(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run the operation on one snapshot."""

    def claim(self, name: str) -> bool:
        """Take a name among all processes that share the database; False while another process holds it."""

    def disclaim(self, name: str) -> None:
        """Let a name go; a process that dies lets all go."""

    def purge(self) -> bool:
        """Take away what still lies beside the tables of deleted rows; False when a later try is needed."""


class EmbeddedDatabase:
    """SQLite in a file that this process owns, or that the worker processes of one service share."""

    def __init__(
        self,
        path: Path,
        *,
        readers: int = 4,
        mounts: Callable[[], str] = mounted,
        sharing: Sharing | None = None,
    ) -> None:
        self.commit_signal, self._mounts = CommitSignal(), mounts
        self._commits, self._committing = 0, False
        self._lock = ProcessLock(path.with_suffix(".lock"))
        self._path, self._sharing = path, sharing
        self._driver = sharing.driver if sharing else sqlite3
        self._turn: AbstractContextManager[object] = sharing.turn if sharing else nullcontext()
        self._writer = (opened := engine_of(self._driver, path))(_WRITER, poolclass=NullPool)
        self._readers = opened(_READER, poolclass=QueuePool, pool_size=readers, max_overflow=0)
        self._line, self._writing = Line(), Writing()
        self._connection: sa.Connection | None = None  # of whoever leads the line

    def open(self, schema: str = "head") -> None:
        """Take the lock, bring the schema up to date and let writers in.

        Raises `FolderNotLocal`: it lies on another machine. Raises `HomeInUse`: another process owns the file. Raises
        `SchemaNotKnown`: a newer Firstline wrote it. Raises `SchemaNotWritten`: the disk is full; nothing was changed.
        """
        insist_on_local(self._path.parent, self._mounts())
        if self._sharing is None:
            self._lock.take()
        elif self._sharing.holds_lock:  # else the process that started the workers holds it for all of them
            self._lock.share()
        try:
            self._connection = self._migrated(schema)
        except BaseException as error:
            self._lock.release()
            if (reason := refused_by_disk(error)) is not None:
                raise SchemaNotWritten(str(self._path), reason) from error
            raise

    def _migrated(self, schema: str) -> sa.Connection:
        owner_only(self._path)
        connection = self._writer.connect()
        try:
            with self._turn, transaction(connection):
                migrate(connection, schema)
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Finish what is queued, checkpoint and let go of the file.

        The writer goes last: SQLite checkpoints, and takes the log away, when nobody else has the file open.
        """
        with self._alone() as connection:
            if connection is None:
                return
            self._connection = None
            with self._turn, connection:
                self._readers.dispose()
                emptied(connection)
        self._lock.release()

    @property
    def is_shared(self) -> bool:
        """Whether other processes may read and write it."""
        return self._sharing is not None

    @property
    def is_open(self) -> bool:
        """Whether reads and writes are taken."""
        return self._connection is not None

    @property
    def commits(self) -> int | None:
        """None during a commit: it is visible before it is counted."""
        return None if self._committing or self._sharing is not None else self._commits

    def about(self) -> str:
        """Return the engine and its version."""
        return f"SQLite {self._driver.sqlite_version}"

    def unreachable(self) -> str | None:
        """Return None: a file is always there."""
        return None

    def write(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run the operation in the writer's transaction and return its result after the commit.

        An exception of the operation undoes this operation alone and is raised here.
        """
        mine = Pending(operation)
        with self._writing:
            if self._line.leads(mine):
                self._commit(mine)
        outcome: T = mine.outcome()
        return outcome

    def claim(self, name: str) -> bool:
        """Take a name among the processes that share the file; one that owns it has every name."""
        return self._sharing is None or self._sharing.names.take(name)

    def disclaim(self, name: str) -> None:
        """Let a name go."""
        if self._sharing is not None:
            self._sharing.names.let_go(name)

    def purge(self) -> bool:
        """Empty the log, which holds earlier states; False while a reader looks at one, or the disk is full."""
        with self._alone() as connection:
            if connection is None:
                return False
            with self._turn:
                return emptied(connection)

    def read(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run the operation on one snapshot of the database."""
        if self._writing.here:
            raise NestedWrite
        with self._readers.connect() as connection, transaction(connection, "BEGIN"):
            return operation(connection)

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection | None]:
        """Lead without an operation, outside of any transaction."""
        self._line.leads(Pending(emptied, joins=False))
        try:
            yield self._connection
        finally:
            self._line.hand_over([])

    def _commit(self, mine: Pending) -> None:
        """Run a group in one transaction; whoever waits is answered only when it is on disk."""
        group, made_work = [mine], False
        try:
            connection = self._owned()
            with self._turn:
                group += self._line.followers(_GROUP - 1)
                self._committing = True
                with transaction(connection):
                    for each in group:
                        attempt(connection, each, alone=len(group) == 1)
            self._commits += 1
            made_work = notifies(connection)
        except BaseException as found:  # noqa: BLE001 (nobody waits for ever)
            fault = (isinstance(found, Undone) and found.__cause__) or found
            for each in group:
                each.error = StorageNotWritable(str(found.orig)) if isinstance(found, sa.exc.DBAPIError) else fault
        finally:
            self._committing = False
            self._line.hand_over(group[1:])
        if made_work:
            self.commit_signal.notify()

    def _owned(self) -> sa.Connection:
        if self._connection is None:
            raise StorageNotWritable("it is closed")
        return self._connection


@contextmanager
def read_only(path: Path | str) -> Iterator[sa.Connection]:
    """Open one snapshot beside the process that owns the file, or on a server (an address): it writes nothing.

    Raises `DatabaseMissing`: there is no such file.
    """
    if isinstance(path, str):
        from serving.storage.postgres import snapshot

        with snapshot(path) as connection:
            yield connection
        return
    if not path.is_file():
        raise DatabaseMissing(path)
    engine = engine_of(sqlite3, path)(_READER, poolclass=NullPool)
    with engine.connect() as connection, transaction(connection, "BEGIN"):
        yield connection


def migrate_file(path: Path, to: str) -> str | None:
    """Bring a database that nobody has open to a schema and return the schema that it then has.

    Raises `HomeInUse`: a process has it open.
    """
    database = EmbeddedDatabase(path)
    database.open(to)
    try:
        return database.read(revision)
    finally:
        database.close()
