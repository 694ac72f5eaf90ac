"""An outage: many cases, one timer; and the past decided again under another policy."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest

from tests.builders import MONDAY, a_tag, a_ticket, at
from tests.triage.sla.clocks import clock_of, missed, running_late
from triage.errors import TicketIsClosed
from triage.sla import policy as sla_policy
from triage.sla.deadlines import ticket_deadlines
from triage.sla.incident import Incident, incident_deadlines
from triage.sla.what_if import facts_of, replay
from triage.tickets.closed_ticket import ClosedTicket
from triage.tickets.ticket import Ticket

POLICY = sla_policy.default()
DEFAULT = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AGENT = {"by": "agent:ana"}


def case(name: str, plan: str, priority: str = "P2", **content) -> Ticket:
    return a_ticket(id=name, plan=plan, **content).tag({"priority": a_tag(priority)}, at=MONDAY, by="model:1")


def outage(incident: Ticket, *cases: Ticket) -> Incident:
    return incident_deadlines(POLICY, incident.id, incident.events, {each.id: each.events for each in cases})


class TestAnIncident:
    PARENT = case("tkt_0", "standard")

    def child(self, plan: str, name: str = "tkt_1", at=MONDAY + 10 * MINUTE) -> Ticket:
        return case(name, plan).follow("tkt_0", at=at, **AGENT)

    def test_shows_every_case_the_strictest_deadline_among_them(self) -> None:
        found = outage(self.PARENT, self.child("standard"), self.child("enterprise", "tkt_2"))
        for each in (found.own, *found.cases.values()):
            first = each.to_record()["sla_deadline"]
            assert first == {"at": "2026-03-02T10:00:00Z", "kind": "first_response", "source": "contract"}

    def test_leaves_each_case_what_its_contract_promised(self) -> None:
        found = outage(self.PARENT, self.child("standard"), self.child("enterprise", "tkt_2"))
        record = found.cases["tkt_1"].to_record()
        assert record["contract"]["first_response_by"] == "2026-03-02T17:00:00Z"
        assert record["incident"] == "tkt_0"
        assert "incident" not in found.own.to_record()

    def test_has_one_timer_and_those_that_may_earn_a_credit(self) -> None:
        found = outage(self.PARENT, self.child("standard"), self.child("enterprise", "tkt_2"))
        assert found.cases["tkt_1"].timers == ()
        assert {each.source for each in found.cases["tkt_2"].timers} == {"contract"}
        assert len(found.own.timers) == 4
        assert [each.credit_percent for each in running_late(found.cases["tkt_2"], MONDAY + 2 * HOUR)] == [10]

    def test_answers_all_its_cases_at_once_from_when_they_joined(self) -> None:
        parent = self.PARENT.reply("We know.", at=MONDAY + 5 * MINUTE, **AGENT)
        parent = parent.reply("We repair.", at=MONDAY + 20 * MINUTE, **AGENT)
        found = outage(parent.transition("resolved", at=MONDAY + HOUR, **AGENT), self.child("enterprise"))
        clock = clock_of(found.cases["tkt_1"], "contract", "first_response")
        assert clock.stopped_at == MONDAY + 20 * MINUTE  # the first reply after it had joined
        assert clock_of(found.cases["tkt_1"], "contract", "resolution").stopped_at == MONDAY + HOUR
        assert found.cases["tkt_1"].sla_deadline is None

    def test_that_reopens_reopens_its_cases(self) -> None:
        parent = self.PARENT.transition("resolved", at=MONDAY + HOUR, **AGENT).transition(
            "open", at=MONDAY + 3 * HOUR, **AGENT
        )
        clock = clock_of(outage(parent, self.child("enterprise")).cases["tkt_1"], "contract", "resolution")
        assert (clock.state, clock.due_by) == ("running", MONDAY + 10 * HOUR)  # 8 h and 2 h resolved

    def test_does_not_hold_a_case_up_by_waiting_for_another_customer(self) -> None:
        parent = self.PARENT.transition("pending", at=MONDAY + HOUR, **AGENT)
        clock = clock_of(outage(parent, self.child("enterprise")).cases["tkt_1"], "contract", "resolution")
        assert clock.due_by == MONDAY + 8 * HOUR

    def test_lets_a_case_go_that_had_another_cause(self) -> None:
        left = self.child("standard").follow(None, at=MONDAY + 30 * MINUTE, **AGENT)
        parent = self.PARENT.reply("We know.", at=MONDAY + HOUR, **AGENT)
        found = outage(parent, left, self.child("enterprise", "tkt_2"))
        assert found.cases["tkt_1"] == ticket_deadlines(POLICY, left.events)
        assert left.incident_id is None

    def test_counts_a_case_that_was_answered_as_answered(self) -> None:
        answered = self.child("enterprise").transition("resolved", at=MONDAY + 15 * MINUTE, **AGENT)
        found = outage(self.PARENT, answered)
        assert found.cases["tkt_1"].sla_deadline is None
        assert found.own.sla_deadline.due_by == MONDAY + 4 * HOUR  # its own again

    def test_is_one_at_a_time_and_takes_no_closed_case(self) -> None:
        moved = self.child("free").follow("tkt_9", at=MONDAY + HOUR, **AGENT)
        assert [fact.type for fact in moved.events[-2:]] == ["incident_left", "incident_joined"]
        assert moved.follow("tkt_9", at=MONDAY + HOUR, **AGENT) is moved
        with pytest.raises(TicketIsClosed):
            moved.transition("closed", at=MONDAY + HOUR, **AGENT).follow("tkt_0", at=MONDAY + HOUR, **AGENT)


class TestOverdue:
    def test_is_counted_in_open_time_and_not_while_the_customer_is_asked(self) -> None:
        ticket = case("tkt_1", "standard").transition("pending", at=at("2026-03-10 10:00"), **AGENT)
        ticket = ticket.transition("open", at=at("2026-03-10 13:00"), **AGENT)
        clock = clock_of(ticket_deadlines(POLICY, ticket.events), "contract", "resolution")
        assert clock.due_by == at("2026-03-09 17:00")
        assert clock.overdue(at("2026-03-09 17:00")) == timedelta()
        assert clock.overdue(at("2026-03-10 09:30")) == 30 * MINUTE  # the night does not count
        assert clock.overdue(at("2026-03-10 12:00")) == HOUR  # nor does the wait from 10:00
        assert clock.overdue(at("2026-03-10 14:00")) == 2 * HOUR

    def test_is_said_in_words(self) -> None:
        ticket = case("tkt_1", "enterprise").retag({"priority": "P0"}, at=MONDAY + HOUR, **AGENT)
        shown = {
            (each["source"], each["kind"]): each
            for each in ticket_deadlines(POLICY, ticket.events).explain(MONDAY + 2 * HOUR)
        }
        late = shown["target", "first_response"]
        assert late["overdue_seconds"] == 6300
        assert late["sentence"].endswith(
            "It is 1 h 45 min of calendar hours late, and was so before the priority or plan changed."
        )
        assert shown["target", "resolution"]["overdue_seconds"] == 0
        assert ticket_deadlines(POLICY, ticket.events).explain()[0]["overdue_seconds"] is None

    def test_ends_with_the_answer(self) -> None:
        ticket = case("tkt_1", "enterprise").reply("Hello", at=MONDAY + HOUR + timedelta(seconds=30), **AGENT)
        shown = ticket_deadlines(POLICY, ticket.events).explain()[0]
        assert (shown["overdue_seconds"], shown["state"]) == (30, "stopped")
        assert shown["sentence"].endswith("It was less than a minute of calendar hours late.")


class TestAReplay:
    def test_says_what_another_policy_would_have_changed(self) -> None:
        ticket = case("tkt_1", "premium").reply("Hello", at=MONDAY + 3 * HOUR, **AGENT)
        logs = [ticket.events, case("tkt_2", "free").events]
        stricter = sla_policy.parse(DEFAULT.replace('first_response = "4 h support"', 'first_response = "2 h support"'))
        found = replay(logs, POLICY, stricter, MONDAY + 4 * HOUR)
        record = json.loads(json.dumps(found.to_record()))
        assert record["tickets"] == 2
        contract = record["sums"][0]
        assert (contract["source"], contract["kind"]) == ("contract", "first_response")
        assert contract["promised"] == {"before": 2, "after": 2}
        assert (contract["earlier"], contract["later"]) == (1, 0)
        assert contract["breaches"] == {"before": 0, "after": 1}
        assert (contract["credits"], contract["credit_percent"]) == (
            {"before": 0, "after": 1},
            {"before": 0, "after": 5},
        )
        changed = [each for each in record["changed"] if each["source"] == "contract"]
        assert changed == [
            {
                "ticket_id": "tkt_1",
                "source": "contract",
                "kind": "first_response",
                "before": {"promised": True, "due_by": "2026-03-02T13:00:00Z", "breached": False, "credit_percent": 0},
                "after": {"promised": True, "due_by": "2026-03-02T11:00:00Z", "breached": True, "credit_percent": 5},
            }
        ]

    def test_counts_promises_that_appear_and_go(self) -> None:
        none = sla_policy.parse(DEFAULT.replace('resolution = "24 h support"', 'resolution = "none"'))
        found = replay([case("tkt_1", "premium").events], POLICY, none, MONDAY)
        assert found.sums()[2]["promised"] == {"before": 1, "after": 0}

    def test_reads_the_closed_tickets_of_an_export(self) -> None:
        closed = ClosedTicket(
            id="z-1",
            subject="x",
            plan="premium",
            created_at=MONDAY,
            first_response_at=MONDAY + 5 * HOUR,
            closed_at=MONDAY + 9 * HOUR,
            labels={"priority": "P2", "category": "bug"},
        )
        log = facts_of(closed)
        clocks = ticket_deadlines(POLICY, log)
        assert [each.kind for each in missed(clocks, MONDAY + 99 * HOUR)] == ["first_response"] * 2
        assert [fact.type for fact in log] == ["ticket_opened", "ticket_tagged", "agent_replied", "ticket_closed"]
        assert facts_of(ClosedTicket(id="z-2", subject="x")) == []
        unseen = replace(closed, labels={"category": "bug"}, unseen_labels={"priority": "P2"})
        assert ticket_deadlines(POLICY, facts_of(unseen)) == clocks  # they hung on the model's label, too
