"""How long before a deadline a cell warns, when T1's time is over, and which urgent cases make a signal."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import MONDAY, a_ticket
from tests.triage.sla.clocks import clock_of
from triage.errors import PolicyRefused
from triage.sla import deadlines as sla
from triage.sla import policy as sla_policy
from triage.tickets.attributes import Attributes
from triage.tickets.csm_alert import CsmRule, Urgent, signals
from triage.tickets.escalation import EscalationState
from triage.tickets.t3_handling import handled, handling
from triage.tickets.ticket import Ticket
from triage.tickets.troubleshooting import troubleshooting

POLICY = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ANA = {"at": MONDAY, "by": "agent:ana"}
RULE = CsmRule()


def warned(policy: str, source: str = "contract", kind: str = "first_response") -> timedelta | None:
    found = sla.deadlines(sla_policy.parse(policy), Attributes(plan="premium", priority="P1"), created_at=MONDAY)
    clock = clock_of(found, source, kind)
    return None if clock is None else clock.promise.warn_before


def test_a_cell_warns_when_it_says_else_as_its_kind_and_never_before_its_last_quarter() -> None:
    said = POLICY.replace('"4 h support"', '"4 h support, warn 45 min"')
    assert (warned(said), warned(POLICY)) == (45 * MINUTE, 30 * MINUTE)
    assert warned(POLICY, "target") == 15 * MINUTE  # a quarter of the hour that P1 has
    assert warned(POLICY, "contract", "resolution") == 120 * MINUTE
    assert warned(POLICY.replace('resolution = "2 h" }', 'resolution = "1 h" }'), kind="resolution") == 60 * MINUTE


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"4 h support"', '"4 h support, warn 4 h"', "warns before it begins; warn less than 4 h ahead"),
        ('"4 h support"', '"4 h support, warn soon"', "'soon' is no span of time"),
        ('resolution = "2 h" }', 'solution = "2 h" }', "warn_before: 'solution' means nothing here"),
        ("tickets = 2", "tickets = 0", "tickets and days are whole numbers"),
        ('plans = ["premium", "enterprise"]', 'plans = ["gold"]', "'gold' is neither a priority nor a plan"),
    ],
)
def test_what_cannot_be_watched_is_refused(old: str, new: str, problem: str) -> None:
    assert old in POLICY
    with pytest.raises(PolicyRefused, match=problem):
        sla_policy.parse(POLICY.replace(old, new))


def test_work_at_t1_begins_with_whatever_anybody_does() -> None:
    new = a_ticket()
    assert troubleshooting(new.events, 15 * MINUTE) is None
    for begun in (
        new.reply("Hello", **ANA),
        new.assign("ana", **ANA),
        new.transition("open", **ANA),
    ):
        found = troubleshooting(begun.events, 15 * MINUTE)
        assert found is not None
        assert (found.since, found.due_by) == (MONDAY, MONDAY + 15 * MINUTE)


def test_work_at_t1_is_over_above_it_and_once_it_is_answered() -> None:
    begun = a_ticket().reply("Hello", **ANA)
    for later in (begun.route("x", "T2", reason="x", **ANA), begun.transition("resolved", **ANA)):
        assert troubleshooting(later.events, 15 * MINUTE) is None
    reopened = begun.transition("resolved", **ANA).transition("open", at=MONDAY + DAY, by="customer")
    found = troubleshooting(reopened.events, 15 * MINUTE)
    assert found is not None
    assert found.due_by == MONDAY + DAY + 15 * MINUTE


def test_a_wait_for_the_customer_that_came_too_late_changes_nothing() -> None:
    waits = a_ticket().reply("Hello", **ANA).transition("pending", at=MONDAY + 20 * MINUTE, by="agent:ana")
    found = troubleshooting(waits.events, 15 * MINUTE)
    assert found is not None
    assert found.due_by == MONDAY + 15 * MINUTE


def test_at_engineering_the_priority_says_what_happens_next() -> None:
    rules = sla_policy.default().escalation

    def at_t3(ticket: Ticket) -> Ticket:
        return handled(ticket, rules, at=MONDAY, by="firstline")

    low = at_t3(a_ticket())
    assert handling(low) is None
    backlog = at_t3(low.retag({"priority": "P2"}, **ANA).route("engineering", "T3", reason="x", **ANA))
    assert handling(backlog) == "sprint_backlog"
    assert at_t3(backlog) == backlog
    assert handling(at_t3(backlog.retag({"priority": "P0"}, **ANA))) == "incident_response"


def test_a_way_up_is_allowed_as_the_plan_says() -> None:
    rules = sla_policy.default().escalation
    allowed = {
        (plan, priority): [to for to in ("T2", "T3") if rules.allows(EscalationState("T1", plan, priority), to)]
        for plan, priority in (("free", "P0"), ("free", "P3"), ("standard", "P3"), ("enterprise", "P3"))
    }
    assert list(allowed.values()) == [["T2"], [], ["T2"], ["T2", "T3"]]


def test_a_window_begins_with_its_first_case_and_is_told_once() -> None:
    cases = [Urgent(MONDAY + each * DAY, f"tkt_{each}") for each in (0, 13, 15, 16, 40)]
    found = signals(cases, RULE)
    assert [(each.since, each.tickets) for each in found] == [
        (MONDAY, ("tkt_0", "tkt_13")),
        (MONDAY + 15 * DAY, ("tkt_15", "tkt_16")),
    ]
    assert signals(cases, RULE, [each.since for each in found]) == []


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(1, 4))
def test_windows_are_apart_and_whoever_looks_in_whatever_order_finds_the_same(days: list[int], least: int) -> None:
    rule = CsmRule(tickets=least)
    cases = [Urgent(MONDAY + day * DAY, f"tkt_{place}") for place, day in enumerate(days)]
    found = signals(cases, rule)
    assert found == signals(cases[::-1], rule)
    assert all(then.since - first.since >= rule.window for first, then in pairwise(found))
    assert all(len(each.tickets) >= least for each in found)
    assert signals(cases, rule, [each.since for each in found]) == []


def test_an_account_is_valued_by_its_plan_or_by_what_it_pays() -> None:
    rule = CsmRule(arr_above=50_000)
    assert [
        rule.values_highly(*each) for each in (("premium", None), ("free", 50_001.0), ("free", 50_000.0), (None, None))
    ] == [
        True,
        True,
        False,
        False,
    ]
