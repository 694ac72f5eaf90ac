"""`/v1/tickets`: the ticket desk over HTTP."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, JSONBody, QueryParameter

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.fields import Cursor
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.inference.labels import KnownLabels
from serving.keys.api_keys import Caller, Scope
from serving.policy.label_filter import read_filters
from serving.policy.policies import Policies
from serving.policy.routing_and_sla import sla_of
from serving.storage.instants import in_utc
from serving.ticket_desk import NewTicket, TicketOut, created, ending_of, with_etag
from serving.tickets import changes
from serving.tickets.changes import ChangeRequest, act_of
from serving.tickets.desk import Desk
from serving.tickets.schemas import (
    DeadlinesIn,
    DeadlinesOut,
    EscalationIn,
    ReplyIn,
    TicketIn,
    TicketList,
    TicketPatch,
    TransitionIn,
    said_of,
)
from serving.tickets.store import Query
from triage.sla import deadlines as sla
from triage.tickets.attributes import Attributes, Segment
from triage.tickets.ticket import Status

LabelFilter = Annotated[
    list[str] | None,
    QueryParameter(
        description="Only tickets that have a label, written head=label; several must all hold",
        examples=[Example(value=["topics=refund"])],
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Tickets on a page")]
Breached = Annotated[
    bool | None, QueryParameter(description="Only open tickets past a deadline (true), or only others (false)")
]
Overdue = Annotated[bool | None, QueryParameter(description="The older name of `breached`, which goes before it")]
AtRisk = Annotated[
    bool | None,
    QueryParameter(
        description="Only tickets within the warning time that are not breached (true), or only others (false)"
    ),
]
Number = Annotated[
    str | None,
    QueryParameter(
        pattern="^[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}$", description="The number that a customer names: K7Q2-9XMB"
    ),
]
NeedsNobody = Annotated[
    bool | None, QueryParameter(description="Only tickets that need nobody (true), or only others (false)")
]
Wanted = Annotated[Status | None, QueryParameter(description="Only tickets of this status")]

TICKET = {201: ResponseSpec(TicketOut, description="The ticket", generate_examples=False)}


def breached_of(breached: Breached = None, overdue: Overdue = None) -> bool | None:
    """Return whether breached tickets are wanted, under either name; the dependency `late`."""
    return overdue if breached is None else breached


def hurry_of(late: NamedDependency[bool | None], at_risk: AtRisk = None) -> tuple[bool | None, bool | None]:
    """Return whether breached tickets are wanted, and those at risk; the dependency `hurry`."""
    return late, at_risk


def query_of(
    hurry: NamedDependency[tuple[bool | None, bool | None]],
    status: Wanted = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    number: Number = None,
    needs_nobody: NeedsNobody = None,
) -> Query:
    """Read which tickets to list; the dependency `page`."""
    return Query(status, *hurry, cursor, limit, None if number is None else ending_of(number), needs_nobody)


def labelled_of(
    page: NamedDependency[Query], vocabulary: NamedDependency[KnownLabels], label: LabelFilter = None
) -> Query:
    """Return the same with the labels that the tickets must have; the dependency `wanted`."""
    return replace(page, labels=read_filters(label or [], vocabulary.settable()))


class TicketController(Controller):
    """Tickets: open, read, list, change."""

    path = "/v1/tickets"
    tags = ["tickets"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012
    dependencies = {"act": Provide(act_of, sync_to_thread=False)}  # noqa: RUF012

    @post(
        opt=CREATES, sync_to_thread=True, responses=TICKET | problem_responses(400, 409, 422), summary="Open a ticket"
    )
    def open(
        self,
        data: JSONBody[TicketIn],
        desk: NamedDependency[Desk],
        clock: NamedDependency[Clock],
        caller: NamedDependency[Caller],
        receipt: NamedDependency[Receipt],
        vocabulary: NamedDependency[KnownLabels],
    ) -> Response[TicketOut]:
        """Open a ticket; it is tagged, routed and gets its deadlines."""
        new = _new(data, caller, vocabulary)
        return created(desk.open(new, at=clock.now(), write=receipt.keeping(created)))

    @get(
        dependencies={
            "late": Provide(breached_of, sync_to_thread=False),
            "hurry": Provide(hurry_of, sync_to_thread=False),
            "page": Provide(query_of, sync_to_thread=False),
            "wanted": Provide(labelled_of, sync_to_thread=False),
        },
        sync_to_thread=True,
        responses=problem_responses(400, 422, body=False),
        summary="List tickets, newest first",
    )
    def list(
        self,
        desk: NamedDependency[Desk],
        clock: NamedDependency[Clock],
        wanted: NamedDependency[Query],
    ) -> TicketList:
        """List a page of tickets."""
        return TicketList(*desk.page(wanted, at=clock.now()))

    @get("/{ticket_id:str}", sync_to_thread=True, responses=problem_responses(404), summary="Read a ticket")
    def read(self, ticket_id: FromPath[str], desk: NamedDependency[Desk]) -> Response[TicketOut]:
        """Return a ticket with its current deadlines."""
        return with_etag(desk.read(ticket_id))

    @patch(
        "/{ticket_id:str}",
        sync_to_thread=True,
        responses=problem_responses(400, 404, 412, 422, 428),
        summary="Correct tags, plan or assignee",
    )
    def patch(
        self,
        ticket_id: FromPath[str],
        data: JSONBody[TicketPatch],
        desk: NamedDependency[Desk],
        act: NamedDependency[ChangeRequest],
        policies: NamedDependency[Policies],
        vocabulary: NamedDependency[KnownLabels],
    ) -> Response[TicketOut]:
        """Change a ticket; routing and deadlines are recomputed, from its creation."""
        change = changes.patched(data, act, policies, vocabulary)
        return with_etag(act.apply(desk, ticket_id, change))

    @post(
        "/{ticket_id:str}/replies",
        opt=CREATES,
        sync_to_thread=True,
        responses=TICKET | problem_responses(400, 404, 409, 412, 422),
        summary="Add a reply",
    )
    def reply(
        self,
        ticket_id: FromPath[str],
        data: JSONBody[ReplyIn],
        desk: NamedDependency[Desk],
        act: NamedDependency[ChangeRequest],
        receipt: NamedDependency[Receipt],
    ) -> Response[TicketOut]:
        """Add a reply by an agent or the customer; an agent's first reply is the first response."""
        message = [(data.text, data.headers)] if data.by == "customer" else []
        change = changes.replied(data, act, *desk.reply_reasons(ticket_id, message))
        write = receipt.keeping(created)
        return created(act.apply(desk, ticket_id, change, write=write))

    @post(
        "/{ticket_id:str}/transitions",
        opt=CREATES,
        sync_to_thread=True,
        responses=TICKET | problem_responses(400, 404, 409, 412, 422),
        summary="Change the status",
    )
    def move(
        self,
        ticket_id: FromPath[str],
        data: JSONBody[TransitionIn],
        desk: NamedDependency[Desk],
        act: NamedDependency[ChangeRequest],
        receipt: NamedDependency[Receipt],
    ) -> Response[TicketOut]:
        """Change the status; `pending` pauses the resolution deadlines, `resolved` stops them."""
        change = changes.moved(data, act)
        write = receipt.keeping(created)
        check = changes.solved_by(data.kb_article_id)
        return created(act.apply(desk, ticket_id, change, write=write, check=check))

    @post(
        "/{ticket_id:str}/escalations",
        opt=CREATES,
        sync_to_thread=True,
        responses=TICKET | problem_responses(400, 404, 409, 412, 422),
        summary="Escalate to the next tier",
    )
    def escalate(
        self,
        ticket_id: FromPath[str],
        data: JSONBody[EscalationIn],
        desk: NamedDependency[Desk],
        act: NamedDependency[ChangeRequest],
        policies: NamedDependency[Policies],
        receipt: NamedDependency[Receipt],
    ) -> Response[TicketOut]:
        """Escalate to a higher tier; an incomplete packet is refused with the list of missing fields."""
        change = changes.escalated(data, act, policies)
        write = receipt.keeping(created)
        return created(act.apply(desk, ticket_id, change, write=write))

    @get("/{ticket_id:str}/sla", sync_to_thread=True, responses=problem_responses(404), summary="Explain the deadlines")
    def explain(
        self, ticket_id: FromPath[str], desk: NamedDependency[Desk], clock: NamedDependency[Clock]
    ) -> DeadlinesOut:
        """Explain the deadlines of a ticket: every interval that counted, and how late each is."""
        _, clocks = desk.judged(ticket_id)
        return _explained(clocks, clock.now())


class DeadlineController(Controller):
    """Deadlines of a ticket that is kept elsewhere."""

    path = "/v1/sla"
    tags = ["sla"]  # noqa: RUF012
    guards = [allows(Scope.AGENT, Scope.TAG)]  # noqa: RUF012

    @post(
        "/deadlines",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(400),
        summary="Compute deadlines",
    )
    def deadlines(
        self, data: JSONBody[DeadlinesIn], policies: NamedDependency[Policies], clock: NamedDependency[Clock]
    ) -> DeadlinesOut:
        """Compute the deadlines of a ticket; nothing is stored."""
        pauses = [
            (in_utc(pause.begins, "pauses"), in_utc(pause.ends, "pauses") if pause.ends else None)
            for pause in data.pauses
        ]
        clocks = sla.deadlines(
            policies.sla,
            Attributes(**vars(Segment.of(data)), plan=data.plan, priority=data.priority),
            created_at=in_utc(data.created_at),
            pauses=pauses,
        )
        return _explained(clocks, clock.now())


def _new(data: TicketIn, caller: Caller, vocabulary: KnownLabels) -> NewTicket:
    given = {head: said for head, said in said_of(data.tags).items() if said is not None}
    labels = {head: label for head, label in vocabulary.of_tags(given).items() if label is not None}
    known = {name: getattr(data, name) for name in data.__struct_fields__ if name != "tags"}
    by = f"agent:{caller.name or caller.key_id}" if labels else "customer"
    return NewTicket(**known, labels=labels, by=by, key_id=caller.key_id)


def _explained(clocks: sla.Deadlines, at: datetime) -> DeadlinesOut:
    known = sla_of(clocks)
    return DeadlinesOut(
        known.contract, known.target, known.sla_deadline, known.inherited, known.policy, clocks.explain(at)
    )
