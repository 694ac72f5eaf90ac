"""Whether what is known here of a linked ticket is newer than an instant: asked before a deadline is called missed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.storage.tables import helpdesk_links, helpdesk_marks

UNREACHABLE_FOR = timedelta(minutes=5)  # then a notice goes out without an answer
PATIENCE = timedelta(minutes=15)  # after asking, whatever keeps the answer away
_c, _m = helpdesk_links.c, helpdesk_marks.c


@dataclass(frozen=True, slots=True)
class Freshness:
    """Asks by marking links as stale; the next look at helpdesks reads them."""

    connections: Collection[str]  # whose helpdesks tell what happens there

    def is_known(self, writing: sa.Connection, ticket_id: str, until: datetime, at: datetime) -> bool:
        """Tell whether all that happened to a ticket until an instant is known here; where it is not, ask for it.

        A helpdesk that has been unreachable for five minutes is not waited for, nor a thread that cannot be read, and
        nothing for more than 15 minutes.
        """
        asked = (
            sa.select(_c.id, _c.stale_at, _m.unreachable_since)
            .select_from(helpdesk_links.outerjoin(helpdesk_marks, _m.connection == _c.connection))
            .where(_c.ticket_id == ticket_id, _c.remote_id.is_not(None), _c.connection.in_(list(self.connections)))
            .where(sa.or_(_c.read_at.is_(None), _c.read_at < until))
        )
        behind = writing.execute(asked).all()
        for row in behind:
            if row.stale_at is None:
                writing.execute(helpdesk_links.update().where(_c.id == row.id).values(stale_at=at))
        return all(_is_over(row.stale_at, row.unreachable_since, at) for row in behind)


def _is_over(stale_at: datetime | None, unreachable_since: datetime | None, at: datetime) -> bool:
    if unreachable_since is not None:
        return at - unreachable_since >= UNREACHABLE_FOR
    # It pauses although the helpdesk answers: this thread could not be read.
    return stale_at is not None and (stale_at > at or at - stale_at >= PATIENCE)
