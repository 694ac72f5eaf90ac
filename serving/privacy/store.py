"""Erasures and tombstones in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from serving.storage.tables import erasures, tombstones
from triage.tickets.tombstones import Tombstone


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One erasure: when, by whom, and how many of what; never of whom."""

    id: str
    at: datetime
    actor: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ListedTombstone:
    """A tombstone, in the order of erasure."""

    number: int
    stone: Tombstone
    erasure: Erasure


def insert(connection: sa.Connection, erasure: Erasure, stones: Sequence[Tombstone]) -> None:
    """Add an erasure with its tombstones."""
    row = {"id": erasure.id, "at": erasure.at, "actor": erasure.actor, "counts": dict(erasure.counts)}
    connection.execute(erasures.insert().values(row))
    if stones:
        connection.execute(tombstones.insert(), [_to_row(stone, erasure.id) for stone in stones])


def has(connection: sa.Connection, ticket: str) -> bool:
    """Tell whether a ticket has a tombstone, under either id."""
    named = sa.or_(tombstones.c.id == ticket, tombstones.c.external_id == ticket)
    return connection.scalar(sa.select(tombstones.c.number).where(named).limit(1)) is not None


def newest(connection: sa.Connection) -> int:
    """Return the number of the newest tombstone, 0 without any."""
    return connection.scalar(sa.select(sa.func.max(tombstones.c.number))) or 0


def listed(connection: sa.Connection, after: int = 0, limit: int | None = None) -> list[ListedTombstone]:
    """Return tombstones, the oldest first, after the one with this number."""
    asked = sa.select(tombstones, erasures.c.at, erasures.c.actor, erasures.c.counts)
    asked = asked.join(erasures, erasures.c.id == tombstones.c.erasure_id).where(tombstones.c.number > after)
    found = connection.execute(asked.order_by(tombstones.c.number).limit(limit))
    return [_from_row(row) for row in found.mappings()]


def _to_row(stone: Tombstone, erasure_id: str) -> dict[str, object]:
    return {
        "id": stone.id,
        "external_id": stone.external_id,
        "erasure_id": erasure_id,
        "vectors": list(stone.vectors),
        "seen": list(stone.seen),
    }


def _from_row(row: sa.RowMapping) -> ListedTombstone:
    stone = Tombstone(
        id=row["id"], external_id=row["external_id"], vectors=tuple(row["vectors"]), seen=tuple(row["seen"])
    )
    erasure = Erasure(id=row["erasure_id"], at=row["at"], actor=row["actor"], counts=row["counts"])
    return ListedTombstone(row["number"], stone, erasure)
