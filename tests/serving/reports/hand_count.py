"""Figures counted by hand, from rows and events, as docs/numbers.md words them: none of the product's code."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Pair = tuple[int, int]
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
BERLIN = ZoneInfo("Europe/Berlin")  # the desk of this count; its clocks change on 29 March 2026
BUSINESS, EXTENDED, ALWAYS = "business", "extended", "calendar"
HOURS = {BUSINESS: (9, 17, 5), EXTENDED: (6, 22, 7), ALWAYS: (0, 24, 7)}  # from, to, days of the week from Monday
SUPPORT = {"free": BUSINESS, "standard": BUSINESS, "premium": EXTENDED, "enterprise": ALWAYS}
CONTRACT = {  # kind, hours, calendar
    "free": [("response", 48, ALWAYS)],
    "standard": [("response", 8, BUSINESS), ("resolution", 48, BUSINESS)],
    "premium": [("response", 4, EXTENDED), ("resolution", 24, EXTENDED)],
    "enterprise": [("response", 1, ALWAYS), ("resolution", 8, ALWAYS)],
}
TARGETS = [("response", 1), ("resolution", 8)]  # of P1, in the plan's support hours
Z = 1.959963984540054


def open_between(calendar: str, begin: datetime, end: datetime) -> timedelta:
    """Add up the open hours of each local day."""
    opens, closes, days = HOURS[calendar]
    total, day = timedelta(), begin.astimezone(BERLIN).date()
    while day <= end.astimezone(BERLIN).date():
        if day.weekday() < days:
            total += max(timedelta(), min(end, local(day, closes)) - max(begin, local(day, opens)))
        day += DAY
    return total


def local(day: date, hour: int) -> datetime:
    """Return an hour of the desk's day; hour 24 is the next midnight."""
    return datetime.combine(day + DAY * (hour // 24), time(hour % 24), BERLIN).astimezone(UTC)


def ticket_of(events: Sequence[Row], now: datetime) -> Row:
    """Read the life of a ticket from its events."""
    opening = events[0]["record"]
    born: datetime = events[0]["at"]
    found: Row = {
        "id": events[0]["ticket_id"], "born": born, "plan": opening["plan"], "channel": opening["channel"],
        "account": opening.get("account"), "session": opening.get("deflection_id"),
        "first": None, "answered": None, "priority": None, "known": born, "replies": 0, "reopens": 0,
        "solved": None, "csat": None, "heads": {},
    }  # fmt: skip
    status, since, phases = "open", born, []
    moves = {"ticket_paused": "pending", "ticket_resumed": "open", "ticket_resolved": "resolved",
             "ticket_reopened": "open", "ticket_closed": "closed"}  # fmt: skip
    for event in events[1:]:
        kind, at, record = event["type"], event["at"], event["record"]
        if kind in moves:
            phases.append((status, since, at))
            status, since = moves[kind], at
        note(found, kind, at, record)
    found["phases"] = [*phases, (status, since, now)]
    found["status"] = status
    return found


def note(found: Row, kind: str, at: datetime, record: Row) -> None:
    """Take in what an event says besides the status."""
    found["replies"] += kind == "agent_replied"
    found["reopens"] += kind == "ticket_reopened"
    if kind == "agent_replied":
        found["first"] = found["first"] or at
    if kind in ("ticket_resolved", "ticket_reopened"):
        found["solved"] = at if kind == "ticket_resolved" else None
    if kind in ("agent_replied", "ticket_resolved", "ticket_closed"):
        found["answered"] = found["answered"] or at
    if kind == "ticket_closed":
        found["csat"] = record.get("csat")
    if kind == "ticket_tagged" and record["by"].startswith("model:"):
        found["priority"], found["known"] = record["tags"]["priority"]["label"], at
        found["heads"] = {head: tag["mode"] for head, tag in record["tags"].items()} | found["heads"]


def clock(ticket: Row, kind: str, hours: int, calendar: str, now: datetime) -> str:
    """Tell whether a deadline was missed, is kept for good, or is open; a missed one of an open ticket runs late."""
    used, begun = timedelta(), {"open"} if kind == "resolution" else {"open", "pending"}
    answered = ticket["answered"] or now
    for status, begin, end in ticket["phases"]:
        stop = min(end, answered) if kind == "response" else end
        if status in begun and stop > begin:
            # A deadline is missed where the time was used up a second before the clock stopped.
            if used + open_between(calendar, begin, stop - SECOND) >= hours * HOUR:
                return "missed"
            used += open_between(calendar, begin, stop)
    stopped = ticket["answered"] if kind == "response" else ticket["status"] in {"resolved", "closed"}
    return "kept" if stopped else "open"


def promises(ticket: Row, source: str, now: datetime) -> list[str]:
    """Return what came of each deadline of a set."""
    plan = ticket["plan"]
    cells = CONTRACT[plan] if source == "contract" else targets(ticket)
    return [clock(ticket, *cell, now) for cell in cells]


def targets(ticket: Row) -> list[tuple[str, int, str]]:
    """Return the targets; one that was past before the priority was known is nobody's miss and not counted."""
    hours = SUPPORT[ticket["plan"]]
    before = open_between(hours, ticket["born"], max(ticket["known"] - SECOND, ticket["born"]))
    return [(kind, n, hours) for kind, n in TARGETS if ticket["priority"] and before < n * HOUR]


def compliance(tickets: Iterable[Row], source: str, now: datetime) -> Pair:
    """Count the tickets that kept every deadline, of those of which it is decided."""
    told = [promises(each, source, now) for each in tickets]
    kept = sum(set(each) == {"kept"} for each in told)  # who was promised nothing has kept nothing
    return kept, kept + sum("missed" in each for each in told)


def work(ticket: Row, until: str) -> float:
    """Return seconds of support hours from the creation on."""
    return open_between(SUPPORT[ticket["plan"]], ticket["born"], ticket[until]).total_seconds()


def rank(values: Iterable[float], q: float) -> float | None:
    """Return the smallest value that a share q of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * q), 1) - 1] if ordered else None


def share(pair: Pair) -> float | None:
    return round(pair[0] / pair[1], 4) if pair[1] else None


def wilson(pair: Pair) -> list[float] | None:
    """Return Wilson's 95 % interval of k of n."""
    k, n = pair
    if not n:
        return None
    p = k / n
    middle, half = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    ends = ((middle + sign * half) / (1 + Z * Z / n) for sign in (-1, 1))
    return [round(min(max(each, 0.0), 1.0), 4) for each in ends]


# ------------------------------------------------------------------------------------------------ the ladder


def patience(session: Row) -> timedelta:
    return 72 * HOUR if session["channel"] == "email" else 24 * HOUR


def to_person(session: Row) -> bool:
    return session["ticket_id"] is not None or session["ended"] in ("escalated", "human_requested")


def is_same(one: Row, other: Row) -> bool:
    """Tell whether two sessions are of one visitor on one site, or of one account."""
    visitor = one["visitor"] and one["visitor"] == other["visitor"] and one["origin"] == other["origin"]
    return bool(visitor or (one["account"] and one["account"] == other["account"]))


def rungs_of(session: Row, sessions: Sequence[Row], tickets: Sequence[Row], now: datetime) -> dict[str, bool | None]:
    """Tell on which rungs a session stands; None where it is not known."""
    begun, age, wait = session["created_at"], now - session["created_at"], patience(session)
    followed = bool(session["visitor"] or session["account"])
    later = [each for each in sessions if each["created_at"] > begun and is_same(session, each)]
    direct = [
        each["born"] - begun
        for each in tickets
        if session["account"] and each["account"] == session["account"] and not each["session"] and each["born"] > begun
    ]
    person = [each["created_at"] - begun for each in later if to_person(each)] + direct
    again = [each["created_at"] - begun for each in later if each["eligible"] or to_person(each)] + direct
    said = session["outcome"]
    answered = session["decision"] == "answer" or (session["article_offered"] and said == "confirmed")
    went = to_person(session) or any(each <= wait for each in person)
    contained = answered and not went and said != "abandoned"
    confirmed = contained and said == "confirmed"
    assumed = contained and said is None and not any(each <= wait for each in again)
    durable = (confirmed or assumed) and not any(each <= 7 * DAY for each in again)
    old = age >= wait
    return {
        "eligible": True,
        "answered": answered,
        "contained": contained if old else None,
        "assumed": assumed if old and followed else None,
        "confirmed": confirmed if old else None,
        "durable": durable if followed and age >= 7 * DAY else None,
    }


def ladder(judged: Iterable[dict[str, bool | None]]) -> dict[str, Pair]:
    """Count for each rung who stands on it, of those of whom it is known."""
    found: dict[str, Pair] = {}
    rows = list(judged)
    for rung in ("eligible", "answered", "contained", "assumed", "confirmed", "durable"):
        known = [each[rung] for each in rows if each[rung] is not None]
        found[rung] = sum(map(bool, known)), len(known)
    return found


def articles(session: Row) -> list[str]:
    """Return the articles that an answer quotes."""
    answer = session["response"].get("answer") if session["decision"] == "answer" else None
    return sorted({each["article_id"] for each in answer["sources"]}) if answer else []


GROUPS: dict[str, Callable[[Row], list[str]]] = {
    "channel": lambda session: [session["channel"] or "unknown"],
    "language": lambda session: [(session["locale"] or "unknown").partition("-")[0]],
    "brand": lambda session: [session["brand"] or "unknown"],
    "article": articles,
}
