"""What a database can do wrong because of where it lies: on a server, on a disk that will not do, under a service."""

from pathlib import Path

from serving.errors import StartRefused, StorageAway


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
