"""Take a customer's words out of proposals; ids and counts stay."""

import sqlalchemy as sa

from serving.erasure import ErasureTrail
from serving.surges.store import forget_words


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Empty the common words of bursts that had a ticket of the customer."""
    if trail.tickets and (changed := forget_words(connection, trail.tickets)):
        trail.counts["incident_proposals"] += changed
