"""`/queue/{ticket_id}` of the console: a ticket, and the forms on its page."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.queue import rows
from serving.console.queue.escalating import PREFIX
from serving.console.queue.ticket_room import TicketRoom, room_of
from serving.http.json_requests import converted
from serving.tickets import changes
from serving.tickets.desk import Change
from serving.tickets.schemas import EscalationIn, ReplyIn, TicketPatch, TransitionIn
from triage.tickets.ticket import Status, Ticket

_OUTCOME = ("resolution_type", "root_cause", "kb_article_id")


class TicketPages(ConsoleController):
    """One ticket: read it, answer it, move it on."""

    path = "/queue/{ticket_id:str}"
    dependencies = ConsoleController.dependencies | {"tickets": Provide(room_of, sync_to_thread=False)}

    @reads(sync_to_thread=True)
    def show(self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom]) -> Response[str]:
        """Show a ticket."""
        return tickets.show(ticket_id)

    @post("/replies", status_code=303, sync_to_thread=True)
    def reply(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Add a reply; with `then=pending` the ticket waits for the customer from then on."""
        text, waits = form.text("text"), form.text("then") == Status.PENDING
        if tickets.has_reply(ticket_id, form, text):  # a second click on the button
            return tickets.page.after(f"/queue/{ticket_id}", "replied")

        def read() -> Change:
            act = tickets.act
            reply = changes.replied(converted({"text": text}, ReplyIn), act)

            def change(ticket: Ticket) -> Ticket:
                after = reply(ticket)
                if not waits or after.status is Status.PENDING:
                    return after
                return after.transition(Status.PENDING, at=act.at, by=act.by(None))

            return change

        return tickets.change(ticket_id, form, read, "waiting" if waits else "replied")

    @post("/transitions", status_code=303, sync_to_thread=True)
    def move(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Change the status; of a resolution with its kind, root cause and article."""
        said = {"to": form.text("to"), **{name: form.text(name) for name in _OUTCOME if form.has(name)}}
        return tickets.change(
            ticket_id,
            form,
            lambda: changes.moved(converted(said, TransitionIn), tickets.act),
            said["to"],
            check=changes.solved_by(said.get("kb_article_id")),
        )

    @post("/assignee", status_code=303, sync_to_thread=True)
    def assign(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Give the ticket to somebody, or to nobody."""
        fields = {"assignee": form.text("assignee") or None}
        return tickets.change(ticket_id, form, lambda: _patched(tickets, fields), "assigned")

    @post("/somebody", status_code=303, sync_to_thread=True)
    def take_up(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Say that the ticket needs somebody after all."""
        return tickets.change(ticket_id, form, lambda: _patched(tickets, {"needs_nobody": None}), "taken_up")

    @post("/labels", status_code=303, sync_to_thread=True)
    def label(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Set labels; the model's own confirms it. Of a head that has several, `list` names it and all are sent."""
        several = tickets.vocabulary.multi() & set(form.texts("list"))
        tags: dict[str, Any] = {head: form.texts(head) for head in several}
        settable = tickets.vocabulary.settable()
        fields = {"tags": tags | {head: form.text(head) for head in settable if head not in tags and form.has(head)}}
        return tickets.change(ticket_id, form, lambda: _patched(tickets, fields), "labelled")

    @post("/fields", status_code=303, sync_to_thread=True)
    def set_field(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Set a declared field; without a value, remove it."""
        fields = {"fields": {form.text("field"): form.text("value") or None}}
        return tickets.change(ticket_id, form, lambda: _patched(tickets, fields), "field_set")

    @post("/escalations", status_code=303, sync_to_thread=True)
    def escalate(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Escalate with the packet; what nobody wrote is taken from the ticket, and refused where it says nothing."""
        names = [name for name in form.fields if name.startswith(PREFIX) and form.has(name)]
        fields = {"to": form.text("to"), "packet": {name.removeprefix(PREFIX): form.text(name) for name in names}}
        rules = tickets.context.policies
        return tickets.change(
            ticket_id,
            form,
            lambda: changes.escalated(converted(fields, EscalationIn), tickets.act, rules),
            "escalated",
        )

    @post("/incident", status_code=303, sync_to_thread=True)
    def follow(
        self, ticket_id: FromPath[str], tickets: NamedDependency[TicketRoom], form: NamedDependency[Form]
    ) -> Response[Any]:
        """Link the ticket to an incident, named by number or id; without one, unlink it."""
        act, named = tickets.act, form.text("incident")
        read = tickets.context.database.read
        incident = read(lambda connection: rows.id_of(connection, named)) if named else None
        return tickets.change(
            ticket_id,
            form,
            lambda: lambda ticket: ticket.follow(incident, at=act.at, by=act.by(None)),
            "linked" if incident else "unlinked",
            check=lambda connection, ticket: changes.refuse_incident(connection, ticket, incident),
        )


def _patched(tickets: TicketRoom, fields: "dict[str, Any]") -> Change:
    wanted = converted(fields, TicketPatch)
    return changes.patched(wanted, tickets.act, tickets.context.policies, tickets.vocabulary)
