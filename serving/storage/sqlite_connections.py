"""Open SQLite connections, with explicit transactions."""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa


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
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError.instance(statement, None, error, sqlite3.Error) from error


def engine_of(path: Path, pragmas: tuple[str, ...], **pool: Any) -> sa.Engine:  # noqa: ANN401
    """Return an engine for a file whose connections begin with the pragmas."""
    engine = sa.create_engine(
        f"sqlite:///{path}", isolation_level="AUTOCOMMIT", connect_args={"check_same_thread": False}, **pool
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    return engine
