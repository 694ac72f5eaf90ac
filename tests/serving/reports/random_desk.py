"""A desk whose customers and agents do something at random, over HTTP."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from serving.reports.rollups.refreshing import Rollups
from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.serving.deflections.test_offered_articles import QUESTION
from tests.serving.reports.hand_count import HOUR, Row

QUESTIONS = (QUESTION, "reset your password", "CSV export is empty", "ask for a refund", "hello", "a person please")
PLANS = ("free", "standard", "premium", "enterprise")


@dataclass
class Desk:
    """Customers and agents who do something at random."""

    client: Client
    clock: FrozenClock
    dice: random.Random
    tickets: list[str]
    sessions: list[str]

    def step(self) -> None:
        """Let some time go by, and somebody act."""
        self.clock.advance(timedelta(seconds=self.dice.randrange(60, 5 * 3600)))
        acts = [self.ask, self.ask, self.say, self.hand_off, self.write, self.reply, self.reply, self.move, self.move]
        self.dice.choice(acts)()
        if self.dice.random() < 0.1:
            Rollups(self.client.app.state.context.database).refresh(self.clock.now())

    def post(self, path: str, body: Row, **headers: str) -> Any:
        answer = self.client.post(f"/v1/{path}", json=body, headers=headers)
        assert answer.status_code in (200, 201, 204, 409), (path, body, answer.text)  # 409: not from this status
        return answer.json() if answer.content else {}

    def ask(self) -> None:
        draw = self.dice
        body = {
            "question": draw.choice(QUESTIONS),
            "channel": draw.choice(("chat", "email", "web")),
            "visitor": draw.choice((None, "a", "b", "c", "d", "e", "f")),
            "account": draw.choice((None, None, "acme", "globex")),
            "locale": draw.choice((None, "en", "en-GB", "de")),
            "brand": draw.choice((None, "north")),
            "human_requested": draw.random() < 0.1,
        }
        self.sessions.append(self.post("deflections", body)["id"])

    def say(self) -> None:
        if self.sessions:
            outcome = self.dice.choice(("confirmed", "confirmed", "not_helpful", "abandoned"))
            self.post(f"deflections/{self.dice.choice(self.sessions)}/outcome", {"outcome": outcome})

    def hand_off(self) -> None:
        if self.sessions:
            body = {"email": "kim@example.com", "plan": self.dice.choice(PLANS)}
            self.tickets.append(self.post(f"deflections/{self.dice.choice(self.sessions)}/ticket", body)["id"])

    def write(self) -> None:
        body: Row = {"subject": "The export fails", "description": "Since today.", "plan": self.dice.choice(PLANS)}
        body |= {"channel": self.dice.choice(("email", "web")), "account": self.dice.choice((None, "acme", "initech"))}
        if self.dice.random() < 0.3:
            body["created_at"] = (self.clock.now() - self.dice.randrange(1, 40) * HOUR).isoformat()
        self.tickets.append(self.post("tickets", body)["id"])

    def reply(self) -> None:
        if self.tickets:
            body = {"by": self.dice.choice(("agent", "agent", "customer")), "text": "It is as I said."}
            self.post(f"tickets/{self.dice.choice(self.tickets)}/replies", body, **{"If-Match": "*"})

    def move(self) -> None:
        if self.tickets:
            to = self.dice.choice(("open", "pending", "resolved", "resolved", "closed"))
            body = {"to": to} | ({"csat": self.dice.randrange(1, 6)} if to == "closed" else {})
            self.post(f"tickets/{self.dice.choice(self.tickets)}/transitions", body, **{"If-Match": "*"})
