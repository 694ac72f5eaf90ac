"""Instants are aware and in UTC; their text form is RFC 3339 with a Z."""

from __future__ import annotations

from datetime import UTC, datetime

from triage.errors import NaiveInstant, UnreadableRecord


def utc(value: datetime, field: str) -> datetime:
    """Bring an aware instant to UTC, or refuse a naive one, which means another moment on every machine."""
    if value.tzinfo is UTC:
        return value
    if value.utcoffset() is None:
        raise NaiveInstant(field, value.isoformat())
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise UnreadableRecord(
            "instant", f"{field}: {value.isoformat()} has no UTC date between year 1 and 9999"
        ) from None


def to_text(value: datetime) -> str:
    """Write `2026-03-02T09:00:00Z`; microseconds only where there are some."""
    return utc(value, "instant").replace(tzinfo=None).isoformat() + "Z"


def from_text(text: object, field: str) -> datetime:
    """Read an RFC 3339 instant."""
    try:
        value = datetime.fromisoformat(str(text))
    except ValueError:
        raise UnreadableRecord("instant", f"{field}: {text!r} is not written like 2026-03-02T09:00:00Z") from None
    return utc(value, field)
