"""Read payloads of other systems: JSON with missing or null fields, text that may be HTML."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from triage.text.markup import visible

NO_TEXT = "(no text)"  # what stands in a ticket or reply that came without words
OURS = "tkt_"  # how an id of ours begins, wherever a desk keeps it
_TEXT, _SUBJECT = 100_000, 1_000
_PAGE = 1_000_000
_PICTURE = re.compile(r"data:[\w/+.-]{1,60};base64,[\w+/=\s%-]{100,}+")


def dig(payload: Any, *path: str | int) -> Any:  # noqa: ANN401 (JSON)
    """Return what lies at a path, or None where any step is missing or of another kind."""
    for step in path:
        if isinstance(step, str):
            payload = payload.get(step) if isinstance(payload, Mapping) else None
        else:
            is_list = isinstance(payload, list) and -len(payload) <= step < len(payload)
            payload = payload[step] if is_list else None
    return payload


def items(payload: Any, *path: str | int) -> list[Any]:  # noqa: ANN401
    """Return the list at a path; whatever else is there is no list."""
    found = dig(payload, *path)
    return found if isinstance(found, list) else []


def whole(payload: Any, *path: str | int) -> Any:  # noqa: ANN401
    """Return the record at a path.

    Raises `KeyError`: it has no id, so the answer is of another shape, and what it lacks says nothing.
    """
    if not text(payload, *path, "id"):
        raise KeyError("id")
    return dig(payload, *path)


def text(payload: Any, *path: str | int) -> str:  # noqa: ANN401
    """Return the text or number at a path; empty for whatever else is there."""
    found = dig(payload, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found)


def words(payload: Any, *path: str | int) -> tuple[str, ...]:  # noqa: ANN401
    """Return the texts of a list in order of the alphabet, as sets are compared."""
    return tuple(sorted(each for each in items(payload, *path) if isinstance(each, str)))


def subject(payload: Any, *path: str | int) -> str:  # noqa: ANN401
    """Return a subject line, bounded."""
    return " ".join(text(payload, *path).split())[:_SUBJECT]


def plain(payload: Any, *path: str | int) -> str:  # noqa: ANN401
    """Return a body as people see it, bounded: the text of its HTML, with inline pictures left out, or itself."""
    found = text(payload, *path)
    if "<" not in found or ">" not in found:
        return found[:_TEXT].strip()
    page = _PICTURE.sub("data:", found)[:_PAGE]
    seen = visible(page)
    if seen != page:
        seen = "\n".join(line for each in seen.split("\n") if (line := " ".join(each.split())))
    return seen[:_TEXT].strip() or found[:_TEXT].strip()


def markup(words: str) -> str:
    """Return plain words as HTML that keeps their lines."""
    return html.escape(words, quote=False).replace("\n", "<br>")


def email(payload: Any, *path: str | int) -> str | None:  # noqa: ANN401
    """Return an address, or None where it is none; `Ada <ada@acme.example>` is taken apart."""
    found = text(payload, *path).strip()
    found = found[found.rfind("<") + 1 :].rstrip(">").strip()
    name, at, domain = found.partition("@")
    return found if at and name and domain and not set(found) & set(" \t\r\n,") and len(found) <= 320 else None


def instant(payload: Any, *path: str | int) -> datetime | None:  # noqa: ANN401
    """Return an instant that is written as ISO 8601, in Unix seconds or in milliseconds; None where it is none."""
    found = dig(payload, *path)
    try:
        if isinstance(found, int | float) and not isinstance(found, bool) and found > 0:
            return datetime.fromtimestamp(found / 1000 if found > 10**11 else found, UTC)
        if not isinstance(found, str) or not found or found.startswith("1970-01-01"):
            return None
        read = datetime.fromisoformat(found)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def record(**known: object) -> dict[str, object]:
    """Return a row of the training file without what is not known."""
    row = {name: value for name, value in known.items() if value not in (None, "", ())}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def last(texts: Sequence[str]) -> str | None:
    """Return the last text that says something."""
    return next((each for each in reversed(texts) if each.strip()), None)
