"""Wiring of the console's room `/queue`."""

from serving.console.queue.endpoints import QueuePages
from serving.console.queue.ticket_endpoints import TicketPages
from serving.context import Context, Slice


def wire(context: Context) -> Slice:  # noqa: ARG001 (every room is wired alike)
    """Return the room."""
    return Slice(handlers=[QueuePages, TicketPages])
