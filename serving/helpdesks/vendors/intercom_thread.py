"""An Intercom ticket or conversation as a thread: its parts as events, and what Intercom knows of the customer."""

from collections.abc import Iterator, Mapping
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, instant, items, plain, text
from serving.helpdesks.port.port import EventKind, Remote, RemoteEvent, RemoteStatus, Thread
from serving.helpdesks.port.timeline import actor, flat, flat_text, in_order, names

_CUSTOMERS, _AGENTS = {"user", "lead", "contact", "visitor"}, {"admin", "teammate", "team"}
_SAID = {"comment", "assignment", "open", "close", "quick_reply", "assign_and_reopen", "snoozed", "unsnoozed"}
_OPENS = {"open", "assign_and_reopen", "note_and_reopen", "unsnoozed", "timer_unsnooze"}
_STATE = "ticket_state_updated_by"
_WAITING = ("waiting_on_customer",)
_DEFAULT = "_default_"  # how the names of title and description begin


def thread(remote: Remote, found: Any, about: Mapping[str, str], connection: Connection) -> Thread:  # noqa: ANN401 (JSON)
    """Return the thread of a ticket, or of a conversation that is none."""
    parts = _parts(found)
    events = in_order(event for part in parts for event in _events(part, connection))
    return Thread(
        remote=remote,
        events=events,
        status=_now(found, connection, is_touched=any(event.kind == "status" for event in events)),
        changed_at=instant(found, "updated_at"),
        assignee=_assignee(found, parts, connection),
        fields={**told(found), **about},
    )


def told(found: Any) -> dict[str, str]:  # noqa: ANN401
    """Return what a ticket or conversation itself says, by the names of docs/helpdesks/intercom.md."""
    own = {
        "ticket_type": text(found, "ticket_type", "name"),
        "category": text(found, "category"),
        "tags": flat_text([dig(each, "name") for each in items(found, "tags", "tags")]),
    }
    attributes = flat(dig(found, "ticket_attributes"), "field.") | flat(dig(found, "custom_attributes"), "field.")
    custom = {name: value for name, value in attributes.items() if not name.startswith(f"field.{_DEFAULT}")}
    return custom | {name: value for name, value in own.items() if value}


def customer(contact: Any, company: Any) -> dict[str, str]:  # noqa: ANN401
    """Return what Intercom knows of a contact and the contact's first company."""
    own = {
        "contact.name": text(contact, "name"),
        "contact.email": text(contact, "email"),
        "contact.phone": text(contact, "phone"),
        "contact.role": text(contact, "role"),
        "contact.external_id": text(contact, "external_id"),
        "contact.country": text(contact, "location", "country"),
        "language": text(contact, "language_override") or text(contact, "browser_language"),
        "organization": text(company, "name"),
        "company.name": text(company, "name"),
        "company.id": text(company, "company_id"),
        "company.plan": text(company, "plan", "name"),
        "company.monthly_spend": text(company, "monthly_spend"),
        "company.size": text(company, "size"),
        "company.industry": text(company, "industry"),
    }
    return {
        **flat(dig(contact, "custom_attributes"), "contact."),
        **flat(dig(company, "custom_attributes"), "company."),
        **{name: value for name, value in own.items() if value},
    }


def author_of_last(item: Any) -> str:  # noqa: ANN401
    """Return who did what a notification tells of; empty where it does not say."""
    part = dig(item, "ticket_part") or next(iter(items(item, "conversation_parts", "conversation_parts")[-1:]), None)
    return text(part, "author", "id")


def attachments(found: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of the files of a first message."""
    return tuple(name for each in items(found, "source", "attachments") if (name := text(each, "name")))


def _parts(found: Any) -> list[Any]:  # noqa: ANN401
    listed = items(found, "ticket_parts", "ticket_parts")
    return listed or items(found, "conversation_parts", "conversation_parts")


def _events(part: Any, connection: Connection) -> Iterator[RemoteEvent]:  # noqa: ANN401
    at, number, kind = instant(part, "created_at"), text(part, "id"), text(part, "part_type")
    if at is None or not number:
        return
    by, author = actor(connection, dig(part, "author")), text(part, "author", "type")
    files = flat_text([dig(each, "name") for each in items(part, "attachments")])
    body = plain(part, "body") or files
    machine = author not in _CUSTOMERS | _AGENTS
    if body and (kind in _SAID or kind.startswith("note") or machine):
        said: EventKind = "customer_reply" if author in _CUSTOMERS else "agent_reply"
        noted = kind.startswith("note") or machine
        yield RemoteEvent(id=number, kind="note" if noted else said, at=at, by=by, text=body, automatic=machine)
    if status := _moved(part, kind, connection):
        yield RemoteEvent(id=f"{number}:status", kind="status", at=at, by=by, status=status, automatic=machine)


def _moved(part: Any, kind: str, connection: Connection) -> RemoteStatus | None:  # noqa: ANN401
    if kind.startswith(_STATE):
        state = text(part, "ticket_state")
        return _status(state, connection) if state and state != text(part, "previous_ticket_state") else None
    if kind == "close":
        return "resolved"
    if kind == "snoozed":
        return _status(kind, connection)
    return "open" if kind in _OPENS else None


def _status(word: str, connection: Connection) -> RemoteStatus:
    """Return our word; a closed ticket is only resolved, as its customer can open it again."""
    if word in names(connection, "pending_statuses", _WAITING):
        return "pending"
    return "resolved" if word in {"resolved", "closed"} else "open"


def _now(found: Any, connection: Connection, *, is_touched: bool) -> RemoteStatus | None:  # noqa: ANN401
    state = text(found, "ticket_state", "category") or text(found, "state")
    if dig(found, "open") is False:
        return "resolved"
    if not state:
        return None
    return "new" if state == "submitted" and not is_touched else _status(state, connection)


def _assignee(found: Any, parts: list[Any], connection: Connection) -> str | None:  # noqa: ANN401
    if not isinstance(found, Mapping) or "admin_assignee_id" not in found:
        return None
    number = text(found, "admin_assignee_id")
    if number in {"", "0"}:
        return ""
    known = (dig(part, "author") for part in parts if text(part, "author", "id") == number)
    return actor(connection, next(known, {"id": number}))
