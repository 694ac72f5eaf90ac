"""What can go wrong in the web process.

    FirstlineError
    └── ServingError
        ├── NotReady: ModelNotReady, ArticlesNotReady
        ├── StartRefused: SettingNotKnown, SettingNotValid, PoliciesMissing, HomeInUse,
        │                 SchemaNotKnown, DatabaseMissing, EncoderMissing,
        │                 and of a disk FolderNotLocal, FolderNotWritable, SchemaNotWritten, and ServiceHasIt
        ├── StorageFault: StorageNotWritable, NestedWrite, and of a server DatabaseUnavailable
        └── RequestRefused: WrongMediaType, BodyTooLarge, KeyMissing, KeyNotKnown, ScopeTooNarrow,
            │               OriginNotAllowed, NotFound, StillInFlight, IdempotencyKeyReused,
            │               VersionRequired, VersionDiffers
            └── InvalidRequest: MalformedBody, CursorNotValid, IdempotencyKeyNotValid

Statuses stand in `serving.problems` alone. `facts` are what a client's program may read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from triage.errors import FirstlineError


class ServingError(FirstlineError):
    """Root of what the web process refuses or cannot do."""

    retry_after: int | None = None

    @property
    def facts(self) -> Mapping[str, object]:
        """What a problem body carries beside the sentence."""
        return {}


class NotReady(ServingError):
    """Something that the answer needs is not loaded yet."""

    retry_after = 1

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ModelNotReady(NotReady):
    """No model bundle is live."""


class ArticlesNotReady(NotReady):
    """No article index is live."""


class StartRefused(ServingError):
    """The process cannot start as it was asked to."""


class SettingNotKnown(StartRefused):
    """The environment names settings that do not exist: a typing error would go unnoticed."""

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"Unknown settings: {', '.join(names)}. Known are: {', '.join(known)}.")


class SettingNotValid(StartRefused):
    """A setting has a value that its type refuses."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        self.name, self.value, self.expected = name, value, expected
        super().__init__(f"{name}={value!r} cannot be used: give {expected}.")


class PoliciesMissing(StartRefused):
    """The folder of policies has none of the files that would be read."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self.folder, self.names = folder, tuple(names)
        super().__init__(
            f"{folder} has none of {', '.join(names)}: FIRSTLINE_POLICIES names a folder with at least one."
        )


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


class EncoderMissing(StartRefused):
    """No encoder lies where one is looked for."""

    def __init__(self, tried: Sequence[Path]) -> None:
        self.tried = tuple(tried)
        super().__init__(f"No encoder in {', '.join(map(str, tried))}: run `make setup`, or name one with --encoder.")


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


class RequestRefused(ServingError):
    """A request that is answered with a problem and changes nothing."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field; an empty name means the body as a whole."""

    field: str
    message: str


class InvalidRequest(RequestRefused):
    """Fields that do not hold what they must."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("The request was not understood: see `errors`. Nothing was stored.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The fields and what is wrong with each."""
        return {"errors": [asdict(error) for error in self.errors]}


class MalformedBody(InvalidRequest):
    """A body that is no clean JSON text."""

    def __init__(self, message: str) -> None:
        super().__init__([FieldError("", message)])


class CursorNotValid(InvalidRequest):
    """A cursor that no listing gave out."""

    def __init__(self) -> None:
        super().__init__([FieldError("cursor", "Not a cursor of this list: use `next_cursor` of its last answer.")])


class IdempotencyKeyNotValid(InvalidRequest):
    """An Idempotency-Key that is empty, too long or not printable ASCII."""

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__([FieldError("Idempotency-Key", "Give 1 to 255 printable ASCII characters.")])


class WrongMediaType(RequestRefused):
    """A body whose Content-Type is not one that the route reads."""

    def __init__(self, sent: str, accepted: Sequence[str]) -> None:
        self.sent, self.accepted = sent, tuple(accepted)
        super().__init__(f"Send the body as {' or '.join(accepted)}, uncompressed.")

    @property
    def facts(self) -> Mapping[str, object]:
        """What the route reads."""
        return {"accepted": list(self.accepted)}


class BodyTooLarge(RequestRefused):
    """A body over the route's limit; the rest of it is not read."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"The body is larger than {limit:,} bytes.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The limit in bytes."""
        return {"limit": self.limit}


class KeyMissing(RequestRefused):
    """A request without a bearer key."""

    def __init__(self) -> None:
        super().__init__("Send `Authorization: Bearer <key>`; `firstline keys create` makes one.")


class KeyNotKnown(RequestRefused):
    """A bearer key that does not exist, or was revoked."""

    def __init__(self) -> None:
        super().__init__("This key is not known here: it was mistyped, revoked, or made for another service.")


class ScopeTooNarrow(RequestRefused):
    """A good key for other routes."""

    def __init__(self, scope: str, needed: Sequence[str]) -> None:
        self.scope, self.needed = scope, tuple(needed)
        super().__init__(f"A key of scope `{scope}` may not do this; it needs {' or '.join(needed)}.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The scopes that would do."""
        return {"needed": list(self.needed)}


class OriginNotAllowed(RequestRefused):
    """A publishable key used from a page that it was not made for."""

    def __init__(self, origin: str | None) -> None:
        self.origin = origin
        super().__init__("This publishable key is bound to other origins: make one with `--origin` for this page.")


class NotFound(RequestRefused):
    """An id that does not exist, or not for this caller: the two look the same."""

    def __init__(self, kind: str, id: str) -> None:  # noqa: A002 (callers say NotFound(kind=…, id=…))
        self.kind, self.id = kind, id
        super().__init__(f"There is no {kind} with this id.")


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


class VersionRequired(RequestRefused):
    """A change without If-Match: the caller has not said what it saw."""

    def __init__(self) -> None:
        super().__init__(
            'Send `If-Match: "<version>"` with the ETag of the ticket you read, so that no change is lost.'
        )


class VersionDiffers(RequestRefused):
    """The ticket changed since the caller read it."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__("The ticket was changed since you read it: read it again and decide anew.")

    @property
    def facts(self) -> Mapping[str, object]:
        """The version that it has now."""
        return {"version": self.current}
