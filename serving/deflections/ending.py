"""End a session: the customer gives feedback, or the question becomes a ticket."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

import sqlalchemy as sa
from msgspec import structs

from serving.deflections import store as sessions
from serving.deflections.access import Access
from serving.deflections.announcing import announce_outcome
from serving.deflections.schemas import Ended, Outcome, OutcomeOut, TicketRequest
from serving.deflections.store import Deflection, DeflectionStore
from serving.deflections.viewing import Viewing
from serving.errors import FieldError, InvalidRequest
from serving.storage.database import Write
from serving.telemetry import Telemetry
from serving.ticket_desk import NewTicket, TicketDesk, TicketOut
from triage.tickets.events import Message

SUBJECT_LENGTH = 120
SAID = {
    "confirmed": "Yes, this helped.",
    "not_helpful": "This did not help.",
    "abandoned": "(left without an answer)",
}
ENDED = {"confirmed": "confirmed", "not_helpful": None, "abandoned": "abandoned"}


@dataclass(frozen=True, slots=True)
class Ending:
    """The use cases that end a session."""

    store: DeflectionStore
    desk: TicketDesk
    telemetry: Telemetry
    viewing: Viewing

    def note(
        self, deflection_id: str, outcome: Outcome, *, at: datetime, access: Access, write: Write[OutcomeOut]
    ) -> OutcomeOut:
        """Record what the customer said or did, and return how the session stands.

        Raises `NotFound` when there is no session with this id that the caller may open.
        """
        access.opened(self.store.find(deflection_id), deflection_id)
        said = Message(at, "customer", SAID[outcome])

        def operation(connection: sa.Connection) -> OutcomeOut:
            session, changed = sessions.note_outcome(
                connection, deflection_id, outcome, ENDED[outcome], said, key_id=access.caller.key_id
            )
            if changed:
                announce_outcome(connection, session, at=at)
            ended = cast("Ended | None", session.ended)
            return OutcomeOut(id=deflection_id, outcome=outcome, ended=ended, at=session.outcome_at or at)

        noted = write(operation)
        self.telemetry.event("deflection.outcome", deflection_id=deflection_id, outcome=outcome)
        return noted

    def to_ticket(
        self,
        deflection_id: str,
        wanted: TicketRequest,
        *,
        at: datetime,
        access: Access,
        write: Write[TicketOut] | None = None,
    ) -> TicketOut:
        """Turn a session into a ticket with its transcript; a session has one ticket, however often it is asked for.

        Raises `NotFound` when there is no session with this id that the caller may open. Raises `InvalidRequest`
        when there is no address, neither here nor in a signed identity.
        """
        session = access.opened(self.store.find(deflection_id), deflection_id)
        if access.caller.is_publishable:  # what a page says of plan and account is not proven
            wanted = structs.replace(wanted, plan=None, account=None)
        if wanted.email is None and session.email is None:
            raise InvalidRequest([FieldError("email", "This field is required.")])
        new = _new_ticket(session, wanted, self.store.transcript(deflection_id), access.caller.key_id)
        return self.desk.open(new, at=at, also=partial(_tie, deflection_id), write=write)


def _tie(deflection_id: str, connection: sa.Connection, ticket_id: str) -> None:
    sessions.note_ticket(connection, deflection_id, ticket_id)


def _new_ticket(session: Deflection, wanted: TicketRequest, transcript: tuple[Message, ...], key_id: str) -> NewTicket:
    return NewTicket(
        subject=wanted.subject or subject_of(session.question),
        description=wanted.description or session.question,
        channel=wanted.channel or session.channel,
        plan=wanted.plan or session.plan,
        account=wanted.account or session.account,
        email=wanted.email or session.email,
        deflection_id=session.id,
        transcript=transcript,
        fields=wanted.fields,
        key_id=key_id,
    )


def subject_of(question: str) -> str:
    """Return the question's first line, cut at a word where it is long."""
    line = question.strip().splitlines()[0].strip()
    if len(line) <= SUBJECT_LENGTH:
        return line
    return line[:SUBJECT_LENGTH].rsplit(" ", 1)[0] + "…"
