"""Errors of helpdesk connections.

    ServingError
    ├── StartRefused: HelpdesksNotValid
    ├── PreviewRefused
    └── DeskFault: DeskRefused, DeskUnreachable, DeskNotConnected

None of them contains a customer's text or a secret.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from serving.errors import ServingError, StartRefused

GONE = frozenset({404, 410})  # what was asked for is not there, or not shown to us
_ADVICE: Mapping[int, str] = {
    301: "it has moved; set url to its new address",
    302: "it has moved; set url to its new address",
    307: "it has moved; set url to its new address",
    308: "it has moved; set url to its new address",
    401: "it does not know the token; set token anew",
    403: "whoever the token stands for may not do this; give them the rights on the page of this desk",
    429: "it is asked too often; what waits is sent when it allows",
}

_DOWN = {401, 403, 408, 425, 429}
_NOT_IMPLEMENTED = 501  # it will not do what was asked, now or later


class HelpdesksNotValid(StartRefused):
    """The file of connections to helpdesks cannot be used."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}. See docs/helpdesks/README.md.")


class PreviewRefused(ServingError):
    """A preview of a ticket that cannot be shown; the message says why, and what to do."""


class DeskFault(ServingError):
    """A call to a helpdesk failed; it is retried later."""


class DeskRefused(DeskFault):
    """A helpdesk answered with an error; 404, 409 and 412 mean that the ticket is gone or has changed."""

    def __init__(self, connection: str, status: int, reason: str = "", *, wait: timedelta | None = None) -> None:
        self.connection, self.status, self.reason = connection, status, reason
        self.wait = wait  # that the desk asked for
        advice = reason or _ADVICE.get(status, "")
        super().__init__(f"{connection} answered {status}{': ' + advice if advice else ''}.")


class DeskUnreachable(DeskFault):
    """A helpdesk could not be reached, or did not answer in time or in JSON."""

    def __init__(self, connection: str, reason: str) -> None:
        self.connection, self.reason = connection, reason
        super().__init__(f"{connection} could not be asked: {reason}.")


def is_down(error: Exception) -> bool:
    """Tell whether the helpdesk failed, whatever it was asked, and not one ticket of it.

    Proxies before it have statuses of their own (520 to 530), and redirect to a page while it is maintained.
    """
    if not isinstance(error, DeskRefused):
        return isinstance(error, DeskUnreachable)
    status = error.status
    return status in _DOWN or 300 <= status < 400 or (status >= 500 and status != _NOT_IMPLEMENTED)


class DeskNotConnected(DeskFault):
    """No connection has this name, or it does not support the operation."""

    def __init__(self, name: str, known: Sequence[str], able: str = "with closed tickets to read") -> None:
        self.name, self.known = name, tuple(known)
        told = f"known are {', '.join(known)}" if known else "FIRSTLINE_HELPDESKS names none"
        super().__init__(f"There is no connection {name!r} {able}: {told}.")
