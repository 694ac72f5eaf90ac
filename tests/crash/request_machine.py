"""The requests of the state machine: each answer is compared with the model; a lost one leaves both outcomes open."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
from hypothesis.stateful import RuleBasedStateMachine

from tests.crash.expectations import Change, KeyedRequest, KnownTicket
from tests.crash.restarting_client import Request, RestartingClient
from tests.crash.ticket_model import Case, assert_became, assert_due, case_of

HISTORIES = itertools.count(1)


class RequestMachine(RuleBasedStateMachine):
    """One history, with the tickets and the requests under a key that it knows of."""

    def __init__(self, client: RestartingClient) -> None:
        super().__init__()
        self.client, self.name = client, f"h{next(HISTORIES)}"
        self.numbers = itertools.count(1)
        self.tickets: list[KnownTicket] = []
        self.keyed_requests: list[KeyedRequest] = []
        self.perhaps: set[str] = set()  # subjects of tickets that were asked for without a key, and not acknowledged
        self.touched: KnownTicket | None = None
        self.deaths = 0
        client.counted["histories"] += 1

    def _new(self, what: str) -> str:
        return f"{what} {self.name}-{next(self.numbers)}"

    def _some(self, which: int) -> KnownTicket:
        held = self.tickets[which % len(self.tickets)]
        self._settle(held)
        self.touched = held
        return held

    def _hold(self, held: KnownTicket) -> KnownTicket:
        self.tickets.append(held)
        self.touched = held
        return held

    def _open(self, keyed: bool, tags: dict[str, str], plan: str | None) -> None:
        body = {"subject": self._new("Case"), "plan": plan, "tags": tags}
        request = Request("POST", "/v1/tickets", body)
        if keyed:
            self.keyed_requests.append(KeyedRequest(request.under(self._new("key"))))
            self._repeat(self.keyed_requests[-1])
        elif (answer := self.client.send(request)) is None:
            self.perhaps.add(str(body["subject"]))
        else:
            self._opened(request, answer)

    def _opened(self, request: Request, answer: httpx.Response) -> KnownTicket:
        """Look at a ticket that was opened: as it was asked for, with the deadlines of such a case."""
        ticket, wanted = answer.json(), request.body
        shown = (answer.status_code, ticket["subject"], ticket["status"], case_of(ticket).labels)
        assert shown == (201, wanted["subject"], "new", wanted["tags"])
        case = {"created_at": ticket["created_at"], "plan": ticket["plan"], "priority": wanted["tags"].get("priority")}
        assert_due(ticket, self._insist(Request("POST", "/v1/sla/deadlines", case)).json())
        return self._hold(KnownTicket(ticket))

    def _create(self, request: Request, keyed: bool) -> dict[str, Any]:
        """Send what creates something else until it is answered, and remember it if it has a key."""
        request = request.under(self._new("key") if keyed else None)
        answer = self._insist(request)
        if keyed:
            self.keyed_requests.append(KeyedRequest(request, answer=answer.content))
        created: dict[str, Any] = answer.json()
        return created

    def _change(self, held: KnownTicket, request: Request, change: Change, keyed: bool) -> None:
        keyed_request = KeyedRequest(request.under(self._new("key") if keyed else None), held, change)
        expected = change(held.case)
        if keyed and expected is not None:
            self.keyed_requests.append(keyed_request)
        answer = self.client.send(keyed_request.request)
        if answer is None:
            held.doubt, held.doubted = expected, keyed_request
        elif expected is None:
            assert answer.status_code == 409, answer.text
            self.client.counted["refused"] += 1
        else:
            self._done(keyed_request, held, expected, answer)

    def _done(self, keyed_request: KeyedRequest, held: KnownTicket, expected: Case, answer: httpx.Response) -> None:
        assert answer.status_code in {200, 201}, answer.text
        assert_became(held.seen, expected, answer.json())
        keyed_request.answer = answer.content
        held.seen, held.doubt, held.doubted = answer.json(), None, None
        self.client.counted["changes"] += 1

    def _settle(self, held: KnownTicket) -> None:
        """Let a read decide whether a change was done whose connection broke."""
        if held.doubt is None:
            return
        ticket = self.client.ask(held.path)
        if ticket != held.seen:
            assert_became(held.seen, held.doubt, ticket)
            assert held.doubted is not None
            held.doubted.made = held.seen = ticket
        held.doubt, held.doubted = None, None
        self.client.counted["doubts decided by a read"] += 1

    def _repeat(self, keyed_request: KeyedRequest) -> None:
        """Send a request under its key: done before, it is answered as then; else it is done now."""
        held = keyed_request.held
        if held is not None and held.doubted is not keyed_request:
            self._settle(held)
        answer = self.client.send(keyed_request.request)
        if keyed_request.answer is not None or keyed_request.made is not None:
            self._answered_again(keyed_request, answer)
        elif held is None or keyed_request.change is None:
            if answer is not None:
                keyed_request.held, keyed_request.answer = self._opened(keyed_request.request, answer), answer.content
        else:
            self._decided(keyed_request, held, keyed_request.change, answer)

    def _answered_again(self, keyed_request: KeyedRequest, answer: httpx.Response | None) -> None:
        if answer is None:
            return
        assert answer.content == keyed_request.answer or (
            keyed_request.answer is None and answer.json() == keyed_request.made
        )
        keyed_request.answer = answer.content
        self.client.counted["repeats"] += 1

    def _decided(
        self, keyed_request: KeyedRequest, held: KnownTicket, change: Change, answer: httpx.Response | None
    ) -> None:
        """Take the first answer of a change: it was done before its connection broke, or is done now; not both."""
        self.touched = held
        expected = held.doubt or change(held.case)
        if answer is None:
            held.doubt, held.doubted = expected, keyed_request
        elif expected is None:
            assert answer.status_code == 409, answer.text
            self.keyed_requests.remove(keyed_request)
        else:
            self._done(keyed_request, held, expected, answer)
            self.client.counted["doubts decided by a repeat"] += 1

    def _decide(self, keyed_request: KeyedRequest) -> None:
        while keyed_request.answer is None and keyed_request in self.keyed_requests:
            self._repeat(keyed_request)

    def _insist(self, request: Request) -> httpx.Response:
        answer = self.client.insist(request)
        assert answer.status_code in {200, 201}, answer.text
        return answer
