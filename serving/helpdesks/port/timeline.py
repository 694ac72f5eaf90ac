"""What adapters share in reading a thread: events in order, statuses by name, and the fields of a customer as text."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import GONE, DeskRefused
from serving.helpdesks.port.port import Remote, RemoteEvent, Thread

PAGES = 10  # that are read of one thread at most; the newest of a longer one
EVENTS, TEXT = 1_000, 2_000_000  # events, and characters of their texts, that are taken over of one thread at a time
_LONGEST, _MOST, _DEEPEST = 500, 200, 3
_NAMED = ("value", "name", "displayName", "label", "title")


def in_order(events: Iterable[RemoteEvent | None]) -> tuple[RemoteEvent, ...]:
    """Return events oldest first, each id once."""
    found = {event.id: event for event in events if event is not None}
    return tuple(sorted(found.values(), key=lambda event: event.at))


def bounded(thread: Thread) -> Thread:
    """Return the thread with its newest events only, as many as a ticket can take in one transaction."""
    kept: list[RemoteEvent] = []
    room = TEXT
    for event in sorted(thread.events, key=lambda event: event.at)[: -EVENTS - 1 : -1]:
        room -= len(event.text)
        if kept and room < 0:
            break
        kept.append(replace(event, id=_short(event.id), by=event.by[:_MOST]))
    names = {name: each[:_MOST] for name in ("assignee", "merged_into") if (each := getattr(thread, name))}
    return replace(thread, events=tuple(reversed(kept)), **names)


def _short(event_id: str) -> str:
    """Return an id, or the hash of one that is too long to keep."""
    return event_id if len(event_id) <= _MOST else hashlib.sha256(event_id.encode()).hexdigest()


def gone(remote_id: str) -> Thread:
    """Return the thread of a ticket that was deleted."""
    return Thread(remote=Remote(id=remote_id, values={}), deleted=True)


def is_gone(refused: DeskRefused) -> bool:
    """Tell whether the helpdesk says that there is no such ticket."""
    return refused.status in GONE


def names(connection: Connection, option: str, default: Iterable[str] = ()) -> frozenset[str]:
    """Return the names that an option lists, separated by commas and in lower case; the default without the option."""
    listed = connection.options.get(option)
    found = default if listed is None else listed.split(",")
    return frozenset(name for each in found if (name := " ".join(each.casefold().split())))


def actor(connection: Connection, found: Any, name: str = "name", key: str = "id") -> str:  # noqa: ANN401 (JSON)
    """Return a person's name, or else the id; the name of the connection's `bot` where it is our own user."""
    if not isinstance(found, Mapping):
        return ""
    known = [shown for each in (name, key) if (shown := flat_text(found.get(each)))]
    return connection.bot if connection.bot and connection.bot in known else next(iter(known), "")


def flat(found: Any, prefix: str = "") -> dict[str, str]:  # noqa: ANN401
    """Return the values of a table by prefix and key, as text; empty ones and those that are no text are left out."""
    if not isinstance(found, Mapping):
        return {}
    shown = {f"{prefix}{key}": flat_text(value) for key, value in list(found.items())[:_MOST]}
    return {name: value for name, value in shown.items() if value}


def flat_text(value: Any, deep: int = 0) -> str:  # noqa: ANN401
    """Return a value as text, bounded: a list with commas, a record by its name; empty where it has none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return " ".join(str(value).split())[:_LONGEST]
    if deep >= _DEEPEST:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(text for each in value[:_MOST] if (text := flat_text(each, deep + 1)))[:_LONGEST]
    if isinstance(value, Mapping):
        own = next((text for name in _NAMED if (text := flat_text(value.get(name), deep + 1))), "")
        child = flat_text(value.get("child"), deep + 1)
        return f"{own} / {child}" if own and child else own
    return ""
