"""Wiring of the console's room `/incidents`."""

from serving.console.incidents.endpoints import IncidentPages
from serving.console.incidents.opened import OpenedPages
from serving.context import Context, Slice


def wire(context: Context) -> Slice:  # noqa: ARG001 (every room is wired alike)
    """Return the room."""
    return Slice(handlers=[IncidentPages, OpenedPages])
