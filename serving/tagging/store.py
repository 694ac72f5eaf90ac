"""What was tagged and how people corrected it: what the next training learns from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from serving.database import Database
from serving.tables import tag_corrections, taggings
from serving.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """One ticket that was tagged; its text is kept without personal data."""

    id: str
    created_at: datetime
    external_id: str | None
    subject: str
    description: str
    channel: str | None
    plan: str | None
    account: str | None
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


class TaggingStore:
    """Remembers taggings and their corrections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, done: Sequence[Tagging]) -> None:
        """Store taggings, all or none."""
        rows = [to_row(tagging) for tagging in done]
        self._database.write(lambda connection: connection.execute(sa.insert(taggings), rows))

    def find(self, tagging_id: str) -> Tagging | None:
        """Return a tagging as it stands, with the corrections made since."""
        chosen = sa.select(taggings).where(taggings.c.id == tagging_id)
        row = self._database.read(lambda connection: connection.execute(chosen).mappings().first())
        return None if row is None else from_row(row)

    def correct(self, corrected: Tagging, corrections: Sequence[Correction], *, at: datetime) -> None:
        """Store a corrected tagging and who corrected what."""
        changes = {name: to_row(corrected)[name] for name in ("tags", "team", "tier")}
        rows = [
            {
                "tagging_id": corrected.id,
                "at": at,
                "actor": each.actor,
                "head": each.head,
                "label": each.label,
                "was": each.was,
            }
            for each in corrections
        ]

        def together(connection: Connection) -> None:
            connection.execute(sa.update(taggings).where(taggings.c.id == corrected.id).values(changes))
            connection.execute(sa.insert(tag_corrections), rows)

        self._database.write(together)


def to_row(tagging: Tagging) -> dict[str, Any]:
    """Return the columns of a tagging."""
    row = {name: getattr(tagging, name) for name in _COLUMNS}
    return row | {"tags": msgspec.to_builtins(tagging.tags)}


def from_row(row: sa.RowMapping) -> Tagging:
    """Return the tagging of a row."""
    kept = {name: row[name] for name in _COLUMNS}
    return Tagging(**kept | {"tags": msgspec.convert(row["tags"], dict[str, Tag])})


_COLUMNS = tuple(Tagging.__slots__)
