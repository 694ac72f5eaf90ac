"""Read the times that exports write; what can be meant in two ways is refused with what to write into the mapping."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from triage.errors import BadClosedTicket

if TYPE_CHECKING:
    from training.data.column_mapping import ColumnMapping

_UTC = re.compile(r"\s*(?:Z|UTC|GMT)$", re.IGNORECASE)
_OFFSET = re.compile(r"\s+([+-]\d\d:?\d\d)$")
_ZONE_NAME = re.compile(r"\[[\w/+-]+\]$")  # as Java writes it behind the offset
_YEAR_FIRST = re.compile(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_MAIL = re.compile(r"^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)?(?: [+-]\d{4})?$")
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?(?:\.\d+)?$")  # 2001 to 2286; in milliseconds too
_SECONDS = 10_000_000_000
_NUMBERS = re.compile(r"^(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d\d)(?:,?( )(\d{1,2}:\d\d)(:\d\d)?( ?[AaPp][Mm])?)?$")
#: Nobody reads these in two ways: the month has a name, or the dots say that the day comes first.
_FORMS = [
    f"{date}{time}"
    for date in ("%d.%m.%Y", "%d.%m.%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%d/%b/%y",
                 "%b %d, %Y", "%B %d, %Y")
    for time in ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p")
]  # fmt: skip
_MONTHS = 12


def read_instant(name: str, value: object, mapping: ColumnMapping) -> datetime | None:
    """Read a time.

    Parameters
    ----------
    name
        The field, for the message.
    value
        Text, a number of seconds or milliseconds since 1970, or a datetime.
    mapping
        Says the form and the zone of times that leave that open.

    Returns
    -------
    datetime or None
        With its zone; None for an empty value.

    Raises
    ------
    BadClosedTicket
        It is no time, or its form or zone is open.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    at = value if isinstance(value, datetime) else _parsed(value.strip(), mapping) if isinstance(value, str) else None
    if at is None:
        raise BadClosedTicket(name, _advice(value if isinstance(value, str) else ""))
    if at.tzinfo is None and mapping.zone is None:
        raise BadClosedTicket(
            name,
            "has no time zone; write 2026-03-01T09:30:00Z or +01:00 at the end, "
            "or say the zone of the export with --timezone, such as --timezone Europe/Berlin",
        )
    return at if at.tzinfo else at.replace(tzinfo=mapping.zone)


def _parsed(text: str, mapping: ColumnMapping) -> datetime | None:
    if mapping.date_format and (at := _by(text, mapping.date_format)):
        return at
    plain = _ZONE_NAME.sub("", text)
    plain = _YEAR_FIRST.sub(lambda found: f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}", plain)
    plain = _OFFSET.sub(r"\1", _UTC.sub("+00:00", plain))
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        pass
    if _EPOCH.match(text):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / (1_000 if seconds >= _SECONDS else 1), UTC)
    if _MAIL.match(text):
        try:
            return parsedate_to_datetime(text)
        except ValueError:
            return None
    zone = _OFFSET.search(text)
    for form in _FORMS:
        if at := _by(text, f"{form} %z" if zone else form):
            return at
    return None


def _by(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - its zone is looked at by the caller
    except ValueError:
        return None


def _advice(text: str) -> str:
    forms = forms_of(text)
    if not forms:
        return (
            "is not an RFC 3339 instant such as 2026-03-01T09:30:00Z; write its form into the mapping, such as "
            'date_format = "%d.%m.%Y %H:%M"'
        )
    said = [f'date_format = "{form}"' for form in forms]
    if len(said) == 1:
        return f"is written in a form that must be said: write {said[0]} into the mapping"
    return f"can be two days: write {said[0]} into the mapping where the day comes first, else {said[1]}"


def forms_of(text: str) -> list[str]:
    """Return the forms, as for `strptime`, in which a time of two numbers and a year may be written, day first.

    Both where it can be two days, one where a number is no month, none where it is written in another way.
    """
    found = _NUMBERS.match(text.strip())
    if found is None:
        return []
    first, sign, second, year, space, _, seconds, half = found.groups()
    rest = f"{sign}{'%Y' if len(year) > 2 else '%y'}" + ("," if "," in text else "")
    if space:
        rest += f" {'%I' if half else '%H'}:%M{':%S' if seconds else ''}"
        rest += (" %p" if half.startswith(" ") else "%p") if half else ""
    day_first, month_first = f"%d{sign}%m{rest}", f"%m{sign}%d{rest}"
    if int(first) > _MONTHS:
        return [day_first]
    return [month_first] if int(second) > _MONTHS else [day_first, month_first]
