"""Whether proposals may become incidents by themselves: only while people accept nearly all of them."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.storage.job_tables import incident_proposals as proposals
from triage.intervals import wilson
from triage.tickets.events import SELF

_LOOKED_BACK = timedelta(days=365)


def is_certified(connection: sa.Connection, least: float, at: datetime) -> bool:
    """Tell whether at least this share of proposals is right, by the lower end of the 95 % interval.

    The decisions of people in the last year count. What was accepted by itself has been checked by nobody.
    """
    if least >= 1:
        return False
    by_people = proposals.c.actor.like("agent:%"), proposals.c.decided_at > at - _LOOKED_BACK
    asked = sa.select(proposals.c.state, sa.func.count()).where(*by_people).group_by(proposals.c.state)
    counts = {row[0]: row[1] for row in connection.execute(asked)}
    return wilson(counts.get("accepted", 0), sum(counts.values())).low >= least


def accepted_by_itself(connection: sa.Connection, proposal_ids: list[str]) -> list[str]:
    """Return which of the proposals became incidents by themselves."""
    asked = sa.select(proposals.c.id).where(proposals.c.id.in_(proposal_ids), proposals.c.actor == SELF)
    return list(connection.scalars(asked))
