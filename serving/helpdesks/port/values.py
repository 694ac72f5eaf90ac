"""Values of a helpdesk's ticket: as sets, and as the database keeps them."""

from collections.abc import Mapping
from typing import Any

from serving.helpdesks.port.port import Value, Values


def several(value: Value | None) -> set[str]:
    """Return what a field with several values holds; any other field holds none."""
    return set(value) if isinstance(value, tuple) else set()


def to_row(values: Values) -> dict[str, object]:
    """Return values as JSON keeps them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def from_row(values: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values that `to_row` wrote."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
