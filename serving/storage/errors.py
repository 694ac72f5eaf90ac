"""Errors of the database: at startup, on its disk or server, and with idempotency keys."""

from pathlib import Path

from serving.errors import RequestRefused, ServingError, StartRefused


class StorageFault(ServingError):
    """The database did not do what was asked."""


class StorageAway(StorageFault):
    """Nothing can be kept for a while: what needs no keeping goes on."""

    retry_after = 5


class StorageNotWritable(StorageAway):
    """The disk is full or the file cannot be written; nothing of the operation was kept."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("Nothing was stored, because the database cannot be written now. Try again soon.")


class NestedWrite(StorageFault):
    """A write asked for another write or read, which would wait for itself."""

    def __init__(self) -> None:
        super().__init__("A function given to Database.write used the database again: use its connection.")


class HomeInUse(StartRefused):
    """Another process owns the SQLite file; two writers of one WAL can corrupt it."""

    def __init__(self, home: Path, owner: str) -> None:
        self.home, self.owner = home, owner
        super().__init__(
            f"{home} is in use by {owner or 'another process'}. One process owns an embedded database: "
            "stop the other one, or give this one its own FIRSTLINE_HOME."
        )


class SchemaNotKnown(StartRefused):
    """The database was written by a newer Firstline, or a revision was asked for that does not exist."""

    def __init__(self, found: str, newest: str) -> None:
        self.found, self.newest = found, newest
        super().__init__(
            f"Schema {found} is not known here, the newest is {newest}. If the database has it, "
            "install the version that wrote it, or restore the backup made before."
        )


class DatabaseMissing(StartRefused):
    """There is no database to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} does not exist: start the service once, or name its folder with FIRSTLINE_HOME.")


class StillInFlight(RequestRefused):
    """The first request with this Idempotency-Key has not ended."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still being worked on: ask again soon.")


class IdempotencyKeyReused(RequestRefused):
    """The same Idempotency-Key with another request."""

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request (method, path or body differ): use a new key."
        )


class DatabaseUnavailable(StorageAway):
    """The database's server does not answer, or did not say whether it committed: never told as done."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The database did not answer ({reason}). If this was a write, it is not confirmed: "
            "send it again with the same Idempotency-Key."
        )


class FolderNotLocal(StartRefused):
    """SQLite on a network file system can lose commits and let two processes write at once."""

    def __init__(self, folder: Path, fstype: str) -> None:
        self.folder, self.fstype = folder, fstype
        super().__init__(
            f"{folder} lies on a network file system ({fstype}), where an embedded database is not safe: "
            "set FIRSTLINE_HOME to a folder on a local disk, or FIRSTLINE_DATABASE_URL to a PostgreSQL database."
        )


class FolderNotWritable(StartRefused):
    """The home cannot be written: its rights, a read-only mount or a full disk."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(
            f"{folder} cannot be written ({reason}): make room or give this user the right to write there, "
            "or set FIRSTLINE_HOME to another folder."
        )


class SchemaNotWritten(StartRefused):
    """The disk had no room for a change of the schema, or may not be written: it is one transaction, and undone."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(
            f"{where} could not be brought to another schema ({reason}): nothing was changed. "
            "Make room on its disk, or give this user the right to write there, and start again."
        )


class ServiceHasIt(StartRefused):
    """A command found a service on an embedded database; that service can do the same, and need not be stopped."""

    def __init__(self, line: str) -> None:
        self.line = line
        super().__init__(
            "A service has this database open, and need not be stopped: ask it, with an admin key in KEY "
            f"(`firstline keys create --scope admin` prints one).\n\n{line}\n"
        )
