"""`firstline helpdesks check`: whether each connection works, and what is written where."""

from collections.abc import Iterator
from dataclasses import dataclass

from serving.helpdesks.calls import calls, connected
from serving.helpdesks.port.connections import Connection, read
from serving.helpdesks.port.errors import DeskFault
from serving.helpdesks.port.port import INSTANTS, Helpdesk
from serving.helpdesks.port.signatures import SCHEMES
from serving.settings import Settings

_VALUES = ("priority", "category", "product_area", *INSTANTS, "tags")
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


def checked(settings: Settings) -> Report:
    """Ask every desk a harmless question.

    Raises `HelpdesksNotValid`: the file of connections cannot be used.
    """
    connections = read(settings.helpdesks)
    if not connections:
        return Report(["No connections: FIRSTLINE_HELPDESKS names a TOML file; see docs/helpdesks/README.md."], 0)
    lines, faults = [], 0
    outgoing = calls(settings)
    for connection in connections.values():
        there = connected(connection, outgoing)
        answer, fault = _asked(connection, there)
        faults += fault
        lines += [f"{connection.name} ({connection.kind}) {answer}", *_told(connection, there), ""]
    return Report(lines[:-1], faults)


def _asked(connection: Connection, there: Helpdesk) -> tuple[str, bool]:
    if not connection.token:
        return "inbound only: no token is set", False
    try:
        return f"answers: {there.probe()}", False
    except (DeskFault, KeyError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, DeskFault) else "it answered in another form than documented"
        return f"DOES NOT WORK: {reason}", True


def _told(connection: Connection, there: Helpdesk) -> Iterator[str]:
    can = there.capabilities
    yield f"  hooks come to     /v1/inbound/{connection.name}, proven by {_proof(connection)}"
    if can.create and connection.token:
        for name in _VALUES:
            yield f"  {name:<17} {place(name, connection, there)}"
        yield f"  a cut-off create  is found {_FOUND_AGAIN[can.repeatable]}"
        yield f"  agents' changes   {'the desk refuses a late write' if can.guarded else 'read before each write'}"


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
