"""A value and its place in a text, as every reader of a kind returns it."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A value with the characters of the text that say it: `text[start:end]`."""

    start: int
    end: int
    value: str
