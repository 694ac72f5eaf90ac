"""Closed tickets as training data: final labels, redacted text; and their export to a file."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from serving import training_file
from serving.erasure import MARK
from serving.storage.database import read_only
from serving.storage.instants import from_text, to_text
from serving.tickets import store
from serving.training_file import Page
from triage.reason_codes import ReasonCode
from triage.text.cleaning import redacted
from triage.text.redaction import redact
from triage.tickets.closed_ticket import ClosedTicket, heads_of, in_order, parted, to_record
from triage.tickets.events import AGENT, AgentReplied, Fact, TicketClosed, TicketResolved
from triage.tickets.label_sources import source_of
from triage.tickets.ticket import Status, Ticket

_BATCH = 500


def export(
    database: Path | str, out: Path, since: datetime | None = None, told: Callable[[int], None] | None = None
) -> training_file.WriteProgress:
    """Write the tickets that were closed since, while the service may run; the file appears whole or not.

    Raises `DatabaseMissing`: there is no database to read.
    """

    def source(cursor: str | None) -> training_file.Page:
        with read_only(database) as connection:
            return closed_page(connection, since, cursor)

    where = database.resolve() if isinstance(database, Path) else _without_password(database)
    return training_file.write(out, source, f"{where} {since}", told)


def _without_password(url: str) -> str:
    """Return the address of a server as it may stand in the notes beside the file."""
    from serving.storage.postgres import address  # an embedded home needs no driver of a server

    return address(url).set(drivername="postgresql").render_as_string()


def closed_page(connection: sa.Connection, since: datetime | None, cursor: str | None) -> Page:
    """Return the closed tickets after a cursor, in the order of closing."""
    closed_at, _, ticket_id = (cursor or "").partition(" ")
    after = (from_text(closed_at), ticket_id) if cursor else None
    found = store.closed_after(connection, since, after, _BATCH)
    closed = list(closed_among(connection, [each for each, _ in found]))
    return Page(
        records=[to_record(ticket) for ticket in closed],
        heads=heads_of(closed),
        multi=tuple(sorted({head for ticket in closed for head in ticket.label_sets})),
        cursor=f"{to_text(found[-1][1])} {found[-1][0]}" if found else cursor or "",
        more=len(found) == _BATCH,
    )


def closed_among(connection: sa.Connection, ids: Sequence[str]) -> Iterator[ClosedTicket]:
    """Return some closed tickets, in the order in which they are named; those that were erased teach nothing."""
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        found = {ticket.id: ticket for ticket in store.load_all(connection, batch)}
        tickets = (found[ticket_id] for ticket_id in batch)
        yield from (closed_ticket(ticket) for ticket in tickets if ticket.description != MARK)


def teaches(connection: sa.Connection, ticket_id: str) -> ClosedTicket | None:
    """Return what a ticket teaches of what solved it, as it stands; None where it teaches nothing.

    That is one that is not resolved, that was erased, that needed nobody, that names no article and got no reply, or
    that names none and is unlike the desk's tickets, as spam is.
    """
    for ticket in store.load_all(connection, [ticket_id]):
        asked_nothing = ticket.automatic or ticket.needs_nobody is not None
        if ticket.status not in {Status.RESOLVED, Status.CLOSED} or ticket.description == MARK or asked_nothing:
            return None
        taught = closed_ticket(ticket)
        foreign = any(tag.reason_code == ReasonCode.OUT_OF_DOMAIN for tag in ticket.tags.values())
        if taught.kb_article_ids or (taught.resolution and not foreign):
            return taught
    return None


def teaching(ticket: Ticket) -> tuple[object, ...] | None:
    """Return what of a ticket tells what it teaches: while this stays the same, so does what it teaches."""
    if ticket.status not in {Status.RESOLVED, Status.CLOSED}:
        return None
    replies = sum(isinstance(fact, AgentReplied) for fact in ticket.events)
    return ticket.outcome.kb_article_id, replies, ticket.account


def closed_ticket(ticket: Ticket) -> ClosedTicket:
    """Return what a ticket teaches; a head that abstained has no label, and one that only the model set no teacher.

    What the desk knows of the requester is taken out here, because the export does not say it: what training makes of
    the text is then what the tagger reads of the ticket.
    """
    replies = [fact for fact in ticket.events if isinstance(fact, AgentReplied)]
    labels = {head: label for head in in_order(ticket.tags) if (label := ticket.label(head)) is not None}
    sets = {head: tag.certain for head, tag in ticket.tags.items() if tag.mode == AGENT and tag.labels is not None}
    sets |= {head: tag.certain for head, tag in ticket.tags.items() if head not in sets and tag.certain}
    sources = {head: source for head in (*labels, *sets) if (source := source_of(ticket, head)) is not None}
    seen, unseen = parted(labels, sources)
    article = ticket.outcome.kb_article_id
    return ClosedTicket(
        id=ticket.id,
        subject=anonymous(ticket.subject, ticket),
        description=anonymous(ticket.description, ticket),
        created_at=ticket.created_at,
        closed_at=_last(ticket, TicketClosed),
        first_response_at=replies[0].at if replies else None,
        channel=ticket.channel,
        plan=ticket.plan,
        language=ticket.language,
        account=_pseudonym(ticket.account),
        labels=seen,
        unseen_labels=unseen,
        label_sources=sources,
        label_sets=sets,
        resolution=anonymous(replies[-1].text, ticket) if replies and _last(ticket, TicketResolved) else None,
        resolution_type=ticket.outcome.resolution_type,
        csat=ticket.outcome.csat,
        kb_article_ids=(article,) if article else (),
    )


def anonymous(text: str, ticket: Ticket) -> str:
    """Return a text without personal data, nor what is known of the requester."""
    return redacted(text, (ticket.email, ticket.account))


def _pseudonym(account: str | None) -> str | None:
    """Keep an account's tickets together under another name where its own is a person's."""
    if account is None or redact(account).text == account:
        return account
    return f"account-{hashlib.blake2b(account.encode(), digest_size=6).hexdigest()}"


def _last(ticket: Ticket, kind: type[Fact]) -> datetime | None:
    return next((fact.at for fact in reversed(ticket.events) if isinstance(fact, kind)), None)
