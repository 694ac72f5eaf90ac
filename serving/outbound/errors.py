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
    """A URL that may not be called: what is not public is reached through networks that are allowed."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"This URL cannot be called: {why}.")


class CallFailed(ServingError):
    """Nothing came back that can be read; `fault` names the kind of failure in a word."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(f"The call came to nothing: {fault}.")


class EndpointRefused(InvalidRequest):
    """An endpoint that could never be told: its URL cannot be called, or it asks for events that there are not."""
