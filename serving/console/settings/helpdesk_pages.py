"""`/settings/helpdesks`: which helpdesks are connected, and what has not reached the other side yet."""

from collections.abc import Collection, Mapping

from litestar import Response
from litestar.di import NamedDependency

from serving.console.controller import ConsoleController, reads
from serving.console.page import Page
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.vendor_table import KINDS
from serving.helpdesks.waiting import lines
from serving.storage.database import Database

Connected = Mapping[str, Connection]


class HelpdeskPages(ConsoleController):
    """Helpdesk connections; they are a file, so nothing is changed here."""

    path = "/settings/helpdesks"

    @reads(sync_to_thread=True)
    def helpdesks(
        self,
        page: NamedDependency[Page],
        database: NamedDependency[Database],
        connected: NamedDependency[Connected],
    ) -> Response[str]:
        """Show the connections and what waits."""
        silent = _silent(connected)
        waiting = database.read(lambda connection: lines(connection, page.at, silent)) if connected else []
        return page.show("settings/helpdesks.html", connected=connected, silent=silent, waiting=waiting)


def _silent(connected: Connected) -> Collection[str]:
    """Return the connections to which nothing is written."""
    return {each.name for each in connected.values() if not (each.token and KINDS[each.kind].capabilities.create)}
