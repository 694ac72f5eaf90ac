"""Open SQLite connections, with explicit transactions."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from serving.storage.writers import Pending


class transaction:  # noqa: N801 (used as a statement)
    """BEGIN and COMMIT by hand: SQLAlchemy's own is deferred, and a deferred writer fails at once if another wrote."""

    def __init__(self, connection: sa.Connection, begin: str = "BEGIN IMMEDIATE") -> None:
        self._connection, self._begin = connection, begin

    def __enter__(self) -> None:
        run(self._connection, self._begin)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                run(self._connection, "COMMIT")
            except BaseException:
                self._undo()
                raise
        else:
            self._undo()

    def _undo(self) -> None:
        raw = self._connection.connection.dbapi_connection
        if raw is not None and getattr(raw, "in_transaction", False):
            run(self._connection, "ROLLBACK")


def run(connection: sa.Connection, statement: str) -> None:
    """Run what has neither parameters nor rows (BEGIN, COMMIT, SAVEPOINT), past SQLAlchemy, which takes longer than it.

    Raises `sqlalchemy.exc.DBAPIError`: as it does elsewhere.
    """
    raw: Any = connection.connection.dbapi_connection
    try:
        raw.execute(statement)
    except raw.Error as error:
        raise sa.exc.DBAPIError.instance(statement, None, error, raw.Error) from error


def engine_of(driver: ModuleType, path: Path) -> Callable[..., sa.Engine]:
    """Return what makes engines for a file, on a driver, whose connections begin with the pragmas that it is given."""

    def opened(pragmas: tuple[str, ...], **pool: Any) -> sa.Engine:  # noqa: ANN401
        engine = sa.create_engine(
            f"sqlite:///{path}",
            module=driver,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False},
            **pool,
        )

        @sa.event.listens_for(engine, "connect")
        def prepare(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").close()

        return engine

    return opened


def emptied(connection: sa.Connection) -> bool:
    """Checkpoint outside of any transaction; with `secure_delete` the file itself keeps nothing that was deleted.

    A disk that is full or read-only leaves it for a later try: the log stays as it is, and the writer lives on.
    """
    try:
        row = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    except sa.exc.DBAPIError:
        return False
    return not row[0]


class Undone(Exception):
    """An operation that was alone in its transaction failed, by its cause: so the transaction is undone."""


def attempt(connection: sa.Connection, pending: Pending, *, alone: bool) -> None:
    """Run an operation and keep what came of it; one that shares its transaction with no other needs no savepoint."""
    if not alone:
        run(connection, "SAVEPOINT operation")
    try:
        pending.result = pending.operation(connection)
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        if alone:
            raise Undone from error
        run(connection, "ROLLBACK TO operation")
        pending.error = error
    if not alone:
        run(connection, "RELEASE operation")
