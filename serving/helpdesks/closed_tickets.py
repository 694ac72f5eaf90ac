"""`firstline snapshot --from`: closed tickets of another helpdesk as a training file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from serving import training_file
from serving.helpdesks.calls import calls, connected
from serving.helpdesks.following.label_sources import ShownHere, with_sources
from serving.helpdesks.port.connections import read
from serving.helpdesks.port.errors import DeskNotConnected
from serving.helpdesks.port.port import Helpdesk
from serving.policy.policies import load
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.errors import DatabaseMissing


def export_from(
    settings: Settings,
    name: str,
    out: Path,
    since: datetime,
    here: ShownHere,
    told: Callable[[int], None] | None = None,
) -> training_file.WriteProgress:
    """Write what a connection's desk closed since, with the sources of labels that this service knows of.

    `here` reads what this service has shown of tickets.

    Raises `DeskNotConnected`: no such connection, or its desk cannot tell. Raises `DeskFault`: it was not to be asked;
    what is written already is kept, and the same command goes on from there.
    """
    policies = load(settings.policies)
    connections = read(settings.helpdesks, *policies.helpdesk_names)
    outgoing = calls(settings)
    desks = {each: connected(connection, outgoing) for each, connection in connections.items()}
    able = [each for each, there in desks.items() if there.capabilities.closed_since]
    if name not in able:
        raise DeskNotConnected(name, able)

    def page(cursor: str | None) -> training_file.Page:
        found = replace(source(desks[name], since)(cursor), heads=connections[name].heads, multi=policies.multi)
        return _known_here(found, settings.stored_in, name, desks[name], here)

    return training_file.write(out, page, f"{name} {connections[name].url} {since}", told)


def source(there: Helpdesk, since: datetime) -> training_file.Source:
    """Return a desk's closed tickets, page by page."""

    def page(cursor: str | None) -> training_file.Page:
        found = there.closed_since(since, cursor)
        return training_file.Page(records=found.records, cursor=found.cursor, more=found.more)

    return page


def _known_here(
    page: training_file.Page, database: Path | str, name: str, there: Helpdesk, here: ShownHere
) -> training_file.Page:
    """Return a page with the sources of its labels; unchanged where this service has no database yet."""
    try:
        with read_only(database) as reading:
            return replace(page, records=with_sources(reading, name, there, page.records, here))
    except DatabaseMissing:
        return page
