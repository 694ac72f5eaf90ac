"""Errors of changes."""

from serving.errors import RequestRefused


class NoWayBack(RequestRefused):
    """The change log cannot take this change back; the sentence says what can be done instead."""
