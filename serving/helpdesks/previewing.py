"""`firstline helpdesks preview`: what would be written for a ticket of a helpdesk; nothing is stored or written."""

import codecs
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from serving.helpdesks.checking import place
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.handing_off import goes, goes_listed, handoff, listed, spelt
from serving.helpdesks.merging import changes
from serving.helpdesks.note import NoteContent
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import PreviewRefused
from serving.helpdesks.port.payloads import NO_TEXT
from serving.helpdesks.port.port import Handoff, Helpdesk, Ignored, Inbound, Remote, Value
from serving.helpdesks.sync import new_ticket
from serving.helpdesks.vendor_table import HEARD
from serving.inference.suggestions import Suggestions
from serving.inference.tagger import TicketText
from serving.ticket_desk import NewTicket, TicketOut

_UNKNOWN_ID = "tkt_…"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpdeskPreview:
    """The use case: show what a ticket would get.

    `drafts` returns the ticket as it would be opened, `suggests` similar tickets and articles.
    """

    connections: Mapping[str, Connection]
    connects: Callable[[Connection], Helpdesk]
    drafts: Callable[[NewTicket, datetime], TicketOut]
    suggests: Callable[[TicketText], Suggestions]
    customers: Customers
    labelled_by: str  # which model, as a sentence

    def of_ticket(self, name: str, remote_id: str, at: datetime) -> list[str]:
        """Read a ticket from the helpdesk and return what to print.

        Raises `PreviewRefused`: there is no such connection, or nothing to open. Raises `DeskFault`: the helpdesk
        did not answer.
        """
        connection = self._connection(name)
        there = self.connects(connection)
        found = there.fetch(remote_id)
        if isinstance(found, Ignored):
            raise PreviewRefused(f"{name} ticket {remote_id} would not be opened: {found.reason}.")
        return list(self._page(found, connection, there.read(remote_id), at))

    def of_payload(self, name: str, body: bytes, at: datetime) -> list[str]:
        """Read the saved body of a webhook and return what to print; the helpdesk is not called.

        Raises `PreviewRefused`: there is no such connection, or the body opens no ticket.
        """
        connection = self._connection(name)
        found = _opened_by(connection, _json(body))
        return list(self._page(found, connection, None, at))

    def of_text(self, name: str, subject: str, text: str, at: datetime) -> list[str]:
        """Return what to print of a ticket that is in no helpdesk yet.

        Raises `PreviewRefused`: there is no such connection.
        """
        found = Inbound(remote_id="", subject=subject, text=text)
        return list(self._page(found, self._connection(name), None, at))

    def _connection(self, name: str) -> Connection:
        if name not in self.connections:
            known = ", ".join(self.connections) or "none; FIRSTLINE_HELPDESKS names a TOML file with them"
            raise PreviewRefused(f"There is no connection {name!r}. Known are: {known}.")
        return self.connections[name]

    def _page(self, found: Inbound, connection: Connection, now: Remote | None, at: datetime) -> Iterator[str]:
        there = self.connects(connection)
        if not (found.subject.strip() or found.text.strip()):
            found = replace(found, text=NO_TEXT)
        customer = self.customers.of(connection, found.fields, found.email)
        ticket = self.drafts(new_ticket(found, connection, customer, at), at)
        case = handoff(ticket, connection)
        yield f'{connection.name} ticket {found.remote_id or "(new)"}: "{case.subject}"'
        yield f"Nothing is written. {self.labelled_by}"
        yield ""
        yield "Read as:"
        yield from (f"  {name:<18} {value}" for name, value in _read_as(ticket))
        yield ""
        yield "Fields:"
        yield from _fields(ticket, case, there, connection, now)
        if now is None:
            yield "  (With --ticket, what stands there now is read: values that somebody set there stay.)"
        yield ""
        yield "Internal note:"
        text = self._note(ticket, connection, there, case, now).replace(ticket.id, _UNKNOWN_ID)
        yield from (f"  {line}".rstrip() for line in text.splitlines())

    def _note(
        self, ticket: TicketOut, connection: Connection, there: Helpdesk, case: Handoff, now: Remote | None
    ) -> str:
        filed = TicketText(ticket.subject, ticket.description, ticket.language, known=(ticket.email, ticket.account))
        content = NoteContent(
            ticket=ticket,
            connection=connection,
            untold=there.untold(case),
            kept_there=frozenset(_kept_there(case, there, now)),
            suggestions=self.suggests(filed),
        )
        return content.text()


def _json(body: bytes) -> Any:  # noqa: ANN401 (JSON)
    try:
        return msgspec.json.decode(body.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, RecursionError) as error:
        raise PreviewRefused(f"The file is not the JSON body of a webhook: {error}.") from None


def _opened_by(connection: Connection, payload: Any) -> Inbound:  # noqa: ANN401
    heard = HEARD[connection.kind](payload, connection)
    found = next((each for each in heard if isinstance(each, Inbound)), None)
    if found is None:
        why = ", ".join(each.reason if isinstance(each, Ignored) else "the ticket is known already" for each in heard)
        raise PreviewRefused(f"This delivery opens no ticket: {why or 'nothing in it is a new ticket'}.")
    if not found.has_text:
        raise PreviewRefused(
            f"This delivery names ticket {found.remote_id} without its text: try --ticket {found.remote_id}."
        )
    return found


def _read_as(ticket: TicketOut) -> Iterator[tuple[str, str]]:
    for name in ("email", "channel", "plan", "account", "region", "brand", "language", "health", "arr"):
        value = getattr(ticket, name, None)
        if value is not None:
            yield name, str(value)
    yield "created", f"{ticket.created_at:%Y-%m-%d %H:%M} UTC"
    yield "team, tier", f"{ticket.team}, {ticket.tier}"


def _fields(
    ticket: TicketOut, case: Handoff, there: Helpdesk, connection: Connection, now: Remote | None
) -> Iterator[str]:
    wanted, untold = there.wanted(case), there.untold(case)
    kept = _kept_there(case, there, now)
    for name, value in wanted.items():
        goes_to = f"to {place(name, connection, there)}"
        if name in kept:
            goes_to = f"not written: {_shown(kept[name])!r} stands there and stays"
        yield f"  {name:<18} {_shown(value):<28} {goes_to}"
    for name, text in untold.items():
        yield f"  {name:<18} {text:<28} into the note: no field is mapped"
    for head, tag in ticket.tags.items():
        if tag.label and not goes(tag, connection):
            yield f"  {head:<18} {tag.label:<28} into the note: {spelt(head).lower()} is only suggested"
        for each in listed(tag):
            if not goes_listed(each, connection):
                yield f"  {head:<18} {each.label:<28} into the note: this one is only suggested"


def _kept_there(case: Handoff, there: Helpdesk, now: Remote | None) -> dict[str, Value]:
    """Return the values that somebody set there, which no write replaces."""
    if now is None:
        return {}
    wanted = there.wanted(case)
    made = changes({}, now.values, wanted, there.untouched)
    shown = {name: now.values.get(name, "") for name, value in wanted.items() if not isinstance(value, tuple)}
    return {name: value for name, value in shown.items() if name not in made and value != wanted[name]}


def _shown(value: Value) -> str:
    return " ".join(value) if isinstance(value, tuple) else value
