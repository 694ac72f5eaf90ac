"""Ids from outside in the paths of requests to a helpdesk."""

from urllib.parse import quote

_LONGEST = 80  # letters of an id
_DOTS = frozenset({".", ".."})  # they stand for other paths, also quoted


def is_id(value: str) -> bool:
    """Tell whether a text can be the id of a ticket at a helpdesk."""
    return 0 < len(value) <= _LONGEST and value not in _DOTS


def segment(value: str) -> str:
    """Return an id as one segment of a path, whatever letters it has: it leads to no other path.

    Raises `ValueError`: no quoting makes a segment of it.
    """
    if not value or value in _DOTS:
        raise ValueError(f"{value!r} is no id")
    return quote(value, safe="")
