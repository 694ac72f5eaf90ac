"""Incidents, escalation packets and deadline notices over HTTP."""

from typing import Annotated, Any, Literal

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from serving.http.auth import allows
from serving.http.fields import Name
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope
from serving.policy.policies import Policies
from serving.storage.database import Database
from serving.storage.instants import Instant
from serving.ticket_desk import TicketOut, created
from serving.tickets import notices
from serving.tickets.changes import ChangeRequest, act_of, refuse_incident
from serving.tickets.desk import Desk
from serving.tickets.packets import PacketOut, draft, escalation_of, packet_out
from serving.tickets.schemas import History
from serving.tickets.view import history
from triage.tickets.packet_page import page

After = Annotated[int, QueryParameter(ge=0, le=2**53, description="`next_after` of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=500, description="Entries on a page")]
What = Annotated[
    Literal["breached", "warned", "escalation_due"] | None, QueryParameter(description="Only notices of this kind")
]
Up = Annotated[
    Literal["T2", "T3"] | None,
    QueryParameter(description="Draft an escalation to this tier; without it, the latest escalation"),
]
_JSON = "application/json"
_PAGES = {"text/plain": "", "text/markdown": "## "}  # what a heading begins with
TICKET = {201: ResponseSpec(TicketOut, description="The ticket", generate_examples=False)}


class IncidentIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The incident's ticket to link this one to; null unlinks it."""

    incident: Name | None
    actor: Name | None = None


class NoticeOut(Struct):
    """A notice, given once: a deadline is near or missed, or T1's time is over."""

    id: int
    ticket_id: str
    what: Literal["breached", "warned", "escalation_due"]
    source: str
    kind: str
    due_by: Instant
    at: Instant
    credit_percent: int


class NoticeList(Struct):
    """Notices in the order recorded; repeat with `after=next_after`."""

    notices: list[NoticeOut]
    next_after: int


class AlertOut(Struct):
    """Urgent tickets of a high-value account within one window."""

    id: int
    account: str
    csm: str
    since: Instant
    at: Instant
    tickets: list[str]


class AlertList(Struct):
    """Alerts in the order recorded; repeat with `after=next_after`."""

    alerts: list[AlertOut]
    next_after: int


class UpkeepController(Controller):
    """Incidents, and drafts of escalation packets."""

    path = "/v1/tickets/{ticket_id:str}"
    tags = ["tickets"]  # noqa: RUF012
    guards = [allows(Scope.AGENT)]  # noqa: RUF012
    dependencies = {"act": Provide(act_of, sync_to_thread=False)}  # noqa: RUF012

    @post(
        "/incident",
        opt=CREATES,
        sync_to_thread=True,
        responses=TICKET | problem_responses(400, 404, 409, 412, 422),
        summary="Link to an incident, or unlink",
    )
    def follow(
        self,
        ticket_id: FromPath[str],
        data: JSONBody[IncidentIn],
        desk: NamedDependency[Desk],
        act: NamedDependency[ChangeRequest],
        receipt: NamedDependency[Receipt],
    ) -> Response[TicketOut]:
        """Link the ticket to an incident, whose tickets all show the strictest deadline; null unlinks it."""
        ticket = act.apply(
            desk,
            ticket_id,
            lambda ticket: ticket.follow(data.incident, at=act.at, by=act.by(data.actor)),
            write=receipt.keeping(created),
            check=lambda connection, ticket: refuse_incident(connection, ticket, data.incident),
        )
        return created(ticket)

    @get(
        "/history",
        sync_to_thread=True,
        responses=problem_responses(404, body=False),
        summary="List what happened to a ticket",
    )
    def history(self, ticket_id: FromPath[str], desk: NamedDependency[Desk]) -> History:
        """List the events of a ticket: when, what, by whom, and with which API key. `by` is what the caller said."""
        return history(desk.load(ticket_id))

    @get(
        "/packet",
        sync_to_thread=True,
        responses={200: ResponseSpec(PacketOut, description="The packet", generate_examples=False)}
        | problem_responses(400, 404, body=False),
        summary="Read the escalation packet, or draft one",
    )
    def packet(
        self,
        ticket_id: FromPath[str],
        desk: NamedDependency[Desk],
        policies: NamedDependency[Policies],
        request: Request[Any, Any, Any],
        to: Up = None,
    ) -> Response[Any]:
        """Return what travelled with the latest escalation; with `to`, what an escalation to that tier needs and has.

        `Accept: text/plain` or `text/markdown` gets the latest escalation as a page for people.
        """
        ticket, rules = desk.load(ticket_id), policies.sla.escalation
        if to is not None:
            return Response(draft(ticket, to, rules))
        fact = escalation_of(ticket)
        wanted = request.accept.best_match([_JSON, *_PAGES], default=_JSON)
        if wanted == _JSON:
            return Response(packet_out(ticket, fact, rules))
        return Response(page(ticket, fact, rules, heading=_PAGES[wanted]), media_type=wanted)


class FeedController(Controller):
    """Deadline notices and account alerts, for a helpdesk to follow."""

    path = "/v1/sla"
    tags = ["sla"]  # noqa: RUF012
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @get(
        "/notices",
        sync_to_thread=True,
        responses=problem_responses(400, body=False),
        summary="List warnings and breaches",
    )
    def notices(
        self, database: NamedDependency[Database], what: What = None, after: After = 0, limit: Limit = 100
    ) -> NoticeList:
        """List warnings, breaches with their credits, and due escalations, oldest first."""
        rows = database.read(lambda connection: notices.feed(connection, what, after, limit))
        told = [NoticeOut(**row._mapping) for row in rows]  # noqa: SLF001 (a row's own mapping)
        return NoticeList(told, told[-1].id if told else after)

    @get("/alerts", sync_to_thread=True, responses=problem_responses(400, body=False), summary="List account alerts")
    def alerts(self, database: NamedDependency[Database], after: After = 0, limit: Limit = 100) -> AlertList:
        """List the accounts whose CSM should know of their urgent cases, oldest first."""
        rows = database.read(lambda connection: notices.alerts(connection, after, limit))
        told = [AlertOut(**row._mapping) for row in rows]  # noqa: SLF001
        return AlertList(told, told[-1].id if told else after)
