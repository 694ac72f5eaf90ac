"""Open an incident by hand, change what customers are told, and end it; every step is in the change log."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from serving.changes import records
from serving.changes.edit import Edit
from serving.context import Context
from serving.errors import AlreadyDecided, FieldError, NotKnown
from serving.inference.labels import KnownLabels
from serving.storage.database import Write
from serving.storage.ids import new_id
from serving.surges.incidents import store
from serving.surges.incidents.schemas import MessageIn, OpenedIncident, OpenedIncidentIn, ToldSessions
from serving.ticket_desk import Act, LeadsIncidents, NewTicket, TicketOut
from triage.tickets.events import AGENT
from triage.tickets.outcome import Outcome

Keeping = Callable[[Callable[[TicketOut], OpenedIncident]], Write[TicketOut]]
_CHANNEL = "api"


class Incidents:
    """The incidents that people open."""

    def __init__(self, context: Context, leads: LeadsIncidents, vocabulary: KnownLabels) -> None:
        self._database, self._leads, self._vocabulary = context.database, leads, vocabulary

    def newest(self, limit: int) -> list[OpenedIncident]:
        """Return incidents, the newest first."""
        return self._database.read(lambda connection: store.newest(connection, limit))

    def load(self, incident_id: str) -> OpenedIncident:
        """Return one. Raises `NotFound`."""
        return self._database.read(lambda connection: store.load(connection, incident_id))

    def told(self, incident_id: str, limit: int) -> ToldSessions:
        """Return who was told of it; the id may be that of a proposal. Raises `NotFound`."""
        return self._database.read(lambda connection: store.told_of(connection, incident_id, limit))

    def areas(self, kept: str | None = None) -> list[str]:
        """Return the product areas of labels and articles, sorted, and one that an incident has and may keep."""
        return sorted({*self._database.read(self._areas), *([kept] if kept else [])})

    def open(self, asked: OpenedIncidentIn, act: Act, keeping: Keeping | None = None) -> OpenedIncident:
        """Open an incident with its ticket; customers are told from now on.

        `keeping` returns the transaction, which keeps the answer made of the ticket for a repeat. Raises
        `NotKnown`: there is no such area, or one of the tickets is not there.
        """
        self._database.read(lambda connection: self._refuse_unknown(connection, asked.area, asked.tickets))
        incident_id = new_id("inc", act.at)
        opened = partial(_opened, asked, incident_id, act)

        def keep(connection: sa.Connection, ticket_id: str) -> None:
            row = {"id": incident_id, "ticket_id": ticket_id, "opened_at": act.at, "opened_by": act.by}
            store.insert(connection, row | _message(asked))
            self._note(connection, incident_id, None, act)

        write = keeping(opened) if keeping else None
        return opened(self._leads.open(_ticket(asked, incident_id), asked.tickets, act, keep, write))

    def change(self, incident_id: str, asked: MessageIn, act: Act) -> OpenedIncident:
        """Change what customers are told, and which of them.

        Raises `NotFound`. Raises `AlreadyDecided`: it has ended. Raises `NotKnown`: there is no such area.
        """

        def operation(connection: sa.Connection) -> OpenedIncident:
            before = self._open_one(connection, incident_id)
            if asked.area != before.area:
                self._refuse_unknown(connection, asked.area)
            store.update(connection, incident_id, _message(asked))
            self._note(connection, incident_id, before, act)
            return store.load(connection, incident_id)

        return self._database.write(operation)

    def end(self, incident_id: str, act: Act, *, text: str | None = None, root_cause: str | None = None) -> int:
        """End an incident: nobody is told any more; with a text, all its open tickets get it and are resolved.

        Returns how many tickets were resolved. Raises `NotFound`. Raises `AlreadyDecided`: it has ended.
        """

        def operation(connection: sa.Connection) -> OpenedIncident:
            before = self._open_one(connection, incident_id)
            store.end(connection, incident_id, act.at, act.by)
            self._note(connection, incident_id, before, act)
            return before

        ended = self._database.write(operation)
        if text is None:
            return 0
        outcome = Outcome(resolution_type="solved", root_cause=root_cause)
        return self._leads.conclude(ended.ticket_id, text, outcome, act)

    def _areas(self, connection: sa.Connection) -> list[str]:
        return sorted({*self._vocabulary.labels("product_area"), *store.areas(connection)})

    def _refuse_unknown(self, connection: sa.Connection, area: str | None, tickets: Sequence[str] = ()) -> None:
        """Raise `NotKnown` where no label or article is of the area, or a ticket is not there."""
        there = store.known_tickets(connection, tickets)
        problems = [FieldError("tickets", f"There is no ticket {each}.") for each in tickets if each not in there]
        if area is not None and area not in (known := self._areas(connection)):
            said = f"There is no product area {area!r}: the areas are {', '.join(known) or 'none yet'}."
            problems.append(FieldError("area", said))
        if problems:
            raise NotKnown(problems)

    @staticmethod
    def _open_one(connection: sa.Connection, incident_id: str) -> OpenedIncident:
        found = store.load(connection, incident_id)
        if found.state == "ended":
            raise AlreadyDecided(incident_id, found.state)
        return found

    @staticmethod
    def _note(connection: sa.Connection, incident_id: str, before: OpenedIncident | None, act: Act) -> None:
        after = store.load(connection, incident_id)
        texts = {"before": None if before is None else _as_text(before), "after": _as_text(after)}
        by = act.by.removeprefix(f"{AGENT}:")  # a name, or the key's id, as in every entry of the log
        records.record(connection, "incident", incident_id, Edit(at=act.at, by=by, key_id=act.key_id), **texts)


def _opened(asked: OpenedIncidentIn, incident_id: str, act: Act, ticket: TicketOut) -> OpenedIncident:
    at: dict[str, Any] = {"opened_at": act.at, "opened_by": act.by, "ended_at": None, "ended_by": None}
    return OpenedIncident(id=incident_id, state="open", ticket_id=ticket.id, told=0, **_message(asked), **at)


def _message(asked: MessageIn) -> dict[str, Any]:
    said = {"title": asked.title.strip(), "message": asked.message.strip()}
    return said | {"terms": asked.terms, "area": asked.area}


def _ticket(asked: OpenedIncidentIn, incident_id: str) -> NewTicket:
    labels = {"product_area": asked.area, "priority": asked.priority}
    return NewTicket(
        subject=f"Incident: {asked.title.strip()}"[:200],
        description=f"Customers are told: {asked.message.strip()}\n\nOpened by hand as {incident_id}.",
        channel=_CHANNEL,
        labels={head: label for head, label in labels.items() if label is not None},
    )


def _as_text(incident: OpenedIncident) -> str:
    lines = {
        "title": incident.title,
        "message": incident.message,
        "terms": ", ".join(incident.terms) or "every question",
        "area": incident.area or "any",
        "state": incident.state,
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items())
