"""The root of the web process's errors; each room's own errors are in its `errors.py`.

    FirstlineError
    └── ServingError
        ├── NotReady             (inference)
        ├── StartRefused         SettingNotKnown, SettingNotValid, BrandNotUsable (storage, policy, helpdesks)
        └── RequestRefused       NotFound, AlreadyDecided (http, storage)
            └── InvalidRequest   NotKnown, CursorNotValid (http, outbound)

HTTP statuses are only in `serving.http.problems`. `facts` are the fields that a client program may read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from triage.errors import FirstlineError


class ServingError(FirstlineError):
    """The root of the web process's errors."""

    retry_after: int | None = None

    @property
    def facts(self) -> Mapping[str, object]:
        """What a problem body carries beside the sentence."""
        return {}


class NotReady(ServingError):
    """Something that the response needs is not loaded yet."""

    retry_after = 1

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class StartRefused(ServingError):
    """The process cannot start with this configuration."""


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


class BrandNotUsable(StartRefused):
    """A brand that does not exist, or that cannot be served as its file says."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"The brand {name!r} cannot be used: {reason}.")


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


class NotKnown(InvalidRequest):
    """Names or ids that are well formed, and that this desk does not have."""


class CursorNotValid(InvalidRequest):
    """A cursor that no listing returned."""

    def __init__(self) -> None:
        super().__init__([FieldError("cursor", "Not a cursor of this list: use `next_cursor` of its last answer.")])


class NotFound(RequestRefused):
    """An id that does not exist, or not for this caller: both look the same."""

    def __init__(self, kind: str, id: str, detail: str = "") -> None:  # noqa: A002 (callers say NotFound(kind=…, id=…))
        self.kind, self.id = kind, id
        super().__init__(detail or f"There is no {kind} with this id.")


class UnderWay(RequestRefused):
    """Something of which there is one at a time is not done yet."""

    def __init__(self, what: str, id: str) -> None:  # noqa: A002 (as NotFound has it)
        self.what, self.id = what, id
        super().__init__(f"There is one {what} at a time, and {id} is not done yet.")

    @property
    def facts(self) -> Mapping[str, object]:
        """Which one it is."""
        return {"id": self.id}


class AlreadyDecided(RequestRefused):
    """Somebody decided on a proposal otherwise, nobody made an incident of it, or an incident has ended."""

    def __init__(self, id: str, state: str) -> None:  # noqa: A002 (as NotFound has it)
        self.id, self.state = id, state
        super().__init__(f"This is {state}.")

    @property
    def facts(self) -> Mapping[str, object]:
        """How it was decided."""
        return {"state": self.state}
