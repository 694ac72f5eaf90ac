"""A HubSpot ticket as a thread: stages, e-mails, notes and messages, and what HubSpot knows of the customer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, instant, items, plain, text
from serving.helpdesks.port.port import EventKind, Remote, RemoteEvent, RemoteStatus, Thread
from serving.helpdesks.port.timeline import actor, flat, flat_text, in_order, names

EMAILS = ("hs_timestamp", "hs_email_direction", "hs_email_text", "hs_email_html", "hubspot_owner_id", "hs_email_status")
NOTES = ("hs_timestamp", "hs_note_body", "hubspot_owner_id", "hs_object_source", "hs_object_source_id")
CONTACT = ("email", "firstname", "lastname", "company", "country", "hs_language", "lifecyclestage")
COMPANY = ("name", "domain", "industry", "country", "annualrevenue", "numberofemployees", "lifecyclestage", "type")
MERGED = "hs_merged_object_ids"
_PENDING = (
    "waiting on contact",
    "waiting on customer",
    "waiting for contact",
    "waiting for customer",
    "pending customer",
    "warten auf kontakt",
    "warten auf kunden",
    "en attente du contact",
    "en attente du client",
    "esperando al contacto",
    "en espera del contacto",
    "aguardando o contato",
    "in attesa del contatto",
    "wachten op contact",
)
_MACHINES = {"WORKFLOWS", "AUTOMATION_PLATFORM", "BOT", "CHATBOT", "AI_GROUP"}
_OPENING = timedelta(seconds=5)  # what came with the ticket opened it
_TWINS = timedelta(minutes=2)  # a message of the inbox is logged as an e-mail, too
_UNSENT = {"BOUNCED", "FAILED", "SCHEDULED", "SENDING"}


def thread(
    remote: Remote,
    ticket: Any,  # noqa: ANN401 (JSON)
    said: Sequence[RemoteEvent],
    stages: Mapping[str, Any],
    connection: Connection,
) -> Thread:
    """Return the thread of a ticket; `said` are its replies and notes, `stages` those of all pipelines by their ids."""
    properties, begun = dig(ticket, "properties"), instant(ticket, "properties", "createdate")
    history = items(ticket, "propertiesWithHistory", "hs_pipeline_stage")
    moves = [_moved(each, stages, connection) for each in history]
    events = [each for each in in_order([*said, *moves]) if begun is None or each.at > begun + _OPENING]
    stage = text(properties, "hs_pipeline_stage")
    is_new = stage == connection.options["stage"] and not any(each.kind == "status" for each in events)
    owner = text(properties, "hubspot_owner_id")
    is_told = isinstance(properties, Mapping) and "hubspot_owner_id" in properties
    return Thread(
        remote=remote,
        events=tuple(events),
        status="new" if is_new else _status(stage, stages, connection) if stage else None,
        changed_at=instant(properties, "hs_lastmodifieddate"),
        assignee=actor(connection, {"id": owner}) if is_told else None,
        merged_from=tuple(each for each in text(properties, MERGED).split(";") if each.isdigit()),
    )


def email(row: Any, connection: Connection) -> RemoteEvent | None:  # noqa: ANN401
    """Return a logged e-mail; one that was not sent is none."""
    told = dig(row, "properties")
    at, number = instant(told, "hs_timestamp"), text(row, "id")
    if at is None or not number or text(told, "hs_email_status") in _UNSENT:
        return None
    incoming = text(told, "hs_email_direction") == "INCOMING_EMAIL"
    return RemoteEvent(
        id=number,
        kind="customer_reply" if incoming else "agent_reply",
        at=at,
        by="" if incoming else actor(connection, {"id": text(told, "hubspot_owner_id")}),
        text=plain(told, "hs_email_text") or plain(told, "hs_email_html"),
    )


def note(row: Any, connection: Connection) -> RemoteEvent | None:  # noqa: ANN401
    """Return a note; one that an app wrote is by the app's id."""
    told = dig(row, "properties")
    at, number = instant(told, "hs_timestamp"), text(row, "id")
    if at is None or not number:
        return None
    by = text(told, "hubspot_owner_id") or text(told, "hs_object_source_id")
    return RemoteEvent(
        id=number,
        kind="note",
        at=at,
        by=actor(connection, {"id": by}),
        text=plain(told, "hs_note_body"),
        automatic=text(told, "hs_object_source") in _MACHINES,
    )


def message(row: Any, connection: Connection) -> RemoteEvent | None:  # noqa: ANN401
    """Return a message or comment of the inbox; actors are A-… (a user), V-… (a visitor), others are machines."""
    at, number, kind = instant(row, "createdAt"), text(row, "id"), text(row, "type")
    body = (
        plain(row, "text")
        or plain(row, "richText")
        or flat_text([dig(each, "name") for each in items(row, "attachments")])
    )
    if at is None or not number or not body or kind not in {"MESSAGE", "COMMENT", "WELCOME_MESSAGE"}:
        return None
    sender = text(row, "senders", 0, "actorId") or text(row, "createdBy")
    incoming = text(row, "direction") == "INCOMING"
    machine = not incoming and not sender.startswith("A-")
    said: EventKind = "customer_reply" if incoming else "agent_reply"
    return RemoteEvent(
        id=number,
        kind="note" if machine or kind != "MESSAGE" else said,
        at=at,
        by=actor(connection, {"name": text(row, "senders", 0, "name"), "id": sender.removeprefix("A-")}),
        text=body,
        automatic=machine,
    )


def without_twins(emails: Sequence[RemoteEvent], messages: Sequence[RemoteEvent]) -> list[RemoteEvent]:
    """Return the e-mails that are no copies of messages."""

    def is_copy(event: RemoteEvent) -> bool:
        return any(each.kind == event.kind and abs(each.at - event.at) <= _TWINS for each in messages)

    return [event for event in emails if not is_copy(event)]


def stages(pipelines: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the stages of all pipelines by their ids."""
    rows = (stage for pipeline in items(pipelines, "results") for stage in items(pipeline, "stages"))
    return {text(stage, "id"): stage for stage in rows}


def told(ticket: Any, contact: Any, company: Any, mapped: Sequence[str]) -> dict[str, str]:  # noqa: ANN401
    """Return what HubSpot knows of the customer and the ticket, by the names of docs/helpdesks/hubspot.md."""
    own, who = dig(ticket, "properties"), dig(contact, "properties")
    named = {
        "pipeline": text(own, "hs_pipeline"),
        "category": text(own, "hs_ticket_category"),
        "source": text(own, "source_type"),
        "language": text(who, "hs_language"),
        "organization": text(company, "properties", "name") or text(who, "company"),
        "contact.name": " ".join(part for part in (text(who, "firstname"), text(who, "lastname")) if part),
    }
    fields = {f"field.{name}": flat_text(dig(own, name)) for name in mapped}
    about = flat(who, "contact.") | flat(dig(company, "properties"), "company.")
    return about | {name: value for name, value in (fields | named).items() if value}


def _moved(change: Any, known: Mapping[str, Any], connection: Connection) -> RemoteEvent | None:  # noqa: ANN401
    at, stage = instant(change, "timestamp"), text(change, "value")
    if at is None or not stage:
        return None
    by = text(change, "updatedByUserId") or text(change, "sourceId").removeprefix("userId:")
    return RemoteEvent(
        id=f"stage:{stage}:{_milliseconds(at)}",
        kind="status",
        at=at,
        by=actor(connection, {"id": by}),
        status=_status(stage, known, connection),
        automatic=text(change, "sourceType") in _MACHINES,
    )


def _status(stage: str, known: Mapping[str, Any], connection: Connection) -> RemoteStatus:
    """Return our word. A ticket in a closed stage is resolved, as a customer's reply opens it again."""
    called = {stage.casefold(), " ".join(text(known.get(stage), "label").casefold().split())}
    if called & names(connection, "pending_stages", _PENDING):
        return "pending"
    if called & names(connection, "closed_stages"):
        return "closed"
    metadata = dig(known.get(stage), "metadata")
    is_closed = text(metadata, "ticketState") == "CLOSED" or flat_text(dig(metadata, "isClosed")) == "true"
    return "resolved" if is_closed or stage == connection.options["closed_stage"] else "open"


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
