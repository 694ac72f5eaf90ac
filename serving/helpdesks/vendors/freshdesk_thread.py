"""A Freshdesk ticket as a thread: conversations, times of its statuses, and what Freshdesk knows of the customer."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, email, instant, items, plain, text
from serving.helpdesks.port.port import EventKind, RemoteEvent, RemoteStatus, stamp
from serving.helpdesks.port.timeline import flat, flat_text, in_order, names

_RESOLVED, _CLOSED = "4", "5"
_PENDING = ("3", "6")  # pending, and waiting on customer as Freshdesk numbers it
#: Freshdesk keeps no history of statuses, only the last time of each.
_TIMES: Mapping[str, RemoteStatus] = {
    "reopened_at": "open",
    "pending_since": "pending",
    "resolved_at": "resolved",
    "closed_at": "closed",
}
_ASIDE = {"6", "8"}  # an answer to a survey, and what was forwarded to somebody else
_INTO = re.compile(r"\bmerged (?:in|into|to|with)\b[^#\d]{0,60}#?(\d{1,20})", re.IGNORECASE)
_COMPANY = ("account_tier", "health_score", "industry", "renewal_date")


def status(ticket: Any, connection: Connection) -> RemoteStatus | None:  # noqa: ANN401 (JSON)
    """Return the status now in our words; one of the desk's own is open unless the connection lists it as pending."""
    number = text(ticket, "status")
    if number in names(connection, "pending_statuses", _PENDING):
        return "pending"
    if number in {_RESOLVED, _CLOSED}:
        return "resolved" if number == _RESOLVED else "closed"
    return "open" if number else None


def events(ticket: Any, said: Sequence[Any], connection: Connection) -> tuple[RemoteEvent, ...]:  # noqa: ANN401
    """Return what happened: replies and notes, and what is known of the statuses. The description is none of them."""
    return in_order([*(_said(each, ticket, connection) for each in said), *_moves(ticket, connection)])


def _said(said: Any, ticket: Any, connection: Connection) -> RemoteEvent | None:  # noqa: ANN401
    at = instant(said, "created_at")
    if at is None or not text(said, "id"):
        return None
    kind: EventKind = "customer_reply" if dig(said, "incoming") is True else "agent_reply"
    if dig(said, "private") is True or text(said, "source") in _ASIDE:
        kind = "note"
    return RemoteEvent(
        id=text(said, "id"),
        kind=kind,
        at=at,
        by=_name(said, ticket, connection),
        text=plain(said, "body_text") or plain(said, "body"),
    )


def _name(said: Any, ticket: Any, connection: Connection) -> str:  # noqa: ANN401
    number, sender = text(said, "user_id"), text(said, "from_email")
    if connection.bot and connection.bot in {number, email(said, "from_email")}:
        return connection.bot
    if number and number == text(ticket, "requester_id"):
        return text(ticket, "requester", "name") or number
    return sender.partition("<")[0].strip(' "') or number


def _moves(ticket: Any, connection: Connection) -> list[RemoteEvent]:  # noqa: ANN401
    """Return the known changes of status; the last one is the status now."""
    found = [(at, word) for name, word in _TIMES.items() if (at := instant(ticket, "stats", name))]
    now, since = status(ticket, connection), instant(ticket, "stats", "status_updated_at")
    known = [word for _, word in sorted(found, key=lambda each: each[0])]
    if now and since and now != (known[-1] if known else "open"):
        found = [each for each in found if each[0] < since] + [(since, now)]
    return [_move(at, word) for at, word in found]


def _move(at: datetime, word: RemoteStatus) -> RemoteEvent:
    return RemoteEvent(id=f"{word}-{stamp(at)}", kind="status", at=at, status=word)


def merged_into(ticket: Any, said: Sequence[Any]) -> str | None:  # noqa: ANN401
    """Return the ticket that goes on in the place of a merged one, from the note that Freshdesk leaves there."""
    if text(ticket, "status") != _CLOSED:
        return None
    notes = (plain(each, "body_text") or plain(each, "body") for each in reversed(said) if text(each, "source") == "2")
    found = (match[1] for each in notes if (match := _INTO.search(each)))
    return next((number for number in found if number != text(ticket, "id")), None)


def fields(ticket: Any, contact: Any, company: Any, product: Any) -> dict[str, str]:  # noqa: ANN401
    """Return what Freshdesk knows of the customer and the ticket, by the names of docs/helpdesks/freshdesk.md."""
    own = {
        "brand": text(product, "name"),
        "type": text(ticket, "type"),
        "group": text(ticket, "group_id"),
        "tags": flat_text(dig(ticket, "tags")),
        "organization": text(company, "name") or text(ticket, "company", "name"),
        "organization.domains": flat_text(dig(company, "domains")),
        **{f"organization.{name}": text(company, name) for name in _COMPANY},
        "requester.locale": text(contact, "language"),
        "requester.time_zone": text(contact, "time_zone"),
        "requester.job_title": text(contact, "job_title"),
        "requester.tags": flat_text(dig(contact, "tags")),
    }
    return {
        **flat(dig(company, "custom_fields"), "organization."),
        **flat(dig(contact, "custom_fields"), "requester."),
        **flat(dig(ticket, "custom_fields"), "field."),
        **{name: value for name, value in own.items() if value},
    }


def sent_fields(payload: Any) -> dict[str, str]:  # noqa: ANN401
    """Return what a webhook says of the customer and the ticket."""
    sent = payload if isinstance(payload, Mapping) else {}
    customs = {name.removeprefix("ticket_"): value for name, value in sent.items() if name.startswith("ticket_cf_")}
    own = {
        "organization": text(sent, "ticket_company_name"),
        "type": text(sent, "ticket_type"),
        "tags": text(sent, "ticket_tags"),
    }
    return {
        **flat(customs, "field."),
        **{name: value for name, value in own.items() if value},
        **flat(dig(sent, "fields")),
    }


def attachments(ticket: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of the files at a ticket."""
    return tuple(name for each in items(ticket, "attachments") if (name := text(each, "name")))
