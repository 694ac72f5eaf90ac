"""Erase texts from taggings; tags and corrections stay, because they identify nobody."""

import sqlalchemy as sa

from serving.erasure import MARK, ErasureTrail, any_of, may_be_of
from serving.storage.tables import taggings
from triage.text.cleaning import model_text
from triage.tickets.tombstones import Tombstone


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Erase subject, description and account of what was tagged."""
    whose = trail.whose
    external_ids = trail.external_ids | ({whose.ticket} if whose.ticket else set())
    for some in (*any_of(taggings.c.ticket_id, trail.tickets), *any_of(taggings.c.external_id, external_ids)):
        for row in connection.execute(sa.select(taggings).where(some)).mappings().all():
            _erase(connection, row, trail)
    if whose.ticket is None:
        named = sa.or_(may_be_of(whose, taggings.c.account), may_be_of(whose, taggings.c.external_id))
        for row in connection.execute(sa.select(taggings).where(named)).mappings().all():
            if whose.owns(row["external_id"], row["account"]):
                _erase(connection, row, trail)


def _erase(connection: sa.Connection, row: sa.RowMapping, trail: ErasureTrail) -> None:
    trail.taggings.add(row["id"])
    if (row["subject"], row["description"], row["account"]) == (MARK, MARK, None):
        return
    blank = {"subject": MARK, "description": MARK, "account": None}
    connection.execute(taggings.update().where(taggings.c.id == row["id"]).values(blank))
    text = model_text(row["subject"], row["description"], (row["account"],))
    trail.tombstones.append(Tombstone.over(row["id"], row["external_id"], [text]))
    trail.counts["taggings"] += 1
