"""Taggings and corrections in the database, from which the next refit learns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from serving.errors import NotFound
from serving.inference.tags import Tag
from serving.storage.database import Database
from serving.storage.tables import tag_corrections, taggings


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """One tagged ticket, with redacted text."""

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


#: What a person makes of a tagging: it corrected, and the corrections that made it so.
Correcting = Callable[[Tagging], tuple[Tagging, Sequence[Correction]]]


Also = Callable[[Connection, Tagging], None]
"""What is done with a tagging in the same transaction."""


class TaggingStore:
    """Stores taggings and their corrections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, done: Sequence[Tagging], also: Callable[[Connection], None]) -> None:
        """Store taggings, all or none, and do `also` in the same transaction."""
        rows = [to_row(tagging) for tagging in done]

        def together(connection: Connection) -> None:
            connection.execute(sa.insert(taggings), rows)
            also(connection)

        self._database.write(together)

    def correct(self, tagging_id: str, correcting: Correcting, *, at: datetime, also: Also) -> None:
        """Correct a tagging as it stands, store who corrected what, and do `also` with it, all in one transaction.

        Two agents who correct different heads at the same moment take nothing from each other. Raises `NotFound`
        when there is no tagging with this id; whatever `correcting` raises leaves the tagging as it was.
        """

        def together(connection: Connection) -> None:
            corrected, corrections = correcting(_find(connection, tagging_id))
            changes = {name: to_row(corrected)[name] for name in ("tags", "team", "tier")}
            connection.execute(sa.update(taggings).where(taggings.c.id == tagging_id).values(changes))
            rows = [{"tagging_id": tagging_id, "at": at, **asdict(each)} for each in corrections]
            connection.execute(sa.insert(tag_corrections), rows)
            also(connection, corrected)

        self._database.write(together)


def _find(connection: Connection, tagging_id: str) -> Tagging:
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


_COLUMNS = tuple(Tagging.__slots__)
