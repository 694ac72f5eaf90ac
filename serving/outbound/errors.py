"""Errors of outgoing calls.

FirstlineError
└── ServingError
    ├── AddressRefused
    ├── CallFailed
    └── RequestRefused
        └── InvalidRequest
            └── EndpointRefused
"""

from serving.errors import InvalidRequest, ServingError


class AddressRefused(ServingError):
    """A URL that may not be called: neither public nor in an allowed network."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"This URL cannot be called: {why}.")


class CallFailed(ServingError):
    """No readable response; `fault` names the kind of failure."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(f"The call came to nothing: {fault}.")


class EndpointRefused(InvalidRequest):
    """An endpoint that can never work: its URL cannot be called, or it asks for unknown events."""
