"""Erase a customer: one transaction over every table, then the index, the database's log and the file for refits."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from serving.context import Context
from serving.erasure import Eraser, ErasureSubject, ErasureTrail
from serving.errors import NotFound
from serving.privacy import store
from serving.privacy.leftovers import sweep
from serving.privacy.store import Erasure
from serving.storage.database import Database, Write
from serving.storage.ids import new_id
from triage.durable_files import write_file
from triage.tickets import tombstones
from triage.tickets.tombstones import Erased, Tombstone

COUNTED = (
    *("tickets", "deflections", "taggings", "receipts", "account_alerts"),
    *("ticket_events", "deflection_turns", "helpdesk_links", "jobs", "outbox_events"),
)
"""Tables that are counted also when nothing was found in them; others are added when something was."""

Forget = Callable[[Collection[str]], None]
"""Takes closed tickets out of what is shown from now on."""


class Erasing:
    """The use case: erase a customer."""

    def __init__(self, context: Context, erasers: Sequence[Eraser], forget: Forget) -> None:
        self._database: Database = context.database
        self._telemetry, self._home, self._keys = context.telemetry, context.settings.home, context.keys
        self._erasers, self._forget = erasers, forget
        self._purge_due = False
        self._followed = 0  # the newest tombstone that this process knows

    def erase(self, whose: ErasureSubject, *, at: datetime, actor: str, write: Write[Erasure] | None = None) -> Erasure:
        """Erase everything of somebody, and say in numbers what it was; again, there is nothing left to erase.

        Adds `files` to the numbers after the transaction, and `keys` (whose reasons named them) and
        `files_not_searched` if there are any.

        Raises `NotFound`: a ticket of ours was named, and there is none.
        """
        trail = ErasureTrail(whose)

        def operation(connection: sa.Connection) -> Erasure:
            for eraser in self._erasers:
                eraser(connection, trail)
            if whose.ticket is not None and not trail.ids:
                _believe(connection, whose.ticket, trail)
            counts = {name: trail.counts[name] for name in (*COUNTED, *sorted(set(trail.counts) - set(COUNTED)))}
            erasure = Erasure(id=new_id("era", at), at=at, actor=actor, counts=counts)
            store.insert(connection, erasure, [_nameless(stone, whose) for stone in trail.tombstones])
            return erasure

        erasure = (write or self._database.write)(operation)
        self._purge_due = True
        gone = self.recall()
        self.purge(at)
        swept = sweep(self._home, gone if trail.tombstones else (), whose.mention)
        for problem in swept.refused:
            self._telemetry.event("erasure.file_not_searched", erasure_id=erasure.id, problem=problem)
        files = {"files": swept.changed} | ({"files_not_searched": len(swept.refused)} if swept.refused else {})
        keys = self._keys.erase(whose.mention) if whose.mention else 0
        told = replace(erasure, counts={**erasure.counts, **files} | ({"keys": keys} if keys else {}))
        self._telemetry.event("customer.erased", erasure_id=erasure.id, **told.counts, cases=len(trail.tombstones))
        return told

    def recall(self) -> frozenset[str]:
        """Write the tombstones to the file that training reads, show none of those tickets, and return their ids."""
        listed = self._database.read(store.listed)
        self._followed = listed[-1].number if listed else 0
        stones = [each.stone for each in listed]
        file = self._home / tombstones.FILE
        if stones or file.exists():
            write_file(file, tombstones.write(stones))
        ids = Erased.of(stones).ids
        self._forget(ids)
        return ids

    def remember(self) -> None:
        """Begin with what was erased before: the file and the index follow the tables."""
        self.recall()

    def follow(self, at: datetime) -> None:  # noqa: ARG002 (every watch gets the instant)
        """Show no longer what another process had erased: a replica, or the command line beside a server."""
        if self._database.read(store.newest) != self._followed:
            self.recall()

    def purge(self, at: datetime) -> None:  # noqa: ARG002 (every watch gets the instant)
        """Overwrite what the database's log still holds; while somebody reads an older state, the next round tries."""
        if self._purge_due:
            self._purge_due = not self._database.purge()

    def listed(self, after: int, limit: int) -> list[store.ListedTombstone]:
        """Return tombstones, the oldest first."""
        return self._database.read(lambda connection: store.listed(connection, after, limit))


def _nameless(stone: Tombstone, whose: ErasureSubject) -> Tombstone:
    """Return a tombstone without an id of another system that is itself the address or visitor id."""
    named = whose.mention is not None and whose.mention.is_in(stone.external_id)
    return replace(stone, external_id=None) if named else stone


def _believe(connection: sa.Connection, ticket: str, trail: ErasureTrail) -> None:
    """Put up a tombstone for a ticket that only a helpdesk's export knows; one of ours must be here."""
    if ticket.startswith("tkt_"):
        raise NotFound("ticket", ticket)
    if not store.has(connection, ticket):
        trail.tombstones.append(Tombstone(id=ticket))
