"""Which SQLite several processes may share.

Before 3.51.3 two connections that write and checkpoint at the same moment could corrupt the log (the WAL-reset fault).
Debian 12 has 3.40.1; the wheel `pysqlite3` brings a newer one.
"""

import importlib
import sqlite3
from types import ModuleType

from serving.errors import StartRefused

NEEDED = (3, 51, 3)


class SqliteTooOld(StartRefused):
    """Several worker processes were asked for, and no SQLite here may be shared by them."""

    def __init__(self, workers: int, found: str) -> None:
        self.workers, self.found = workers, found
        needed = ".".join(map(str, NEEDED))
        super().__init__(
            f"{workers} workers share one database, which needs SQLite {needed} or newer; this Python has {found}. "
            "Install `pysqlite3` 0.6.1 or newer, or set FIRSTLINE_DATABASE_URL (PostgreSQL), or --workers 1."
        )


def shared_driver() -> ModuleType | None:
    """Return the module of a SQLite that several processes may share; None where there is none."""
    return next((each for each in _drivers() if each.sqlite_version_info >= NEEDED), None)


def newest_here() -> str:
    """Return the version of the newest SQLite that is here."""
    return str(max(_drivers(), key=lambda each: each.sqlite_version_info).sqlite_version)


def _drivers() -> list[ModuleType]:
    try:
        return [sqlite3, importlib.import_module("pysqlite3.dbapi2")]
    except ImportError:
        return [sqlite3]
