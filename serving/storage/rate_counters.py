"""Count what callers use of their rate limits: all counts of one request together, or none.

One process owns an embedded database, so its counts are in memory: a dictionary under one lock is atomic there and
costs no commit. Replicas that share PostgreSQL count in a table, inside `Database.write`, where writes run one after
another. A window begins with the first request in it and has a fixed length.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from serving.storage.database import Database
from serving.storage.errors import StorageFault
from serving.storage.job_tables import rate_counters

_FEWEST = 1_000  # counts that are kept before ended ones are looked for
_MOST = 100_000  # counts that are kept at all, some 40 MB


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount to count for a subject, and the quota that it may have in a window."""

    subject: str
    amount: int
    quota: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Count:
    """What a subject has used, until its window ends; the share of its quota that is."""

    used: int
    ends_at: datetime
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subject stands after a charge: how much it may still use, until when, and whether it was refused."""

    remaining: int
    ends_at: datetime
    exceeded: bool


class Counters(Protocol):
    """Counts by subject."""

    def charge(self, charges: Sequence[Charge], at: datetime) -> list[Standing]:
        """Count all the charges if no quota is exceeded, else none; return where each subject stands."""


class MemoryCounters:
    """Counts of this process, for all its threads.

    When there are too many, those that have used the least of their quotas are forgotten. To push out the count of
    somebody who is near a quota, half as many other addresses would have to be as near to theirs.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._counts: dict[str, Count] = {}
        self._lock = threading.Lock()
        self._many, self._most = min(_FEWEST, most), most

    def charge(self, charges: Sequence[Charge], at: datetime) -> list[Standing]:
        """Count all the charges if no quota is exceeded, else none; return where each subject stands."""
        with self._lock:
            counts, standings = _charged(charges, self._counts, at)
            self._counts |= counts
            if len(self._counts) > self._many:
                self._forget(at)
            return standings

    def _forget(self, at: datetime) -> None:
        kept = [(subject, each) for subject, each in self._counts.items() if each.ends_at > at]
        if len(kept) >= self._most:
            kept = sorted(kept, key=lambda pair: pair[1].share)[-self._most // 2 :]
        self._counts = dict(kept)
        self._many = min(max(_FEWEST, len(kept) + len(kept) // 4), self._most)


class TableCounters:
    """Counts in a table that replicas share.

    What was read last is remembered: within a window counts only grow, so a caller who is over a quota is refused from
    memory. Without the database each process counts for itself.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._alone = database, MemoryCounters()
        self._seen: dict[str, Count] = {}

    def charge(self, charges: Sequence[Charge], at: datetime) -> list[Standing]:
        """Count all the charges if no quota is exceeded, else none; return where each subject stands."""
        _, standings = _charged(charges, self._seen, at)
        if any(each.exceeded for each in standings):
            return standings
        try:
            return self._database.write(lambda connection: self._count(connection, charges, at))
        except StorageFault:
            return self._alone.charge(charges, at)

    def _count(self, connection: sa.Connection, charges: Sequence[Charge], at: datetime) -> list[Standing]:
        if connection.dialect.name == "postgresql":  # a count that a crash of the server loses does no harm
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        names = {_hash(each.subject): each.subject for each in charges}
        kept = sa.select(rate_counters).where(rate_counters.c.subject.in_(names))
        found = {names[row.subject]: Count(row.used, row.ends_at) for row in connection.execute(kept)}
        counts, standings = _charged(charges, found, at)
        for subject, count in counts.items():
            written = {"used": count.used, "ends_at": count.ends_at}
            if subject in found:
                this = rate_counters.c.subject == _hash(subject)
                connection.execute(sa.update(rate_counters).where(this).values(written))
            else:
                connection.execute(sa.insert(rate_counters).values(subject=_hash(subject), **written))
        if len(self._seen) > _FEWEST:
            self._seen = {}
        self._seen |= found | counts
        return standings


def forget(database: Database, at: datetime) -> int:
    """Delete the counts whose windows have ended, and return how many."""
    gone = rate_counters.delete().where(rate_counters.c.ends_at <= at)
    return database.write(lambda connection: connection.execute(gone).rowcount)


def _charged(
    charges: Sequence[Charge], known: Mapping[str, Count], at: datetime
) -> tuple[dict[str, Count], list[Standing]]:
    """Return the counts after the charges, none where a quota is exceeded, and where each subject stands."""
    before = [
        count if (count := known.get(each.subject)) and count.ends_at > at else Count(0, at + each.window)
        for each in charges
    ]
    exceeded = [count.used + each.amount > each.quota for each, count in zip(charges, before, strict=True)]
    counted = [count if any(exceeded) else _with(count, each) for each, count in zip(charges, before, strict=True)]
    standings = [
        Standing(max(0, each.quota - count.used), count.ends_at, over)
        for each, count, over in zip(charges, counted, exceeded, strict=True)
    ]
    if any(exceeded):
        return {}, standings
    return {each.subject: count for each, count in zip(charges, counted, strict=True)}, standings


def _with(count: Count, charge: Charge) -> Count:
    used = count.used + charge.amount
    return Count(used, count.ends_at, used / max(1, charge.quota))


def _hash(subject: str) -> str:
    """Return what stands for a subject in the table: no address or name of a visitor is stored."""
    return hashlib.blake2b(subject.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
