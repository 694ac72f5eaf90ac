"""A session as its customer sees it: the conversation, and how far the ticket is. Nothing that is for agents."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from serving.deflections.access import Access
from serving.deflections.schemas import By, ReceiptOut, TurnOut
from serving.deflections.store import Deflection, DeflectionStore
from serving.keys.survey_links import SurveyLinks
from serving.policy.policies import Policies
from serving.policy.routing_and_sla import next_human_at
from serving.ticket_desk import TicketDesk, TicketOut, Turn, number_of
from triage.tickets import survey
from triage.tickets.attributes import Attributes
from triage.tickets.events import Message

OVER = ("resolved", "closed")


@dataclass(frozen=True, slots=True)
class Viewing:
    """The use case: a customer looks at a session again, or gets the receipt of a ticket."""

    store: DeflectionStore
    desk: TicketDesk
    policies: Policies
    surveys: SurveyLinks | None = None

    def view(self, deflection_id: str, *, at: datetime, access: Access) -> ReceiptOut:
        """Return a session as it stands.

        Raises `NotFound` when there is no session with this id that the caller may open.
        """
        session = access.opened(self.store.find(deflection_id), deflection_id)
        if session.ticket_id is not None:
            return self.receipt(session.id, self.desk.read(session.ticket_id), at=at)
        return ReceiptOut(
            id=session.id,
            number=None,
            status=None,
            next_human_at=next_human_at(self.policies, _of_session(session), at),
            transcript=[_turn(said) for said in self.store.transcript(session.id)],
        )

    def receipt(self, deflection_id: str, ticket: TicketOut, *, at: datetime) -> ReceiptOut:
        """Return what a customer sees of the ticket that a session became."""
        return ReceiptOut(
            id=deflection_id,
            number=number_of(ticket.id),
            status=ticket.status,
            next_human_at=None if ticket.status in OVER else next_human_at(self.policies, _of_ticket(ticket), at),
            transcript=[_turn(said) for said in ticket.transcript],
            survey=self._survey(ticket.id, at) if ticket.status in OVER else None,
        )

    def _survey(self, ticket_id: str, at: datetime) -> str | None:
        if self.surveys is None:
            return None
        ticket = self.desk.load(ticket_id)
        resolution = survey.offered(ticket)
        if resolution is None or survey.state(ticket, resolution, at) != "open":
            return None
        return self.surveys.path(ticket_id, resolution)


def _of_session(session: Deflection) -> Attributes:
    return Attributes(
        plan=session.plan, account=session.account, language=session.locale, channel=session.channel or None
    )


def _of_ticket(ticket: TicketOut) -> Attributes:
    return Attributes(
        brand=ticket.brand,
        region=ticket.region,
        plan=ticket.plan,
        account=ticket.account,
        language=ticket.language,
        channel=ticket.channel,
        tier=ticket.tier,
    ).labelled({head: tag.said for head, tag in ticket.tags.items()})


def _turn(said: Message | Turn) -> TurnOut:
    return TurnOut(at=said.at, by=cast("By", said.by), text=said.text)
