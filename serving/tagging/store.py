"""Taggings and corrections in the database, from which the next refit learns."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from serving.errors import NotFound
from serving.inference.tags import Tag
from serving.storage.tables import tag_corrections, taggings
from triage.tickets.attributes import CustomerAttributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging(CustomerAttributes):
    """One tagged ticket, with redacted text."""

    id: str
    created_at: datetime
    external_id: str | None
    subject: str
    description: str
    channel: str | None
    language: str
    filed_at: datetime
    tags: Mapping[str, Tag]
    team: str
    tier: str
    model: str
    taxonomy: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A label that a person chose over the model's."""

    head: str
    label: str
    was: str | None
    actor: str
    key_id: str | None = None


def insert(connection: Connection, done: Sequence[Tagging]) -> None:
    """Add taggings."""
    connection.execute(_INSERT, [to_row(tagging) for tagging in done])


def correct(connection: Connection, corrected: Tagging, corrections: Sequence[Correction], *, at: datetime) -> None:
    """Store a tagging as it was corrected, and who corrected what.

    Found in the same transaction, two agents who correct different heads at the same moment take nothing from each
    other.
    """
    changes = {name: to_row(corrected)[name] for name in ("tags", "team", "tier")}
    connection.execute(sa.update(taggings).where(taggings.c.id == corrected.id).values(changes))
    rows = [{"tagging_id": corrected.id, "at": at, **asdict(each)} for each in corrections]
    connection.execute(sa.insert(tag_corrections), rows)


def find(connection: Connection, tagging_id: str) -> Tagging:
    """Return a tagging.

    Raises `NotFound` when there is none with this id.
    """
    row = connection.execute(sa.select(taggings).where(taggings.c.id == tagging_id)).mappings().first()
    if row is None:
        raise NotFound("tagging", tagging_id)
    return from_row(row)


def to_row(tagging: Tagging) -> dict[str, Any]:
    """Return the columns of a tagging."""
    row = {name: getattr(tagging, name) for name in _COLUMNS}
    return row | {"tags": msgspec.to_builtins(tagging.tags)}


def from_row(row: sa.RowMapping) -> Tagging:
    """Return the tagging of a row."""
    kept = {name: row[name] for name in _COLUMNS}
    return Tagging(**kept | {"tags": msgspec.convert(row["tags"], dict[str, Tag])})


_COLUMNS = tuple(each.name for each in fields(Tagging))
_INSERT = sa.insert(taggings)
