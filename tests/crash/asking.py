"""How the state machine asks: what it holds to be so, and what an answer, or none, makes of that."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
from hypothesis.stateful import RuleBasedStateMachine

from tests.crash.doubts import Change, Held, Promise
from tests.crash.model import Case, assert_became, assert_due, case_of
from tests.crash.wire import Request, Wire

HISTORIES = itertools.count(1)


class Asking(RuleBasedStateMachine):
    """One history, with the tickets and the requests under a key that it knows of."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire, self.name = wire, f"h{next(HISTORIES)}"
        self.numbers = itertools.count(1)
        self.held: list[Held] = []
        self.promises: list[Promise] = []
        self.perhaps: set[str] = set()  # subjects of tickets that were asked for without a key, and not acknowledged
        self.touched: Held | None = None
        self.deaths = 0
        wire.counted["histories"] += 1

    def _new(self, what: str) -> str:
        return f"{what} {self.name}-{next(self.numbers)}"

    def _some(self, which: int) -> Held:
        held = self.held[which % len(self.held)]
        self._settle(held)
        self.touched = held
        return held

    def _hold(self, held: Held) -> Held:
        self.held.append(held)
        self.touched = held
        return held

    def _open(self, keyed: bool, tags: dict[str, str], plan: str | None) -> None:
        body = {"subject": self._new("Case"), "plan": plan, "tags": tags}
        request = Request("POST", "/v1/tickets", body)
        if keyed:
            self.promises.append(Promise(request.under(self._new("key"))))
            self._repeat(self.promises[-1])
        elif (answer := self.wire.send(request)) is None:
            self.perhaps.add(str(body["subject"]))
        else:
            self._opened(request, answer)

    def _opened(self, request: Request, answer: httpx.Response) -> Held:
        """Look at a ticket that was opened: as it was asked for, with the deadlines of such a case."""
        ticket, wanted = answer.json(), request.body
        shown = (answer.status_code, ticket["subject"], ticket["status"], case_of(ticket).labels)
        assert shown == (201, wanted["subject"], "new", wanted["tags"])
        case = {"created_at": ticket["created_at"], "plan": ticket["plan"], "priority": wanted["tags"].get("priority")}
        assert_due(ticket, self._insist(Request("POST", "/v1/sla/deadlines", case)).json())
        return self._hold(Held(ticket))

    def _create(self, request: Request, keyed: bool) -> dict[str, Any]:
        """Send what creates something else until it is answered, and remember it if it has a key."""
        request = request.under(self._new("key") if keyed else None)
        answer = self._insist(request)
        if keyed:
            self.promises.append(Promise(request, answer=answer.content))
        created: dict[str, Any] = answer.json()
        return created

    def _change(self, held: Held, request: Request, change: Change, keyed: bool) -> None:
        promise = Promise(request.under(self._new("key") if keyed else None), held, change)
        expected = change(held.case)
        if keyed and expected is not None:
            self.promises.append(promise)
        answer = self.wire.send(promise.request)
        if answer is None:
            held.doubt, held.doubted = expected, promise
        elif expected is None:
            assert answer.status_code == 409, answer.text
            self.wire.counted["refused"] += 1
        else:
            self._done(promise, held, expected, answer)

    def _done(self, promise: Promise, held: Held, expected: Case, answer: httpx.Response) -> None:
        assert answer.status_code in {200, 201}, answer.text
        assert_became(held.seen, expected, answer.json())
        promise.answer = answer.content
        held.seen, held.doubt, held.doubted = answer.json(), None, None
        self.wire.counted["changes"] += 1

    def _settle(self, held: Held) -> None:
        """Let a read decide whether a change was done whose connection broke."""
        if held.doubt is None:
            return
        ticket = self.wire.ask(held.path)
        if ticket != held.seen:
            assert_became(held.seen, held.doubt, ticket)
            assert held.doubted is not None
            held.doubted.made = held.seen = ticket
        held.doubt, held.doubted = None, None
        self.wire.counted["doubts decided by a read"] += 1

    def _repeat(self, promise: Promise) -> None:
        """Send a request under its key: done before, it is answered as then; else it is done now."""
        held = promise.held
        if held is not None and held.doubted is not promise:
            self._settle(held)
        answer = self.wire.send(promise.request)
        if promise.answer is not None or promise.made is not None:
            self._answered_again(promise, answer)
        elif held is None or promise.change is None:
            if answer is not None:
                promise.held, promise.answer = self._opened(promise.request, answer), answer.content
        else:
            self._decided(promise, held, promise.change, answer)

    def _answered_again(self, promise: Promise, answer: httpx.Response | None) -> None:
        if answer is None:
            return
        assert answer.content == promise.answer or (promise.answer is None and answer.json() == promise.made)
        promise.answer = answer.content
        self.wire.counted["repeats"] += 1

    def _decided(self, promise: Promise, held: Held, change: Change, answer: httpx.Response | None) -> None:
        """Take the first answer of a change: it was done before its connection broke, or is done now; not both."""
        self.touched = held
        expected = held.doubt or change(held.case)
        if answer is None:
            held.doubt, held.doubted = expected, promise
        elif expected is None:
            assert answer.status_code == 409, answer.text
            self.promises.remove(promise)
        else:
            self._done(promise, held, expected, answer)
            self.wire.counted["doubts decided by a repeat"] += 1

    def _decide(self, promise: Promise) -> None:
        while promise.answer is None and promise in self.promises:
            self._repeat(promise)

    def _insist(self, request: Request) -> httpx.Response:
        answer = self.wire.insist(request)
        assert answer.status_code in {200, 201}, answer.text
        return answer
