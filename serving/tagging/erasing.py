"""Erase texts from taggings; tags and corrections stay, because they identify nobody."""

import sqlalchemy as sa

from serving.erasure import MARK, ErasureTrail, any_of
from serving.storage.tables import taggings
from triage.text.cleaning import model_text
from triage.tickets.tombstones import Tombstone


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Erase subject, description and account of what was tagged."""
    whose = trail.whose
    external_ids = trail.external_ids | ({whose.ticket} if whose.ticket else set())
    for some in (
        *any_of(taggings.c.ticket_id, trail.tickets),
        *any_of(taggings.c.external_id, external_ids),
        *([taggings.c.account == whose.account] if whose.account is not None else ()),
    ):
        for row in connection.execute(sa.select(taggings).where(some)).mappings().all():
            trail.taggings.add(row["id"])
            _erase(connection, row, trail)


def _erase(connection: sa.Connection, row: sa.RowMapping, trail: ErasureTrail) -> None:
    if (row["subject"], row["description"], row["account"]) == (MARK, MARK, None):
        return
    blank = {"subject": MARK, "description": MARK, "account": None}
    connection.execute(taggings.update().where(taggings.c.id == row["id"]).values(blank))
    text = model_text(row["subject"], row["description"], (row["account"],))
    trail.tombstones.append(Tombstone.over(row["id"], row["external_id"], [text]))
    trail.counts["taggings"] += 1
