"""Wiring of the console."""

from serving.console.articles.wiring import wire as wire_articles
from serving.console.endpoints import AssetController, LiveController, SignInController, SignOutController
from serving.console.incidents.wiring import wire as wire_incidents
from serving.console.live import Changes
from serving.console.models.wiring import wire as wire_models
from serving.console.overview.wiring import wire as wire_overview
from serving.console.queue.wiring import wire as wire_queue
from serving.console.reports.wiring import wire as wire_reports
from serving.console.settings.wiring import wire as wire_settings
from serving.context import Context, Slice
from serving.inference.suggestions import TicketSuggestions


def wire(context: Context, suggestions: TicketSuggestions) -> list[Slice]:
    """Return the console's rooms, in the order of its menu, and what they share."""
    shared = Slice(
        handlers=[SignInController, SignOutController, LiveController, AssetController],
        dependencies={
            "changes": Changes(context.database, context.settings.connections_per_address // 2),
            "suggestions": suggestions,
        },
    )
    rooms = [wire_overview, wire_incidents, wire_queue, wire_articles, wire_reports, wire_models, wire_settings]
    return [shared, *(wire_room(context) for wire_room in rooms)]
