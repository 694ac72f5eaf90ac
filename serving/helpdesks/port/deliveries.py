"""What a delivery about a ticket that is already there tells, whichever helpdesk sends it."""

from collections.abc import Collection

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.port import Changed, Ignored

_LONGEST_ID = 80


def changed(remote_id: str, connection: Connection, by: Collection[str] = ()) -> Changed | Ignored:
    """Return that a ticket changed, unless our own user did it; `by` are the names and numbers of who did."""
    if not 0 < len(remote_id) <= _LONGEST_ID:
        return Ignored("an event without the number of its ticket")
    if connection.bot and connection.bot in by:
        return Ignored("it is our own change")
    return Changed(remote_id)
