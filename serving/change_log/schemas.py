"""What the change log answers."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct

from serving.change_log.log import Entry, Undoable, Undoing
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
    """A change with its texts.

    An article's text is JSON, and `before_article` and `after_article` are its fields. `undo` says whether `POST
    /v1/audit/{id}/undo` takes the change back: `possible`; `overwrites_newer`, so only with `force=true`;
    `already_so`; or not at all, and then `way_back` says what to do instead: `not_here`, `text_not_kept`.
    """

    before: str | None
    after: str | None
    before_article: dict[str, Any] | None
    after_article: dict[str, Any] | None
    diff: str | None
    undo: Undoable
    way_back: str | None


class UndoOut(Struct, kw_only=True):
    """What taking a change back does to the text as it is now; `change` is null where it was only tried.

    `overwrites_newer`: somebody changed it since, which takes `force=true`; `newer` is that change, where it is known.
    """

    diff: str | None
    change: ChangeOut | None
    overwrites_newer: bool
    newer: ChangeOut | None


class PreviewOut(Struct, kw_only=True):
    """What storing an article would do; nothing is stored. `would_fail` is null where nothing can be asked now."""

    created: bool
    diff: str | None
    would_fail: list[str] | None


def change_out(entry: Entry) -> ChangeOut:
    """Return an entry without its texts."""
    return ChangeOut(**{name: getattr(entry, name) for name in _COLUMNS})


def with_texts(entry: Entry, undo: Undoable) -> ChangeWithTextsOut:
    """Return an entry with its texts, what differs, and whether it can be taken back."""
    given = {name: getattr(entry, name) for name in (*_COLUMNS, "before", "after", "way_back")}
    before, after = (_fields(entry.kind, text) for text in (entry.before, entry.after))
    return ChangeWithTextsOut(**given, before_article=before, after_article=after, diff=entry.difference, undo=undo)


def undo_out(undoing: Undoing, made: Entry | None) -> UndoOut:
    """Return what taking a change back does, or did."""
    return UndoOut(
        diff=undoing.difference,
        change=None if made is None else change_out(made),
        overwrites_newer=undoing.overwrites,
        newer=None if undoing.newer is None else change_out(undoing.newer),
    )


def _fields(kind: str, text: str | None) -> dict[str, Any] | None:
    return json.loads(text) if kind == "article" and text is not None else None


def changes_csv(changes: Iterable[ChangeOut]) -> str:
    """Return changes as CSV."""
    rows = [(each.id, to_text(each.at), *(getattr(each, name) for name in _COLUMNS[2:])) for each in changes]
    return written(_COLUMNS, rows)
