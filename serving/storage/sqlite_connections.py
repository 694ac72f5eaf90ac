"""Open SQLite connections, with explicit transactions."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa


class transaction:  # noqa: N801 (used as a statement)
    """BEGIN and COMMIT by hand: SQLAlchemy's own is deferred, and a deferred writer fails at once if another wrote."""

    def __init__(self, connection: sa.Connection, begin: str = "BEGIN IMMEDIATE") -> None:
        self._connection, self._begin = connection, begin

    def __enter__(self) -> None:
        self._connection.exec_driver_sql(self._begin)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._connection.exec_driver_sql("COMMIT")
            except BaseException:
                self._undo()
                raise
        else:
            self._undo()

    def _undo(self) -> None:
        raw = self._connection.connection.dbapi_connection
        if raw is not None and getattr(raw, "in_transaction", False):
            self._connection.exec_driver_sql("ROLLBACK")


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
