"""The state machine: Hypothesis acts on the real service and on the model, and compares.

What a step draws never depends on what the service answered, so that a history can be told again. A request that
nobody answered leaves a doubt; the next read, or the same request under its key, decides it, for one effect or none.
"""

from __future__ import annotations

import itertools
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.crash.doubts import Change, Held, Promise
from tests.crash.model import Case, assert_became, assert_due, case_of
from tests.crash.wire import Request, Wire

DEATHS = 2  # of one history: each costs a start
HISTORIES = itertools.count(1)

some = st.integers(min_value=0, max_value=40)
labels = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.sampled_from(["P0", "P1", "P2", "P3", "P4", None]),
        "category": st.sampled_from(["bug", "how_to", "billing", None]),
    },
)


class DeskMachine(RuleBasedStateMachine):
    """Customers and agents of one desk, whose service is killed."""

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

    # What customers and agents do

    @initialize()
    def begin(self) -> None:
        """Open the ticket from which on this history's tickets are listed."""
        self._open(keyed=True, tags={}, plan="premium")
        self._decide(self.promises[0])

    @rule(keyed=st.booleans(), tags=labels, plan=st.sampled_from([None, "premium"]))
    def open(self, keyed: bool, tags: dict[str, str | None], plan: str | None) -> None:
        """Open a ticket."""
        self._open(keyed, {head: label for head, label in tags.items() if label is not None}, plan)

    @rule(which=some, keyed=st.booleans(), by=st.sampled_from(["agent", "customer"]))
    def reply(self, which: int, keyed: bool, by: str) -> None:
        """Write to a ticket."""
        held, text = self._some(which), self._new("Reply")
        request = Request("POST", f"{held.path}/replies", {"text": text, "by": by})
        self._change(held, request, lambda case: case.reply(by, text), keyed)

    @rule(which=some, keyed=st.booleans(), to=st.sampled_from(["open", "pending", "resolved", "closed"]))
    def move(self, which: int, keyed: bool, to: str) -> None:
        """Send a ticket to a status to which it may go, or may not."""
        held = self._some(which)
        request = Request("POST", f"{held.path}/transitions", {"to": to})
        self._change(held, request, lambda case: case.move(to), keyed)

    @rule(which=some, tags=labels, assignee=st.sampled_from([None, "kim", "lee"]), stale=st.sampled_from([0, 0, -1, 1]))
    def patch(self, which: int, tags: dict[str, str | None], assignee: str | None, stale: int) -> None:
        """Correct a ticket as one has seen it, or as it never was or no more is."""
        held = self._some(which)
        seen = {"If-Match": f'"{held.case.facts + stale}"'}
        request = Request("PATCH", held.path, {"tags": tags, "assignee": assignee}, seen)
        if not stale:
            self._change(held, request, lambda case: case.patch(tags, assignee), keyed=False)
        elif (answer := self.wire.send(request)) is not None:
            assert answer.status_code == 412, answer.text

    @rule(which=some)
    def repeat(self, which: int) -> None:
        """Send a request again, under its key."""
        self._repeat(self.promises[which % len(self.promises)])

    @rule(which=some)
    def reuse(self, which: int) -> None:
        """Ask for something else under a key that had its effect: refused."""
        promise = self.promises[which % len(self.promises)]
        self._decide(promise)
        if promise not in self.promises:
            return  # it was refused, and its key is free
        request = promise.request
        other = Request(request.method, request.path, {**request.body, "text": "Other"}, request.headers)
        if (answer := self.wire.send(other)) is not None:
            assert answer.status_code == 422, answer.text
            self.wire.counted["other bodies refused"] += 1

    @rule(keyed=st.booleans(), twice=st.booleans())
    def hand_off(self, keyed: bool, twice: bool) -> None:
        """Ask for a person, and turn the session into its one ticket."""
        asked = {"question": self._new("Keyed" if keyed else "Free"), "channel": "chat", "human_requested": True}
        session = self._create(Request("POST", "/v1/deflections", asked), keyed)
        turn = Request(
            "POST", f"/v1/deflections/{session['id']}/ticket", {"subject": self._new("Case"), "email": "a@b.example"}
        )
        ticket = self._create(turn, keyed)
        assert ticket["deflection_id"] == session["id"]
        assert case_of(ticket).said[0] == ("customer", asked["question"])
        self._hold(Held(ticket))
        if twice:
            assert self._create(turn, keyed) == ticket

    @rule(limit=st.integers(min_value=2, max_value=7))
    def list_tickets(self, limit: int) -> None:
        """Read this history's tickets page by page: each that was acknowledged is there, once and as it was seen."""
        for held in self.held:
            self._settle(held)
        listed = self.wire.tickets(self.held[0].seen["id"], limit)
        subjects = [ticket["subject"] for ticket in listed]
        assert len(subjects) == len(set(subjects)), "one request, several tickets"
        assert {held.seen["id"]: held.seen for held in self.held}.items() <= {t["id"]: t for t in listed}.items()
        unanswered = {promise.request.body.get("subject") for promise in self.promises if promise.held is None}
        assert set(subjects) - {held.seen["subject"] for held in self.held} <= unanswered | self.perhaps

    # What becomes of the service

    @precondition(lambda self: self.deaths < DEATHS)
    @rule(point=st.sampled_from(["before_begin", "before_commit", "after_commit"]))
    def die_at(self, point: str) -> None:
        """Let the service die at a point of what it writes next."""
        self.deaths += 1
        self.wire.doom_at(point)

    @precondition(lambda self: self.deaths < DEATHS)
    @rule(milliseconds=st.integers(min_value=0, max_value=15))
    def die_soon(self, milliseconds: int) -> None:
        """Let the service die while it works on what comes next."""
        self.deaths += 1
        self.wire.doom_in(milliseconds / 1000)

    @precondition(lambda self: self.deaths < DEATHS)
    @rule(politely=st.booleans())
    def restart(self, politely: bool) -> None:
        """End the service between two requests, and start it."""
        self.deaths += 1
        (self.wire.end if politely else self.wire.kill)()

    # What must hold

    @invariant()
    def the_ticket_is_as_it_was_seen(self) -> None:
        """Read what was touched last: to the byte as it was acknowledged, deadlines with it, whatever died since."""
        self.wire.counted["steps"] += 1
        if self.touched is not None and self.touched.doubt is None:
            assert self.wire.ask(self.touched.path) == self.touched.seen

    def teardown(self) -> None:
        """Repeat what was not answered until it is, and read everything."""
        if not self.held:
            return
        for promise in [*self.promises]:
            self._decide(promise)
        self.list_tickets(200)
        for promise in self.promises:
            self._repeat(promise)
        self.list_tickets(3)
        for held in self.held:
            assert self.wire.ask(held.path) == held.seen
        self.wire.counted["tickets"] += len(self.held)
        self.wire.counted["keys"] += len(self.promises)

    # How it is done

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
        while (answer := self.wire.send(request)) is None:
            continue
        assert answer.status_code in {200, 201}, answer.text
        return answer
