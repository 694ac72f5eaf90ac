"""The state machine: Hypothesis acts on the real service and on the model, and compares.

What a step draws never depends on what the service answered, so that a history can be told again. A request that
nobody answered leaves a doubt; the next read, or the same request under its key, decides it, for one effect or none.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.crash.expectations import KnownTicket
from tests.crash.request_machine import RequestMachine
from tests.crash.restarting_client import Request
from tests.crash.ticket_model import case_of

DEATHS = 2  # of one history: each costs a start
BEFORE, AFTER = ["before_begin", "before_statement", "before_commit"], ["after_commit", "before_answer"]
NEEDED = ("steps_taken", "customer_impact", "reproduction_steps", "evidence")
NEEDED_AT_T3 = ("bug_report", "business_impact", "arr", "workaround_status", "communication_plan")
PACKET = dict.fromkeys(NEEDED + NEEDED_AT_T3, "It is known.")

some = st.integers(min_value=0, max_value=40)
labels = st.fixed_dictionaries(
    {},
    optional={
        "priority": st.sampled_from(["P0", "P1", "P2", "P3", "P4", None]),
        "category": st.sampled_from(["bug", "how_to", "billing", None]),
    },
)


class DeskMachine(RequestMachine):
    """Customers and agents of one desk, whose service is killed."""

    # What customers and agents do

    @initialize()
    def begin(self) -> None:
        """Open the ticket from which on this history's tickets are listed."""
        self._open(keyed=True, tags={}, plan="premium")
        self._decide(self.keyed_requests[0])

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

    @rule(which=some, keyed=st.booleans(), to=st.sampled_from(["T2", "T3"]))
    def escalate(self, which: int, keyed: bool, to: str) -> None:
        """Send a ticket up a tier to which it may go, or may not."""
        held = self._some(which)
        request = Request("POST", f"{held.path}/escalations", {"to": to, "packet": PACKET})
        self._change(held, request, lambda case: case.escalate(to, held.seen["plan"]), keyed)

    @rule(which=some, tags=labels, assignee=st.sampled_from([None, "kim", "lee"]), stale=st.sampled_from([0, 0, -1, 1]))
    def patch(self, which: int, tags: dict[str, str | None], assignee: str | None, stale: int) -> None:
        """Correct a ticket as one has seen it, or as it never was or no more is."""
        held = self._some(which)
        seen = {"If-Match": f'"{held.case.facts + stale}"'}
        request = Request("PATCH", held.path, {"tags": tags, "assignee": assignee}, seen)
        if not stale:
            self._change(held, request, lambda case: case.patch(tags, assignee), keyed=False)
        elif (answer := self.client.send(request)) is not None:
            assert answer.status_code == 412, answer.text

    @rule(which=some)
    def repeat(self, which: int) -> None:
        """Send a request again, under its key."""
        self._repeat(self.keyed_requests[which % len(self.keyed_requests)])

    @rule(which=some)
    def reuse(self, which: int) -> None:
        """Ask for something else under a key that had its effect: refused."""
        keyed_request = self.keyed_requests[which % len(self.keyed_requests)]
        self._decide(keyed_request)
        if keyed_request not in self.keyed_requests:
            return  # it was refused, and its key is free
        request = keyed_request.request
        other = Request(request.method, request.path, {**request.body, "text": "Other"}, request.headers)
        if (answer := self.client.send(other)) is not None:
            assert answer.status_code == 422, answer.text
            self.client.counted["other bodies refused"] += 1

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
        self._hold(KnownTicket(ticket))
        if twice:
            assert self._create(turn, keyed) == ticket

    @rule(limit=st.integers(min_value=2, max_value=7))
    def list_tickets(self, limit: int) -> None:
        """Read this history's tickets page by page: each that was acknowledged is there, once and as it was seen."""
        for held in self.tickets:
            self._settle(held)
        listed = self.client.tickets(self.tickets[0].seen["id"], limit)
        subjects = [ticket["subject"] for ticket in listed]
        assert len(subjects) == len(set(subjects)), "one request, several tickets"
        assert {held.seen["id"]: held.seen for held in self.tickets}.items() <= {t["id"]: t for t in listed}.items()
        unanswered = {
            keyed_request.request.body.get("subject")
            for keyed_request in self.keyed_requests
            if keyed_request.held is None
        }
        assert set(subjects) - {held.seen["subject"] for held in self.tickets} <= unanswered | self.perhaps

    # What becomes of the service

    @precondition(lambda self: self.deaths < DEATHS)
    @rule(point=st.sampled_from(BEFORE + AFTER))
    def die_at(self, point: str) -> None:
        """Let the service die at a point of what it writes next."""
        self.deaths += 1
        self.client.doom_at(point)

    @precondition(lambda self: self.deaths < DEATHS)
    @rule(milliseconds=st.integers(min_value=0, max_value=15))
    def die_soon(self, milliseconds: int) -> None:
        """Let the service die while it works on what comes next."""
        self.deaths += 1
        self.client.doom_in(milliseconds / 1000)

    @precondition(lambda self: self.deaths < DEATHS)
    @rule(politely=st.booleans())
    def restart(self, politely: bool) -> None:
        """End the service between two requests, and start it."""
        self.deaths += 1
        (self.client.end if politely else self.client.kill)()

    @precondition(lambda self: self.deaths < DEATHS)
    @rule(which=some, what=st.sampled_from(["replies", "transitions", "escalations"]), point=st.sampled_from(AFTER))
    def die_unanswered(self, which: int, what: str, point: str) -> None:
        """Let the service die when a change is kept and nobody was told, and ask again: one effect, the same bytes."""
        before = len(self.keyed_requests)
        self.die_at(point)
        {
            "replies": lambda: self.reply(which, True, "agent"),
            "transitions": lambda: self.move(which, True, "pending"),
            "escalations": lambda: self.escalate(which, True, "T2"),
        }[what]()
        for keyed_request in self.keyed_requests[before:]:
            self._decide(keyed_request)
            self._repeat(keyed_request)
            self._repeat(keyed_request)
            self.client.counted["unanswered changes repeated"] += 1

    # What must hold

    @invariant()
    def the_ticket_is_as_it_was_seen(self) -> None:
        """Read what was touched last: to the byte as it was acknowledged, deadlines with it, whatever died since."""
        self.client.counted["steps"] += 1
        if self.touched is not None and self.touched.doubt is None:
            assert self.client.ask(self.touched.path) == self.touched.seen

    def teardown(self) -> None:
        """Repeat what was not answered until it is, and read everything."""
        if not self.tickets:
            return
        for keyed_request in [*self.keyed_requests]:
            self._decide(keyed_request)
        self.list_tickets(200)
        for keyed_request in self.keyed_requests:
            self._repeat(keyed_request)
        self.list_tickets(3)
        for held in self.tickets:
            assert self.client.ask(held.path) == held.seen
        self.client.counted["tickets"] += len(self.tickets)
        self.client.counted["keys"] += len(self.keyed_requests)
