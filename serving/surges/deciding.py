"""Decide on proposals: make an incident of one, dismiss it, and answer everybody at the end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from msgspec import UNSET, UnsetType

from serving.context import Context
from serving.errors import AlreadyDecided
from serving.surges import store
from serving.surges.schemas import ProposalOut, ProposalWithTickets, PublicIn, State
from serving.ticket_desk import Act, LeadsIncidents, NewTicket
from triage.tickets.outcome import Outcome

_SUBJECT = 200
_CHANNEL = "api"


class Proposals:
    """The proposals of incidents, and what people decide."""

    def __init__(self, context: Context, incidents: LeadsIncidents) -> None:
        self._database, self._incidents = context.database, incidents

    def newest(self, state: State | None, limit: int) -> list[ProposalOut]:
        """Return proposals, the newest first."""
        return self._database.read(lambda connection: store.newest(connection, state, limit))

    def load(self, proposal_id: str) -> ProposalWithTickets:
        """Return a proposal with its tickets.

        Raises `NotFound`: there is none with this id.
        """

        def operation(connection: sa.Connection) -> ProposalWithTickets:
            found = store.load(connection, proposal_id)
            fields: dict[str, Any] = {name: getattr(found, name) for name in found.__struct_fields__}
            return ProposalWithTickets(**fields, ticket_ids=store.tickets_of(connection, proposal_id))

        return self._database.read(operation)

    def accept(
        self,
        proposal_id: str,
        act: Act,
        *,
        subject: str | None = None,
        priority: str | None = None,
        public: PublicIn | UnsetType | None = UNSET,
    ) -> ProposalWithTickets:
        """Make an incident with the tickets as its cases; of one that was accepted, link the tickets that came since.

        `public` is what customers are told from now on, None: nothing; left out, it stays.

        Raises `AlreadyDecided`: it was dismissed. Raises `IncidentRefused`: its incident is closed.
        """
        found = self.load(proposal_id)
        if found.state == "open":
            new = _incident(found, subject, priority or found.priority)

            def decide(connection: sa.Connection, incident_id: str) -> None:
                self._decide(connection, proposal_id, "accepted", act, incident_id)
                if public is not UNSET:
                    store.tell_customers(connection, proposal_id, public)

            self._incidents.open(new, found.ticket_ids, act, decide)
        elif found.state == "accepted" and found.incident_id is not None:
            self._incidents.add(found.incident_id, found.ticket_ids, act)
            if public is not UNSET:
                self._database.write(lambda connection: store.tell_customers(connection, proposal_id, public))
        else:
            raise AlreadyDecided(proposal_id, found.state)
        return self.load(proposal_id)

    def dismiss(self, proposal_id: str, act: Act) -> ProposalWithTickets:
        """Say that it is no incident; saying it again changes nothing.

        Raises `AlreadyDecided`: it was accepted.
        """
        found = self.load(proposal_id)
        if found.state == "accepted":
            raise AlreadyDecided(proposal_id, found.state)
        if found.state == "open":
            self._database.write(lambda connection: self._decide(connection, proposal_id, "dismissed", act, None))
        return self.load(proposal_id)

    def conclude(self, proposal_id: str, text: str, root_cause: str | None, act: Act) -> int:
        """Send one message to the incident and all its open tickets, and resolve them; return how many.

        Raises `AlreadyDecided`: it is no incident.
        """
        found = self.load(proposal_id)
        if found.incident_id is None:
            raise AlreadyDecided(proposal_id, found.state)
        self._incidents.add(found.incident_id, found.ticket_ids, act)
        outcome = Outcome(resolution_type="solved", root_cause=root_cause)
        return self._incidents.conclude(found.incident_id, text, outcome, act)

    @staticmethod
    def _decide(
        connection: sa.Connection,
        proposal_id: str,
        state: Literal["accepted", "dismissed"],
        act: Act,
        incident_id: str | None,
    ) -> None:
        decision = {"decided_at": act.at, "actor": act.by, "key_id": act.key_id, "incident_id": incident_id}
        if not store.decide(connection, proposal_id, state, decision):  # somebody else was faster
            raise AlreadyDecided(proposal_id, store.load(connection, proposal_id).state)


def _incident(found: ProposalWithTickets, subject: str | None, priority: str | None) -> NewTicket:
    labels = {"priority": priority} if priority is not None else {}
    if found.area is not None:
        labels["product_area"] = found.area
    return NewTicket(
        subject=(subject or f"Incident: {_about(found)}")[:_SUBJECT],
        description=(
            f"{found.tickets} tickets of {found.senders} senders since {_minute(found.began_at)}. "
            f"Words that they have in common: {', '.join(found.words) or 'none'}. Proposal {found.id}."
        ),
        channel=_CHANNEL,
        labels=labels,
    )


def _about(found: ProposalOut) -> str:
    said: Sequence[str] = found.words[:3]
    return ", ".join(said) or found.area or f"since {_minute(found.began_at)}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
