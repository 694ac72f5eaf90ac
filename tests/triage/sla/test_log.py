"""What the order of facts may and may not change, and what a policy that is swapped there and back leaves behind."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.builders import MONDAY, a_tag, a_ticket
from tests.triage.sla.clocks import clock_of
from tests.triage.sla.minute_by_minute_calendar import MINUTE, Wall
from tests.triage.sla.minute_by_minute_deadlines import a_random_log
from triage.sla import policy as sla_policy
from triage.sla.deadlines import ticket_deadlines
from triage.sla.history import told
from triage.sla.what_if import replay
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.attributes import Segment
from triage.tickets.events import TicketPaused, TicketReopened, TicketResolved, TicketResumed
from triage.tickets.ticket import Ticket

POLICY = sla_policy.default()
WALL = Wall("UTC", MONDAY, 24)
HOUR = timedelta(hours=1)
AGENT = {"by": "agent:ana"}
MOVES = (TicketPaused, TicketResumed, TicketResolved, TicketReopened)


def a_log(seed: int) -> Ticket:
    ticket = a_random_log(random.Random(seed), WALL)
    return ticket.change_plan("premium", at=ticket.events[-1].at + MINUTE, **AGENT)


def of(events) -> dict:
    return ticket_deadlines(POLICY, events).to_record()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_facts_that_are_written_out_of_order_are_told_in_order(seed: int, dice: random.Random) -> None:
    opening, *facts = a_log(seed).events
    spread = {fact.at: fact for fact in facts}  # one of each instant: no doubt about their order
    kept = list(spread.values())
    shuffled = dice.sample(kept, len(kept))
    assert of([opening, *shuffled]) == of([opening, *kept])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["priority", "plan", "region", "agent", "customer", "move", "back"]), unique=True),
    st.sampled_from(["new", "pending", "resolved"]),
    st.randoms(use_true_random=False),
)
def test_facts_of_one_instant_may_stand_in_any_order(what: list[str], status: str, dice: random.Random) -> None:
    ticket = a_ticket(plan="premium").tag({"priority": a_tag("P2")}, at=MONDAY, by="model:1")
    ticket = ticket.reply("Hello", at=MONDAY + MINUTE, **AGENT)
    if status != "new":
        ticket = ticket.transition(status, at=MONDAY + HOUR, **AGENT)
    then, begun = {"at": MONDAY + 5 * HOUR, **AGENT}, ticket.version
    changes = {
        "priority": lambda case: case.retag({"priority": "P0"}, **then),
        "plan": lambda case: case.change_plan("enterprise", **then),
        "region": lambda case: case.move(Segment(brand="acme", region="apac"), **then),
        "agent": lambda case: case.reply("We look.", **then),
        "customer": lambda case: case.reply("And?", author="customer", **then) if status == "new" else case,
        "move": lambda case: case.transition("open" if case.status != "open" else "pending", **then),
        "back": lambda case: case.transition("open" if case.status != "open" else "resolved", **then),
    }
    for each in what:
        ticket = changes[each](ticket)
    facts = list(ticket.events[begun:])
    assume(sum(isinstance(fact, MOVES) for fact in facts) <= 2)  # of three, two orders can both have happened
    shuffled = dice.sample(facts, len(facts))
    assert of([*ticket.events[:begun], *shuffled]) == of(ticket.events)


def test_moves_of_one_instant_that_cannot_have_happened_so_are_told_as_they_can_have() -> None:
    then = {"at": MONDAY + HOUR, **AGENT}
    opening = a_ticket().events[0]
    assert told([opening, TicketResumed(**then), TicketPaused(**then)]).waits_since is None
    assert told([opening, TicketPaused(**then)]).waits_since == MONDAY + HOUR
    assert told([opening, TicketReopened(**then), TicketResolved(**then), TicketPaused(**then)]).phase in {
        "runs",
        "waits",
    }
    assert told([opening, TicketResumed(**then), TicketResumed(**then)]).phase == "runs"  # nonsense breaks nothing


def test_a_second_pause_does_not_forget_the_first() -> None:
    opening = a_ticket(plan="enterprise").events[0]
    pauses = [TicketPaused(at=MONDAY + hour * HOUR, **AGENT) for hour in (1, 2)]
    log = [opening, *pauses, TicketResumed(at=MONDAY + 4 * HOUR, **AGENT)]
    assert clock_of(ticket_deadlines(POLICY, log), "contract", "resolution").due_by == MONDAY + 11 * HOUR


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(list(POLICY.plans)), st.sampled_from(PRIORITIES))
def test_plan_and_priority_swapped_there_and_back_change_no_deadline(seed: int, plan: str, priority: str) -> None:
    ticket = a_log(seed).retag({"priority": "P2"}, at=MONDAY + 900 * HOUR, **AGENT)
    there = ticket.change_plan(plan, at=MONDAY + 901 * HOUR, **AGENT)
    there = there.retag({"priority": priority}, at=MONDAY + 902 * HOUR, **AGENT)
    back = there.change_plan("premium", at=MONDAY + 903 * HOUR, **AGENT)
    back = back.retag({"priority": "P2"}, at=MONDAY + 904 * HOUR, **AGENT)
    before, after = of(ticket.events), of(back.events)
    assert {name: after[name] for name in ("contract", "target", "sla_deadline")} == {
        name: before[name] for name in ("contract", "target", "sla_deadline")
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 96), st.integers(0, 96))
def test_a_longer_target_is_never_due_earlier(seed: int, hours: int, more: int) -> None:
    events = a_log(seed).retag({"priority": "P2"}, at=MONDAY + 900 * HOUR, **AGENT).events
    found = [ticket_deadlines(with_resolution(each), events) for each in (hours, hours + more)]
    short, long = (clock_of(each, "contract", "resolution").due_by for each in found)
    assert long is None or (short is not None and short <= long)


@pytest.mark.parametrize("seed", range(20))
def test_swapping_the_policy_there_and_back_is_the_identity(seed: int) -> None:
    logs, other = [a_log(seed).events], with_resolution(3)
    there = replay(logs, POLICY, other, MONDAY + 500 * HOUR)
    back = replay(logs, other, POLICY, MONDAY + 500 * HOUR)
    assert [(each.before, each.after) for each in there.differences] == [
        (each.after, each.before) for each in back.differences
    ]
    assert not any(each.changes for each in replay(logs, POLICY, POLICY, MONDAY + 500 * HOUR).differences)


@pytest.mark.parametrize("name", ["brand", "region", "channel", "language", "account", "category", "product_area"])
def test_what_a_log_says_of_a_case_meets_the_conditions_of_amendments(name: str) -> None:
    amendment = {"when": {name: "x"}, "contract": {"resolution": "1 h calendar"}}
    policy = sla_policy.from_table({**POLICY.terms.table, "amendments": [amendment]})
    if name in {"category", "product_area"}:
        ticket = a_ticket().tag({name: a_tag("x")}, at=MONDAY, by="model:1")
    else:
        ticket = a_ticket(**{name: "x"})
    assert clock_of(ticket_deadlines(policy, ticket.events), "contract", "resolution").due_by == MONDAY + HOUR
    assert clock_of(ticket_deadlines(policy, a_ticket().events), "contract", "resolution").due_by != MONDAY + HOUR


def test_an_explanation_says_why_time_was_left_out() -> None:
    ticket = a_ticket(plan="enterprise").transition("resolved", at=MONDAY + HOUR, **AGENT)
    ticket = ticket.transition("open", at=MONDAY + 3 * HOUR, **AGENT).transition(
        "pending", at=MONDAY + 4 * HOUR, **AGENT
    )
    ticket = ticket.transition("open", at=MONDAY + 5 * HOUR, **AGENT)
    shown = ticket_deadlines(POLICY, ticket.events).explain()[1]
    assert [each["why"] for each in shown["intervals"] if not each["counted"]] == [
        "resolved",
        "waiting for the customer",
    ]
    assert (
        "2 h of calendar hours did not count: resolved. 1 h of calendar hours did not count: waiting"
        in shown["sentence"]
    )


def test_a_warning_needs_as_much_time_as_the_clock_has() -> None:
    clock = clock_of(ticket_deadlines(POLICY, a_ticket(plan="enterprise").events), "contract", "resolution")
    assert clock.warn_at(HOUR) == MONDAY + 7 * HOUR
    assert clock.warn_at(8 * HOUR) == MONDAY
    assert clock.warn_at(9 * HOUR) is None
    waiting = a_ticket(plan="enterprise").transition("pending", at=MONDAY + HOUR, **AGENT)
    assert clock_of(ticket_deadlines(POLICY, waiting.events), "contract", "resolution").warn_at(7.5 * HOUR) is None


def with_resolution(hours: int) -> sla_policy.Policy:
    table = POLICY.terms.table
    plans = {**table["plans"], "premium": {**table["plans"]["premium"], "resolution": f"{hours} h support"}}
    return sla_policy.from_table({**table, "plans": plans})
