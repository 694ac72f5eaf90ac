"""Who changed what, when and why, with the text before and after: rows that are only ever added."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import sqlalchemy as sa

from serving.changes.edit import LONGEST_REASON, Edit
from serving.storage.ids import new_id
from serving.storage.job_tables import changes

Kind = Literal["article", "questions", "policy", "incident"]
Action = Literal["created", "changed", "deleted", "imported"]
_COLUMNS: Final = tuple(column.name for column in changes.columns)
_TEXTS: Final = ("before", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one thing. A text is None where there was nothing, or where it is no longer kept."""

    id: str
    at: datetime
    kind: Kind
    subject: str
    action: Action
    by: str
    key_id: str | None
    because: str | None
    before: str | None
    after: str | None


def record(
    connection: sa.Connection, kind: Kind, subject: str, edit: Edit, *, before: str | None, after: str | None
) -> None:
    """Add a change, in the transaction that makes it."""
    action: Action = "created" if before is None else "deleted" if after is None else "changed"
    row = _row(kind, subject, action, edit) | {"before": before, "after": after}
    connection.execute(sa.insert(changes).values(row))


def record_import(connection: sa.Connection, subject: str, edit: Edit) -> None:
    """Add that the articles of an index were taken over: one change, whose texts are in the index."""
    connection.execute(sa.insert(changes).values(_row("article", subject, "imported", edit)))


def newest(
    connection: sa.Connection, *, before: str | None, most: int, kind: str | None = None, subject: str | None = None
) -> Sequence[Change]:
    """Return changes without their texts, newest first, from before an id on."""
    names = [name for name in _COLUMNS if name not in _TEXTS]
    chosen = sa.select(*(changes.c[name] for name in names)).order_by(changes.c.id.desc()).limit(most)
    for column, wanted in ((changes.c.kind, kind), (changes.c.subject, subject)):
        chosen = chosen if wanted is None else chosen.where(column == wanted)
    if before is not None:
        chosen = chosen.where(changes.c.id < before)
    return [Change(**row, before=None, after=None) for row in connection.execute(chosen).mappings()]


def find(connection: sa.Connection, change_id: str) -> Change | None:
    """Return one change with its texts."""
    row = connection.execute(sa.select(changes).where(changes.c.id == change_id)).mappings().first()
    return None if row is None else Change(**row)


def last_text(connection: sa.Connection, kind: Kind, subject: str) -> str | None:
    """Return the text after the last change of a thing; None where there is none."""
    chosen = sa.select(changes.c.after).where(changes.c.kind == kind, changes.c.subject == subject)
    return connection.scalar(chosen.order_by(changes.c.id.desc()).limit(1))


def subjects(connection: sa.Connection, kind: Kind) -> set[str]:
    """Return everything of a kind that ever changed."""
    return set(connection.scalars(sa.select(changes.c.subject).where(changes.c.kind == kind).distinct()))


def digest(text: str) -> str:
    """Return what tells one text from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def forget_texts(connection: sa.Connection, kinds: Sequence[Kind], older_than: datetime) -> int:
    """Empty the texts of changes that are older; who changed what, when and why stays. Return how many."""
    holds = sa.or_(changes.c.before.is_not(None), changes.c.after.is_not(None))
    old = sa.update(changes).where(changes.c.kind.in_(kinds), changes.c.at < older_than, holds)
    return connection.execute(old.values(before=None, after=None)).rowcount


def _row(kind: Kind, subject: str, action: Action, edit: Edit) -> dict[str, object]:
    row = {"id": new_id("chg", edit.at), "at": edit.at, "kind": kind, "subject": subject[:200], "action": action}
    because = (edit.because or "")[:LONGEST_REASON] or None
    return row | {"by": edit.by[:200], "key_id": edit.key_id, "because": because}
