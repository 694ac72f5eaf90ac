"""Instants in JSON and in the database: aware and in UTC, otherwise refused."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from serving.errors import FieldError, InvalidRequest

Instant = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339 with an offset or Z", examples=["2024-03-01T09:30:00Z"]),
]


def in_utc(instant: datetime, field: str = "created_at") -> datetime:
    """Return the same instant with the offset zero, so that it is written with Z.

    Raises `InvalidRequest`: it lies so near to the end of the calendar that there is none in UTC.
    """
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise InvalidRequest([FieldError(field, "This instant has no date in UTC.")]) from None


def to_text(instant: datetime) -> str:
    """Return a text of fixed width that sorts as the instants do."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_text(text: str) -> datetime:
    """Return the instant that `to_text` wrote."""
    return datetime.fromisoformat(text)
