"""Wiring of the console's room `/settings`."""

from serving.console.settings.endpoints import SettingPages
from serving.context import Context, Slice


def wire(context: Context) -> Slice:  # noqa: ARG001 (every room is wired alike)
    """Return the room."""
    return Slice(handlers=[SettingPages])
