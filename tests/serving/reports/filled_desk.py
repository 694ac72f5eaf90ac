"""A desk with many tickets and sessions, written as rows: for what counts statements and measures time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from serving.storage.tables import deflections, ticket_events, ticket_figures, tickets

_CHANNELS, _TYPES, _PRIORITIES = ("email", "chat", "web"), ("bug", "how_to", "billing", None), ("P0", "P1", "P2", "P3")
_LOCALES, _OUTCOMES = ("en", "de", "fr-CA"), (None, None, None, "confirmed", "not_helpful", "abandoned")
_BRANDS = ("north", "south", "north", None)
_DECISIONS = ("answer", "answer", "answer", "clarify", "hand_off")
_MINUTE = timedelta(minutes=1)
_AT_ONCE = 2_000


def fill(connection: sa.Connection, *, tickets_n: int, sessions_n: int, until: datetime, over: timedelta) -> None:
    """Write tickets with an event each, and sessions, spread evenly over the time before an instant."""
    for rows in _batches(tickets_n):
        made = [_ticket(number, until - over * ((tickets_n - number) / tickets_n)) for number in rows]
        connection.execute(tickets.insert(), [ticket for ticket, _, _ in made])
        connection.execute(ticket_events.insert(), [event for _, event, _ in made])
        connection.execute(ticket_figures.insert(), [figures for _, _, figures in made])
    for rows in _batches(sessions_n):
        made_sessions = [_session(number, until - over * ((sessions_n - number) / sessions_n)) for number in rows]
        connection.execute(deflections.insert(), made_sessions)


def _batches(n: int) -> Iterator[range]:
    for start in range(0, n, _AT_ONCE):
        yield range(start, min(start + _AT_ONCE, n))


def _ticket(number: int, at: datetime) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Every ninth ticket is open, every tenth is late, every third has a rating."""
    ticket_id, is_open = f"tkt_{number:026d}", number % 9 == 0
    responded, resolved = at + (number % 300) * _MINUTE, at + (number % 3000) * _MINUTE
    row = dict.fromkeys(column.name for column in tickets.columns)
    row |= {
        "id": ticket_id,
        "version": 1,
        "status": "open" if is_open else "closed",
        "channel": _CHANNELS[number % 3],
        "account": f"account-{number % 500}",
        "priority": _PRIORITIES[number % 4],
        "created_at": at,
        "updated_at": at,
        "closed_at": None if is_open else resolved,
        "due_by": at + 500 * _MINUTE if is_open else None,
        "at_risk_from": at + 400 * _MINUTE if is_open else None,
    }
    event = {"ticket_id": ticket_id, "number": 1, "type": "ticket_opened", "at": at, "record": {"text": "x" * 500}}
    figures = {
        "ticket_id": ticket_id,
        "created_at": at,
        "channel": row["channel"],
        "type": _TYPES[number % 4],
        "automatic": False,
        "responded_at": responded,
        "response_work": number % 300 * 60,
        "resolved_at": None if is_open else resolved,
        "resolution_work": None if is_open else number % 3000 * 60,
        "replies": 1 + number % 3,
        "reopens": int(number % 20 == 0),
        "csat": None if is_open or number % 3 else 1 + number % 5,
        "labels": 3,
        "labels_applied": number % 4,
        "contract": "open" if is_open else "missed" if number % 10 == 0 else "kept",
        "contract_by": at + 500 * _MINUTE if is_open else None,
        "target": "open" if is_open else "missed" if number % 7 == 0 else "kept",
        "target_by": at + 300 * _MINUTE if is_open else None,
        "resolved_by": None if is_open else f"agent-{number % 8}",
    }
    return row, event, figures


def _session(number: int, at: datetime) -> dict[str, Any]:
    row = dict.fromkeys(column.name for column in deflections.columns)
    outcome = _OUTCOMES[number % 6]
    return row | {
        "id": f"dfl_{number:026d}",
        "created_at": at,
        "question": "How do I reset my password?",
        "channel": _CHANNELS[number % 3],
        "visitor": f"visitor-{number % 7000}",
        "account": f"account-{number % 500}" if number % 4 == 0 else None,
        "locale": _LOCALES[number % 3],
        "brand": _BRANDS[number % 4],
        "decision": _DECISIONS[number % 5],
        "reason": "found",
        "eligible": number % 11 != 0,
        "response": _response(number),
        "article_offered": False,
        "outcome": outcome,
        "ended": outcome if outcome in ("confirmed", "abandoned") else None,
        "ticket_id": f"tkt_{number:026d}" if number % 13 == 0 else None,
    }


def _response(number: int) -> dict[str, Any]:
    shown = [f"article-{number % 40 + place}" for place in range(3)]
    answer = {"text": "x" * 800, "sources": [{"article_id": shown[0], "quote": "x" * 200}]}
    articles = [{"id": each, "title": "How to reset a password", "score": 0.5} for each in shown]
    return {"answer": answer if _DECISIONS[number % 5] == "answer" else None, "articles": articles}
