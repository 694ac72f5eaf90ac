"""A past to replay: tickets and sessions as rows, and folders of policies."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from click.testing import Result

from retrieval.answering.answerability import UNCERTAIN, Answerability
from serving.policy import policies
from serving.storage.tables import deflections
from serving.tickets import store
from serving.tickets.due_times import DueTimes
from tests.builders import MONDAY, a_tag, opened
from triage.sla.deadlines import ticket_deadlines
from triage.tickets.events import AgentReplied, Fact, TicketPaused, TicketResolved, TicketResumed, TicketTagged
from triage.tickets.ticket import Ticket

FILES = {"sla.toml": "default.toml", "routing.toml": "routing.toml", "urgency.toml": "urgency.toml"}
NOW = policies.load(None)
ANSWERS = Answerability()
Run = Callable[..., Result]
Changes = Callable[..., list[tuple[str, ...]]]
MINUTE = timedelta(minutes=1)


def shipped(name: str) -> str:
    return resources.files("triage").joinpath(f"policies/{FILES[name]}").read_text(encoding="utf-8")


def folder_of(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def file(connection: sa.Connection, number: int, *facts: Fact, **content: Any) -> str:
    """Store a ticket that was opened, routed, and then met these facts; return its id."""
    ticket = Ticket.open(opened(id=f"tkt_{number:02}", at=MONDAY, **content))
    tagged = [fact for fact in facts if isinstance(fact, TicketTagged) and fact.at == MONDAY]
    for fact in tagged:
        ticket = ticket.after(fact)
    route = NOW.routing.route(ticket.attributes)
    ticket = ticket.route(route.team, route.tier, reason=route.reason, at=MONDAY, by="firstline")
    for fact in facts:
        ticket = ticket if fact in tagged else ticket.after(fact)
    store.insert(connection, ticket, DueTimes(ticket_deadlines(NOW.sla, ticket.events)))
    return ticket.id


def tagged(**tags: Any) -> TicketTagged:
    return TicketTagged(at=MONDAY, by="model:m", tags=tags)


def replied(minutes: int) -> AgentReplied:
    return AgentReplied(at=MONDAY + minutes * MINUTE, by="agent:kim", text="Hello")


def asked(
    connection: sa.Connection,
    number: int,
    decision: str,
    confidence: float | None,
    reason: str = "",
    question: str = "How?",
) -> str:
    row = dict.fromkeys(column.name for column in deflections.columns)
    row |= {
        "id": f"dfl_{number}", "created_at": MONDAY, "question": question, "decision": decision, "reason": reason,
        "confidence": confidence, "eligible": True, "response": {}, "visitor": f"v{number}",
        "article_offered": False,
    }  # fmt: skip
    connection.execute(deflections.insert(), row)
    return f"dfl_{number}"


def a_desk(connection: sa.Connection) -> None:
    """Forty tickets of every plan with tags, replies, pauses and ends at random, and twenty sessions."""
    draw = random.Random(1)
    for number in range(40):
        sure = round(draw.random(), 4)
        mode = draw.choice(["auto", "suggest", "abstain"])
        label = draw.choice(["P1", "P2", "P3"])
        tag = a_tag(None if mode == "abstain" else label, mode=mode, confidence=sure, alternatives=((label, sure),))
        later = [MONDAY + draw.randrange(1, 5_000) * MINUTE for _ in range(4)]
        first, paused, resumed, resolved = sorted(later)
        facts: list[Fact] = [
            AgentReplied(at=first, by="agent:kim", text="Hello"),
            TicketPaused(at=paused, by="agent:kim"),
            TicketResumed(at=resumed, by="agent:kim"),
            TicketResolved(at=resolved, by="agent:kim"),
        ]
        text = draw.choice(["The export fails.", "We have data loss in production!", "production is down"])
        kept = facts[: draw.randrange(5)]
        plan = draw.choice(["free", "standard", "premium", "enterprise"])
        file(connection, number, tagged(priority=tag), *kept, plan=plan, description=text)
    for number in range(20):
        decision = draw.choice(["answer", "clarify", "hand_off"])
        p = {"answer": 0.7, "clarify": 0.45, "hand_off": 0.2}[decision]
        asked(connection, number, decision, p, UNCERTAIN if decision == "hand_off" else "")
