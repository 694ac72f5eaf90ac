"""Erase a customer from the links to other helpdesks; the data there is theirs to erase."""

import sqlalchemy as sa

from serving.erasure import ErasureTrail, any_of
from serving.storage.tables import helpdesk_links


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Erase what was noted of the customer's tickets, and what a hook said that no ticket was opened for yet."""
    for some in any_of(helpdesk_links.c.ticket_id, trail.tickets):
        _blank(connection, trail, sa.and_(some, sa.cast(helpdesk_links.c.written, sa.Text) != "{}"))
    waiting = sa.select(helpdesk_links.c.id, helpdesk_links.c.connection, helpdesk_links.c.arrived)
    for row in connection.execute(waiting.where(helpdesk_links.c.arrived.is_not(None))).all():
        theirs = trail.whose.ticket == f"{row.connection}:{row.arrived['remote_id']}"
        if theirs or trail.whose.owns(row.arrived.get("email"), None):
            _blank(connection, trail, helpdesk_links.c.id == row.id)


def _blank(connection: sa.Connection, trail: ErasureTrail, which: sa.ColumnElement[bool]) -> None:
    blank = helpdesk_links.update().where(which).values(arrived=None, written={}, fault=None)
    if found := connection.execute(blank).rowcount:
        trail.counts["helpdesk_links"] += found
