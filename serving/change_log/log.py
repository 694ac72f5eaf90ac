"""The change log over its three places: the table of changes, the keys, and the history of models."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from retrieval.articles.article import Article
from serving.articles.editing import Editing
from serving.articles.store import as_text
from serving.change_log.differences import diff
from serving.changes import records
from serving.changes.edit import Edit
from serving.changes.errors import NewerChange, NoWayBack
from serving.errors import NotFound
from serving.evals.running import Evals
from serving.keys.api_keys import KeyStore
from serving.storage.database import Database
from serving.storage.ids import derived_id
from serving.storage.instants import from_text
from triage.model.promotion import history
from triage.model.registry import Registry

KINDS: Final = ("article", "questions", "policy", "key", "model", "incident")
WAYS_BACK: Final[Mapping[str, str]] = {
    "policy": "Save the text from before as a file and run `firstline policies apply FOLDER --because REASON`.",
    "key": "A revoked key stays revoked: make a new one. A key that was made can be revoked.",
    "incident": "Write its message anew on its page under Incidents, or end it. One that has ended is opened anew.",
    "model": "Roll back on the page of the models, or by `firstline-train rollback`.",
}
Undoable = Literal["possible", "overwrites_newer", "already_so", "not_here", "text_not_kept"]
_MODELS: Final = 500  # changes of models that are looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log."""

    id: str
    at: datetime
    kind: str
    subject: str
    action: str
    by: str
    key_id: str | None = None
    because: str | None = None
    before: str | None = None
    after: str | None = None

    @property
    def difference(self) -> str | None:
        """What changed in its text; None where no text is kept."""
        return diff(self.kind, self.before, self.after)

    @property
    def way_back(self) -> str | None:
        """How to take it back where the log cannot; None where it can."""
        if self.kind in WAYS_BACK:
            return WAYS_BACK[self.kind]
        if self.action == "imported":
            return "Import the articles that should be there instead."
        return "Its text from before is no longer kept." if self.is_forgotten else None

    @property
    def is_forgotten(self) -> bool:
        """Whether the text from before, which undoing would bring back, is no longer kept."""
        return self.before is None and self.action not in {"created", "imported"} and self.kind not in WAYS_BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What taking a change back would do to the text as it is now."""

    kind: str
    now: str | None
    then: str | None
    version: int
    """Of the text as it is now: writing over another version is refused."""
    overwrites: bool
    """Whether the text is no longer the one that this change left behind."""
    newer: Entry | None
    """The last change of it, where it overwrites one and the log knows which."""

    @property
    def difference(self) -> str | None:
        """What differs from the text as it is now; "" where nothing does."""
        return diff(self.kind, self.now, self.then)


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """The use cases: list changes, look at one, and take it back."""

    database: Database
    keys: KeyStore
    registry: Registry
    editing: Editing
    evals: Evals

    def page(self, *, kind: str | None, subject: str | None, before: str | None, most: int) -> list[Entry]:
        """Return changes, newest first, from before the id of another on."""
        found = [
            each
            for each in (*self._of_keys(kind), *self._of_models(kind))
            if (before is None or each.id < before) and subject in {None, each.subject}
        ]
        stored = self.database.read(
            lambda connection: records.newest(connection, before=before, most=most, kind=kind, subject=subject)
        )
        found += [_entry(each) for each in stored]
        return sorted(found, key=lambda each: each.id, reverse=True)[:most]

    def find(self, change_id: str) -> Entry:
        """Return one change with its texts. Raises `NotFound`."""
        stored = self.database.read(lambda connection: records.find(connection, change_id))
        if stored is not None:
            return _entry(stored)
        others = (*self._of_keys(None), *self._of_models(None))
        for each in others:
            if each.id == change_id:
                return each
        raise NotFound("change", change_id)

    def undoing(self, entry: Entry) -> Undoing:
        """Return what taking a change back would do. Raises `NoWayBack`: with what to do instead."""
        if (reason := entry.way_back) is not None:
            raise NoWayBack(reason)
        now, version = self._now(entry)
        overwrites = now != _as_now(entry.kind, entry.after)
        last = self.page(kind=entry.kind, subject=entry.subject, before=None, most=1) if overwrites else []
        newer = next((each for each in last if each.id != entry.id), None)
        return Undoing(
            kind=entry.kind, now=now, then=entry.before or None, version=version, overwrites=overwrites, newer=newer
        )

    def undoable(self, entry: Entry) -> Undoable:
        """Say in a word whether a change can be taken back, or why not."""
        if entry.way_back is not None:
            return "text_not_kept" if entry.is_forgotten else "not_here"
        undoing = self.undoing(entry)
        if undoing.now == undoing.then:
            return "already_so"
        return "overwrites_newer" if undoing.overwrites else "possible"

    def undo(self, change_id: str, edit: Edit, *, force: bool = False) -> Entry:
        """Bring back what was before a change, as a change of its own, and return that.

        Raises `NotFound`; `NoWayBack` with what to do instead, also where it is so already; and without `force`
        `NewerChange` where it would overwrite what somebody did since.
        """
        entry = self.find(change_id)
        undoing = self.undoing(entry)
        if undoing.now == undoing.then:
            raise NoWayBack("It already is as it was before this change.")
        edit = replace(edit, because=edit.because or f"takes back {change_id}")
        if (undoing.overwrites and not force) or not self._take_back(entry, edit, None if force else undoing.version):
            raise NewerChange(*((undoing.newer.id, undoing.newer.by) if undoing.newer else (None, "")))
        return self.page(kind=entry.kind, subject=entry.subject, before=None, most=1)[0]

    def _now(self, entry: Entry) -> tuple[str | None, int]:
        """Return the text as it is now and its version, which is read first: at worst it is the older one."""
        if entry.kind == "questions":
            version, stored = self.evals.version(), self.evals.stored()
            return (stored.toml if stored else None), version  # without any questions there is no text
        version, article = self.editing.store.revision_of(entry.subject), self.editing.store.find(entry.subject)
        return (None if article is None else as_text(article)), version

    def _take_back(self, entry: Entry, edit: Edit, over: int | None) -> bool:
        """Write the text from before; False where the version that is there is not `over`."""
        if entry.kind == "questions":
            self.evals.put(entry.before or "", edit, over=over)
            return True
        article = None if entry.before is None else _article(entry.before)
        return self.editing.put_back(entry.subject, article, edit, over=over)

    def _of_keys(self, kind: str | None) -> Iterator[Entry]:
        if kind not in {None, "key"}:
            return
        for key in self.keys.list():
            what = f"{key.scope} key{f' of {key.name}' if key.name else ''}"
            yield _derived(key.created_at, "key", key.id, f"created ({what})", key.created_by, key.created_because)
            if key.revoked_at is not None:
                yield _derived(key.revoked_at, "key", key.id, "revoked", key.revoked_by or "", key.revoked_because)

    def _of_models(self, kind: str | None) -> Iterator[Entry]:
        if kind not in {None, "model"}:
            return
        for each in history.last(self.registry.folder, _MODELS):
            action = each.what.replace("_", " ") + (f" ({each.share:.0%})" if each.share else "")
            made = _derived(from_text(each.at), "model", each.version or "", action, each.by, each.because)
            yield replace(made, key_id=each.key_id)


def _article(text: str) -> Article:
    return Article.from_record(json.loads(text))


def _as_now(kind: str, text: str | None) -> str | None:
    """Return a text as the same thing is written today: an article may have got fields, no questions are no text."""
    return as_text(_article(text)) if kind == "article" and text is not None else text or None


def _derived(at: datetime, kind: str, subject: str, action: str, by: str, because: str | None) -> Entry:
    id_ = derived_id("chg", at, f"{kind} {subject} {action}")
    return Entry(id=id_, at=at, kind=kind, subject=subject, action=action, by=by, because=because)


def _entry(change: records.Change) -> Entry:
    return Entry(**{name: getattr(change, name) for name in Entry.__dataclass_fields__})
