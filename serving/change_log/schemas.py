"""What the change log answers."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from serving.change_log.log import Entry
from serving.http.spreadsheets.csv_rows import written
from serving.storage.instants import to_text

_COLUMNS = ("id", "at", "kind", "subject", "action", "by", "key_id", "because")


class ChangeOut(Struct, kw_only=True):
    """Who changed what, when and why."""

    id: str
    at: datetime
    kind: str
    subject: str
    action: str
    by: str
    key_id: str | None
    because: str | None


class ChangesOut(Struct, kw_only=True):
    """A page of the log, newest first."""

    changes: list[ChangeOut]
    next_cursor: str | None


class ChangeWithTextsOut(ChangeOut, kw_only=True):
    """A change with its texts; an article is JSON. `way_back` says what to do where `undo` is refused."""

    before: str | None
    after: str | None
    diff: str | None
    way_back: str | None


class UndoOut(Struct, kw_only=True):
    """What taking a change back does to the text as it is now; `change` is null where it was only tried."""

    diff: str | None
    change: ChangeOut | None


class PreviewOut(Struct, kw_only=True):
    """What storing an article would do; nothing is stored. `would_fail` is null where nothing can be asked now."""

    created: bool
    diff: str | None
    would_fail: list[str] | None


def change_out(entry: Entry) -> ChangeOut:
    """Return an entry without its texts."""
    return ChangeOut(**{name: getattr(entry, name) for name in _COLUMNS})


def with_texts(entry: Entry) -> ChangeWithTextsOut:
    """Return an entry with its texts and what differs."""
    given = {name: getattr(entry, name) for name in (*_COLUMNS, "before", "after", "way_back")}
    return ChangeWithTextsOut(**given, diff=entry.difference)


def changes_csv(changes: Iterable[ChangeOut]) -> str:
    """Return changes as CSV."""
    rows = [(each.id, to_text(each.at), *(getattr(each, name) for name in _COLUMNS[2:])) for each in changes]
    return written(_COLUMNS, rows)
