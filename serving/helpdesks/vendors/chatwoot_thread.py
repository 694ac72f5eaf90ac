"""A Chatwoot conversation as a thread: messages, changes of status, and what Chatwoot knows of the customer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.payloads import dig, email, instant, items, plain, subject, text
from serving.helpdesks.port.port import EventKind, Inbound, Remote, RemoteEvent, RemoteStatus, Thread
from serving.helpdesks.port.timeline import actor, flat, flat_text, in_order, names

#: Chatwoot tells of a change of status only in words, in the language of the account.
_CHANGES = re.compile(
    r"""
    conversation\ was\ (?:marked\ )?(?:as\ )?(?P<en>resolved|reopened|open|pending|snoozed)\b
    | (?:das\ gespräch|(?:die\ )?(?:konversation|unterhaltung))\ wurde\ .*
      (?P<de>gelöst|wieder\ eröffnet|wieder\ geöffnet|ausstehend\ markiert|zur\ erinnerung\ markiert)$
    | la\ conversation\ a\ été\ (?:marquée\ )?(?:comme\ )?(?P<fr>résolue|ré-?ouverte|rouverte|en\ attente|reportée)\b
    | (?:la\ )?conversación\ fue\ (?:marcada\ como\ )?(?P<es>resuelta|reabierta|pendiente|pospuesta|marcada\ por)\b
    | (?:a\ )?conversa\ foi\ (?:marcada\ como\ )?(?P<pt>resolvida|reaberta|aberta|pendente|adiada)\b
    | la\ conversazione\ è\ stata\ (?:contrassegnata\ come\ |segnata\ )?
      (?P<it>risolta|riaperta|in\ attesa|posticipata)\b
    | (?P<system>system\ reopened|das\ system\ hat\ die\ unterhaltung|el\ sistema\ reabrió|o\ sistema\ reabriu
      |il\ sistema\ ha\ riaperto)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BY = re.compile(
    r"\b(?:by|von|par|por|da)\s+(?!system\b|the\s|le\s|el\s|o\s|il\s|dal\s)(?P<name>\S.{0,79}?)"
    r"(?:\s+(?:gelöst|wieder|als\s|zur\s|due\s|por\s|para\s|per\s).*|\s*[(:].*)?$",
    re.IGNORECASE,
)
_READ = 500  # characters of a message about a change
_RESOLVED = {"resolved", "gelöst", "résolue", "resuelta", "marcada por", "resolvida", "risolta"}
_PENDING = {"pending", "ausstehend markiert", "en attente", "pendiente", "pendente", "in attesa"}
_SNOOZED = {"snoozed", "zur erinnerung markiert", "reportée", "pospuesta", "adiada", "posticipata"}
_INCOMING, _OUTGOING, _ACTIVITY = {"0", "incoming"}, {"1", "outgoing"}, {"2", "activity"}
_PEOPLE = {"", "user", "User"}  # others that write for the desk are bots


def thread(
    remote: Remote,
    found: Any,  # noqa: ANN401 (JSON)
    messages: Sequence[Any],
    connection: Connection,
    *,
    whole: bool,
    inbox: str,
) -> Thread:
    """Return the thread of a conversation; its first words opened it, where `messages` are the whole of it."""
    opening = next((place for place, each in enumerate(messages, 1) if is_asked(each)), 0) if whole else 0
    events = in_order(_event(each, connection) for each in messages[opening:])
    now = text(found, "status")
    moves = _reopened(events, muted=dig(found, "muted") is True)
    last = next((each for each in reversed(moves) if each.kind == "status"), None)
    until_reply = now == "snoozed" and dig(found, "snoozed_until") in (None, "")
    if until_reply and last is not None:  # a snooze without an end waits for the customer
        moves = tuple(replace(each, status="pending") if each is last else each for each in moves)
    is_told = isinstance(dig(found, "meta"), Mapping)
    return Thread(
        remote=remote,
        events=moves,
        status="pending" if until_reply else _status(now, connection),
        changed_at=instant(found, "updated_at") or instant(found, "last_activity_at"),
        assignee=actor(connection, dig(found, "meta", "assignee")) if is_told else None,
        fields=told(found, inbox),
    )


def told(conversation: Any, inbox: str = "") -> dict[str, str]:  # noqa: ANN401
    """Return what Chatwoot knows of the customer and the conversation, by the names of docs/helpdesks/chatwoot.md."""
    sender, more = dig(conversation, "meta", "sender"), dig(conversation, "additional_attributes")
    about = dig(sender, "additional_attributes")
    own = {
        "inbox": inbox,
        "inbox_id": text(conversation, "inbox_id"),
        "channel": text(conversation, "meta", "channel") or text(conversation, "channel"),
        "team": text(conversation, "meta", "team", "name"),
        "tags": flat_text(dig(conversation, "labels")),
        "language": text(more, "conversation_language")
        or text(more, "browser_language")
        or text(more, "browser", "browser_language"),
        "contact.name": text(sender, "name"),
        "contact.email": text(sender, "email"),
        "contact.phone": text(sender, "phone_number"),
        "contact.identifier": text(sender, "identifier"),
        "contact.company": text(about, "company_name") or text(about, "company"),
        "contact.country": text(about, "country_code") or text(about, "country"),
        "contact.city": text(about, "city"),
    }
    return {
        **flat(dig(sender, "custom_attributes"), "contact."),
        **flat(dig(conversation, "custom_attributes"), "field."),
        **{name: value for name, value in own.items() if value},
    }


def attachments(message: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of the files of a message, which stand at the end of their addresses."""
    paths = (urlsplit(text(each, "data_url")).path for each in items(message, "attachments"))
    return tuple(name for path in paths if (name := unquote(path.rpartition("/")[2])))


def is_automatic(message: Any) -> bool:  # noqa: ANN401
    """Tell whether Chatwoot saw that a mail was sent by a machine."""
    return dig(message, "content_attributes", "email", "auto_reply") is True


def case(message: Any) -> Inbound:  # noqa: ANN401
    """Return the case that a message opens, by the shape of a webhook."""
    return Inbound(
        remote_id=text(message, "conversation", "id"),
        subject=subject(message, "conversation", "additional_attributes", "mail_subject"),
        text=plain(message, "content"),
        email=email(message, "sender", "email"),
        channel="email" if "Email" in text(message, "conversation", "channel") else "chat",
        created_at=instant(message, "created_at"),
        automatic=is_automatic(message),
        attachments=attachments(message),
        fields=told(dig(message, "conversation"), text(message, "inbox", "name")),
    )


def is_asked(message: Any) -> bool:  # noqa: ANN401
    """Tell whether a message holds words of a customer."""
    is_public = dig(message, "private") is not True
    return is_public and text(message, "message_type") in _INCOMING and bool(plain(message, "content"))


def _event(message: Any, connection: Connection) -> RemoteEvent | None:  # noqa: ANN401
    at, number, kind = instant(message, "created_at"), text(message, "id"), text(message, "message_type")
    body = plain(message, "content")
    if at is None or not number or dig(message, "content_attributes", "deleted") is True:
        return None
    if kind in _ACTIVITY:
        moved, who = _moved(body, connection), _BY.search(body[:_READ])
        name = who["name"] if who else ""
        return RemoteEvent(id=number, kind="status", at=at, by=name, status=moved) if moved else None
    files = ", ".join(attachments(message))
    if not body and not files:
        return None
    by, asks = text(message, "sender", "type"), kind in _INCOMING
    machine = not asks and (kind not in _OUTGOING or by not in _PEOPLE)  # a template, or a bot
    said: EventKind = "customer_reply" if asks else "agent_reply"
    return RemoteEvent(
        id=number,
        kind="note" if machine or dig(message, "private") is True else said,
        at=at,
        by=actor(connection, dig(message, "sender")),
        text=body or files,
        automatic=machine or is_automatic(message),
    )


def _moved(words: str, connection: Connection) -> RemoteStatus | None:
    found = _CHANGES.match(words.strip())
    if found is None:
        return None
    state = next((each.lower() for name, each in found.groupdict().items() if each and name != "system"), "open")
    if state in _RESOLVED:
        return "resolved"
    return _status("pending" if state in _PENDING else "snoozed" if state in _SNOOZED else "open", connection)


def _status(word: str, connection: Connection) -> RemoteStatus:
    """Return our word. Pending is a bot's turn, and a snooze ends at a time: neither waits for the customer."""
    if word == "resolved":
        return "resolved"
    return "pending" if word in names(connection, "pending_statuses") else "open"


def _reopened(events: Sequence[RemoteEvent], *, muted: bool) -> tuple[RemoteEvent, ...]:
    """Return events with the reopenings that Chatwoot does without a word, when a customer writes again."""
    found: list[RemoteEvent] = []
    status: RemoteStatus | None = None
    for event in events:
        found.append(event)
        if event.kind == "status":
            status = event.status
        elif event.kind == "customer_reply" and status in {"resolved", "pending"} and not muted:
            status = "open"
            found.append(RemoteEvent(id=f"{event.id}:open", kind="status", at=event.at, status="open"))
    return tuple(found)
