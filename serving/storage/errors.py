"""Errors of the database: at startup, on its disk or server, and with idempotency keys."""

from pathlib import Path

from serving.errors import RequestRefused, ServingError, StartRefused


class StorageFault(ServingError):
    """The database failed."""


class StorageAway(StorageFault):
    """Nothing can be stored for a while; requests that store nothing still work."""

    retry_after = 5


class StorageNotWritable(StorageAway):
    """The disk is full or the file cannot be written; nothing was stored."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("Nothing was stored, because the database cannot be written now. Try again soon.")


class KeyFileNotUsable(StorageNotWritable):
    """The file of the API keys cannot be read or written."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        StorageFault.__init__(
            self,
            f"{path} cannot be used ({reason}): check that this account may write there, that there is room, "
            "and that it is the home's keys.db.",
        )


class NestedWrite(StorageFault):
    """A write asked for another write or read, which would wait for itself."""

    def __init__(self) -> None:
        super().__init__("A function given to Database.write used the database again: use its connection.")


class HomeInUse(StartRefused):
    """Another process owns the SQLite file; two writers of one WAL can corrupt it."""

    def __init__(self, home: Path, owner: str) -> None:
        self.home, self.owner = home, owner
        super().__init__(
            f"{home} is in use by {owner or 'another process'}. One service owns an embedded database: "
            "stop the other one, or give this one its own FIRSTLINE_HOME."
        )


class SchemaNotKnown(StartRefused):
    """The database is from a newer Firstline, or the requested revision does not exist."""

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
    """The server does not answer, or did not confirm the commit; such a write is never reported as done."""

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
    """The home cannot be written: permissions, a read-only mount or a full disk."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(
            f"{folder} cannot be written ({reason}): make room or give this user the right to write there, "
            "or set FIRSTLINE_HOME to another folder."
        )


class SchemaNotWritten(StartRefused):
    """A schema migration failed for lack of disk space or permission; the database is unchanged."""

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(
            f"{where} could not be brought to another schema ({reason}): nothing was changed. "
            "Make room on its disk, or give this user the right to write there, and start again."
        )


class ServiceHasIt(StartRefused):
    """A service has the SQLite database open; ask the service instead, it need not be stopped."""

    def __init__(self, line: str) -> None:
        self.line = line
        super().__init__(
            "A service has this database open, and need not be stopped: ask it, with an admin key in KEY "
            f"(`firstline keys create --scope admin` prints one).\n\n{line}\n"
        )
