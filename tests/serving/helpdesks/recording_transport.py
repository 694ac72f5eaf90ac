"""A transport that keeps every call and answers from a table: what a desk would be asked, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from serving.helpdesks.port.connections import NEEDED, Connection
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import Call, Handoff, HelpdeskAdapter, Reply
from serving.helpdesks.vendor_table import KINDS

OPTIONS = {
    "user": "bot@acme.example",
    "group": "Support",
    "account_id": "7",
    "inbox_id": "3",
    "ticket_type_id": "55",
    "project": "SD",
    "service_desk_id": "1",
    "request_type_id": "25",
    "pipeline": "0",
    "stage": "1",
    "closed_stage": "4",
    "queue": "1",
}


@dataclass
class RecordingTransport:
    """Answers by method and path; an answer may be a function of the call, or a status to refuse with."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        self.calls.append(call)
        answer = self.answers.get(f"{call.method} {call.path}", {})
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = answer(call)
        if isinstance(answer, int):
            raise DeskRefused("desk", answer)
        return answer if isinstance(answer, Reply) else Reply(answer)

    def asked(self, method: str, path: str) -> list[Call]:
        return [call for call in self.calls if (call.method, call.path) == (method, path)]

    def only(self, method: str, path: str) -> Call:
        [call] = self.asked(method, path)
        return call


def a_connection(kind: str, **more: Any) -> Connection:
    options = {name: OPTIONS[name] for name in NEEDED[kind]}
    given: dict[str, Any] = {"name": kind, "kind": kind, "url": "https://desk.example", "token": "t0ken"}
    return Connection(**given | {"hook_secret": "s3cret", "options": options} | more)


def a_desk(kind: str, recorder: RecordingTransport, **more: Any) -> Any:
    desk: HelpdeskAdapter = KINDS[kind](a_connection(kind, **more), recorder)
    return desk


def a_case(**more: Any) -> Handoff:
    given: dict[str, Any] = {
        "external_id": "tkt_01",
        "subject": "Export is empty",
        "text": "Since today, <b>every</b> export.\nAll of them.",
        "email": "ann@acme.example",
        "labels": {"priority": "P1", "category": "bug", "product_area": "reports"},
        "resolution_by": datetime(2026, 3, 3, 9, 30, tzinfo=UTC),
        "first_response_by": datetime(2026, 3, 2, 11, 0, tzinfo=UTC),
    }
    return Handoff(**given | more)
