"""Wiring of the console's room `/models`."""

from serving.console.models.audit_endpoints import AuditPages
from serving.console.models.endpoints import ModelPages, ModelSwitches
from serving.console.models.relabel_endpoints import RelabelPages
from serving.context import Context, Slice


def wire(context: Context) -> Slice:  # noqa: ARG001 (every room is wired alike)
    """Return the room."""
    return Slice(handlers=[ModelPages, ModelSwitches, AuditPages, RelabelPages])
