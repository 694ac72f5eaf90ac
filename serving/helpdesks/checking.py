"""`firstline helpdesks check`: whether each connection works, and what is written where."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from serving.helpdesks.calls import calls, connected
from serving.helpdesks.customers import report
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import Connection, read
from serving.helpdesks.port.errors import DeskFault
from serving.helpdesks.port.port import INSTANTS, Helpdesk
from serving.helpdesks.port.signatures import SCHEMES
from serving.policy.policies import load
from serving.settings import Settings
from serving.storage.database import read_only
from serving.storage.tables import helpdesk_links, tickets
from triage.errors import FirstlineError

_MOST_TICKETS = 10  # that are read to see what is known of customers
_FOUND_AGAIN = {
    "key": "by an Idempotency-Key: never twice",
    "search": "by a search for our id: never twice",
    "late_search": "by a search that may lag behind: twice only if no answer came and the search has not seen it",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What to print, and how many connections do not work."""

    lines: list[str]
    faults: int


def checked(settings: Settings, ticket: str | None = None) -> Report:
    """Ask every desk a harmless question; of a `ticket`, such as `zendesk:123`, say what it would get.

    Raises `HelpdesksNotValid`: the file of connections or a file of accounts cannot be used.
    """
    policies = load(settings.policies)
    connections = read(settings.helpdesks, *policies.helpdesk_names)
    if not connections:
        return Report(["No connections: FIRSTLINE_HELPDESKS names a TOML file; see docs/helpdesks/README.md."], 0)
    name, _, remote_id = (ticket or "").partition(":")
    if ticket and (name not in connections or not remote_id):
        return Report([f"No ticket {ticket!r}: write one of {', '.join(f'{each}:ID' for each in connections)}."], 1)
    customers = Customers(connections, policies.sla.plans, path=settings.helpdesks)
    lines, faults = [], 0
    outgoing = calls(settings)
    for connection in connections.values():
        there = connected(connection, outgoing)
        answer, fault = _asked(connection, there)
        found = customers.accounts(connection)
        faults += fault or bool(found and found.problems)
        lines += [
            f"{connection.name} ({connection.kind}) {answer}",
            *_told(connection, there, settings.public_url.rstrip("/")),
        ]
        lines += report.sources(connection, customers)
        if connection.token and not fault and connection.customer.sources and (ids := _latest(settings, connection)):
            lines += _read(report.coverage(connection, customers, there, ids))
        if name == connection.name:
            lines += [f"  ticket {remote_id}", *_read(report.sample(connection, customers, there, remote_id))]
        lines.append("")
    return Report(lines[:-1], faults)


def latest(reading: sa.Connection, connection: str, most: int = _MOST_TICKETS) -> list[str]:
    """Return the ids there of the newest tickets that came from a helpdesk."""
    c = helpdesk_links.c
    came = tickets.c.external_id.startswith(f"{connection}:", autoescape=True)
    asked = sa.select(c.remote_id).join(tickets, sa.and_(tickets.c.id == c.ticket_id, came))
    asked = asked.where(c.connection == connection, c.remote_id.is_not(None))
    return list(reading.scalars(asked.order_by(c.id.desc()).limit(most)))


def _asked(connection: Connection, there: Helpdesk) -> tuple[str, bool]:
    if not connection.token:
        return "inbound only: no token is set", False
    try:
        return f"answers: {there.probe()}", False
    except (DeskFault, KeyError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, DeskFault) else "it answered in another form than documented"
        return f"DOES NOT WORK: {reason}", True


def _told(connection: Connection, there: Helpdesk, public_url: str) -> Iterator[str]:
    can = there.capabilities
    yield f"  webhooks come to  {public_url}/v1/inbound/{connection.name}, proven by {_proof(connection)}"
    if can.create and connection.token:
        for name in (*sorted(connection.heads, key=lambda head: head != "priority"), *INSTANTS, "tags"):
            yield f"  {name:<17} {place(name, connection, there)}"
        yield f"  a cut-off create  is found {_FOUND_AGAIN[can.repeatable]}"
        yield f"  agents' changes   {'the desk refuses a late write' if can.guarded else 'read before each write'}"


def _latest(settings: Settings, connection: Connection) -> list[str]:
    """Return the newest tickets from a helpdesk; none without a database that can be read."""
    try:
        with read_only(settings.stored_in) as reading:
            return latest(reading, connection.name)
    except (FirstlineError, SQLAlchemyError):
        return []


def _read(lines: Iterator[str]) -> list[str]:
    try:
        return list(lines)
    except DeskFault as error:
        return [f"  could not be read: {error}"]
    except (KeyError, TypeError, ValueError, NotImplementedError):
        return ["  could not be read: the helpdesk answered in another form than documented"]


def _proof(connection: Connection) -> str:
    scheme = SCHEMES[connection.kind]
    if not connection.hook_secret:
        return "nothing yet: set hook_secret, until then every delivery is refused"
    return f"the header {scheme.header}" if scheme.header else f"a token in {' or '.join(scheme.token_in)}"


def place(name: str, connection: Connection, there: Helpdesk) -> str:
    """Say where the helpdesk shows a value: in which field, or in the internal note."""
    can = there.capabilities
    custom = connection.fields.get(name)
    own = {"priority": can.priority, "tags": can.tags}.get(name, False)
    deadline = getattr(can, name) if name in INSTANTS else ""
    if deadline == "by_day":
        return "its own field, by day; the hour goes into a note"
    if own or deadline == "written":
        return "its own field"
    if custom:
        return f"custom field {custom}"
    dropped = "not shown: map a field for it" if name == "tags" else "an internal note: no field is mapped"
    return f"{dropped} (the desk keeps its own, read-only)" if deadline == "read_only" else dropped
