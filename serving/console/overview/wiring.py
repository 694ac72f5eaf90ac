"""Wiring of the console's room `/`."""

from serving.console.overview.counted import Counts
from serving.console.overview.endpoints import OverviewPages
from serving.context import Context, Slice


def wire(context: Context) -> Slice:  # noqa: ARG001 (every room is wired alike)
    """Return the room."""
    return Slice(handlers=[OverviewPages], dependencies={"counts": Counts()})
