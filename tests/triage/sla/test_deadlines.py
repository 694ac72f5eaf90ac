from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import MONDAY, a_tag, a_ticket, at
from tests.triage.sla.clocks import clock_of, running_late
from triage.errors import InstantOutOfRange, NaiveInstant, PauseRefused, UnknownPlan, UnknownPriority
from triage.sla import policy as sla_policy
from triage.sla.deadlines import Deadlines, deadlines, next_human_at, ticket_deadlines
from triage.sla.explanation import explain
from triage.sla.timer import StoppedInterval, joined
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.attributes import Attributes
from triage.tickets.ticket import Ticket

POLICY = sla_policy.default()
HOUR = timedelta(hours=1)
AGENT = {"by": "agent:ana"}


def tagged(priority: str | None, **content) -> Ticket:
    ticket = a_ticket(**content)
    return ticket.tag({"priority": a_tag(priority)}, at=ticket.created_at, by="model:1")


def of(ticket: Ticket) -> Deadlines:
    return ticket_deadlines(POLICY, ticket.events)


def due(found: Deadlines, source: str, kind: str) -> datetime | None:
    clock = clock_of(found, source, kind)
    assert clock is not None
    return clock.due_by


def resolution(ticket: Ticket) -> datetime | None:
    return due(of(ticket), "contract", "resolution")


def test_a_stored_ticket_has_the_deadlines_of_its_plan_and_priority() -> None:
    stateless = deadlines(POLICY, Attributes(plan="standard", priority="P1"), created_at=MONDAY)
    assert of(tagged("P1")).to_record() == stateless.to_record()


def test_a_paused_ticket_gains_the_time_it_waited() -> None:
    ticket = tagged("P2", plan="enterprise").transition("pending", at=MONDAY + 2 * HOUR, **AGENT)
    assert resolution(ticket) is None  # 8 h less 2 h are left, from whenever the customer answers
    ticket = ticket.reply("Here it is.", at=MONDAY + 5 * HOUR, by="customer", author="customer")
    assert resolution(ticket) == MONDAY + 11 * HOUR  # 8 h + 3 h


def test_a_pause_never_holds_up_the_first_response() -> None:
    ticket = tagged("P2", plan="enterprise").transition("pending", at=MONDAY, **AGENT)
    assert due(of(ticket), "contract", "first_response") == MONDAY + 1 * HOUR


def test_a_pause_outside_support_hours_gains_nothing() -> None:
    night = (at("2026-03-02 18:00"), at("2026-03-03 08:00"))
    assert deadlines(POLICY, Attributes(plan="standard", priority="P2"), created_at=MONDAY, pauses=[night]).to_record()[
        "contract"
    ] == {
        "first_response_by": "2026-03-02T17:00:00Z",
        "resolution_by": "2026-03-09T17:00:00Z",
    }


def test_pauses_that_overlap_are_taken_off_once_and_in_any_order() -> None:
    pauses = [
        (MONDAY + 3 * HOUR, MONDAY + 6 * HOUR),  # with the next: 1 h to 6 h, so 5 h
        (MONDAY + 1 * HOUR, MONDAY + 4 * HOUR),
        (MONDAY - 9 * HOUR, MONDAY),  # before the ticket
        (MONDAY + 99 * HOUR, MONDAY + 100 * HOUR),  # after it was due
    ]
    found = deadlines(POLICY, Attributes(plan="enterprise", priority="P2"), created_at=MONDAY, pauses=pauses)
    assert due(found, "contract", "resolution") == MONDAY + 13 * HOUR


def test_work_used_up_as_the_pause_begins_is_due_then() -> None:
    pause = (MONDAY + 8 * HOUR, None)
    found = deadlines(POLICY, Attributes(plan="enterprise", priority="P2"), created_at=MONDAY, pauses=[pause])
    assert due(found, "contract", "resolution") == MONDAY + 8 * HOUR


def test_a_resolved_ticket_stops_and_a_reopened_one_goes_on_with_what_it_had_used() -> None:
    ticket = tagged("P2", plan="enterprise").transition("resolved", at=MONDAY + 3 * HOUR, **AGENT)
    found = of(ticket)
    assert [clock.state for clock in found.clocks] == ["stopped"] * 4
    assert found.sla_deadline is None
    assert running_late(found, MONDAY + 999 * HOUR) == ()
    ticket = ticket.transition("open", at=MONDAY + 24 * HOUR, **AGENT)
    assert resolution(ticket) == MONDAY + 29 * HOUR  # 5 of 8 h were left


def test_a_resolved_ticket_stopped_when_it_was_resolved_and_not_when_it_was_closed() -> None:
    ticket = tagged("P2", plan="enterprise").transition("resolved", at=MONDAY + 3 * HOUR, **AGENT)
    ticket = ticket.transition("closed", at=MONDAY + 99 * HOUR, **AGENT)
    assert {clock.stopped_at for clock in of(ticket).clocks} == {MONDAY + 3 * HOUR}
    assert resolution(ticket) == MONDAY + 8 * HOUR


def test_halts_that_touch_are_one() -> None:
    first, second = StoppedInterval(MONDAY, MONDAY + HOUR), StoppedInterval(MONDAY + HOUR, MONDAY + 2 * HOUR)
    assert joined([second, first]) == (StoppedInterval(MONDAY, MONDAY + 2 * HOUR),)


def test_a_wait_ends_when_the_case_is_resolved() -> None:
    ticket = tagged("P2", plan="enterprise").transition("pending", at=MONDAY + 1 * HOUR, **AGENT)
    ticket = ticket.transition("resolved", at=MONDAY + 3 * HOUR, **AGENT)
    ticket = ticket.transition("open", at=MONDAY + 5 * HOUR, **AGENT)
    assert resolution(ticket) == MONDAY + 12 * HOUR  # 2 h waited and 2 h resolved


def test_an_agents_first_reply_stops_the_first_response_and_a_customers_does_not() -> None:
    ticket = tagged("P2").reply("Any news?", at=MONDAY + 1 * HOUR, by="customer", author="customer")
    assert clock_of(of(ticket), "contract", "first_response").state == "running"
    ticket = ticket.reply("We are on it.", at=MONDAY + 2 * HOUR, **AGENT)
    ticket = ticket.reply("Nearly there.", at=MONDAY + 9 * HOUR, **AGENT)
    clock = clock_of(of(ticket), "contract", "first_response")
    assert (clock.state, clock.stopped_at, clock.is_late(MONDAY + 99 * HOUR)) == ("stopped", MONDAY + 2 * HOUR, False)
    first = of(ticket).sla_deadline  # contract and target resolution are both 48 h
    assert (first.kind, first.source) == ("resolution", "contract")


def test_an_answer_on_the_dot_is_in_time_and_one_later_is_late() -> None:
    dot = tagged("P2").reply("Hello", at=MONDAY + 4 * HOUR, **AGENT)
    assert not clock_of(of(dot), "target", "first_response").is_late(MONDAY + 9 * HOUR)
    late = tagged("P2").reply("Hello", at=MONDAY + 4 * HOUR + timedelta(seconds=1), **AGENT)
    assert clock_of(of(late), "target", "first_response").is_late(MONDAY + 4 * HOUR)


def test_a_running_deadline_is_overdue_once_it_is_past() -> None:
    found = of(tagged("P2"))
    assert running_late(found, MONDAY + 4 * HOUR) == ()
    assert running_late(found, MONDAY + 5 * HOUR) == (clock_of(found, "target", "first_response"),)


def test_tags_that_arrive_late_recompute_from_the_creation() -> None:
    ticket = a_ticket(plan="enterprise")
    assert clock_of(of(ticket), "target", "first_response") is None
    ticket = ticket.tag({"priority": a_tag("P1")}, at=MONDAY + timedelta(minutes=30), by="model:1")
    found = of(ticket)
    assert due(found, "target", "first_response") == MONDAY + 1 * HOUR
    assert found.to_record()["inherited"] == []


def test_a_deadline_already_past_when_the_tag_comes_is_inherited() -> None:
    ticket = tagged("P3", plan="enterprise").reply("Hello", at=MONDAY + timedelta(minutes=30), **AGENT)
    ticket = ticket.retag({"priority": "P0"}, at=MONDAY + 5 * HOUR, **AGENT)
    # P0 wants 15 min and 4 h, both past after 5 h; the contract's 15 min are past as well, its 8 h are not
    assert of(ticket).to_record()["inherited"] == [
        "contract.first_response",
        "target.first_response",
        "target.resolution",
    ]


def test_a_case_that_was_late_before_the_change_stays_late_and_is_not_inherited() -> None:
    late = tagged("P1", plan="enterprise").retag({"priority": "P0"}, at=MONDAY + 2 * HOUR, **AGENT)
    assert "target.first_response" not in of(late).to_record()["inherited"]  # 1 h was missed under P1 already


def test_a_change_at_the_very_deadline_is_neither_late_nor_inherited() -> None:
    on_the_dot = tagged("P3", plan="enterprise").retag({"priority": "P1"}, at=MONDAY + 1 * HOUR, **AGENT)
    assert of(on_the_dot).to_record()["inherited"] == []  # P1 wants 1 h, which is only just over
    sooner = tagged("P1", plan="enterprise").retag({"priority": "P0"}, at=MONDAY + 1 * HOUR, **AGENT)
    # 1 h was not missed yet, 15 min were past; the contract's 15 min as well
    assert of(sooner).to_record()["inherited"] == ["contract.first_response", "target.first_response"]


def test_what_was_inherited_stays_so_through_the_next_change() -> None:
    ticket = tagged("P3", plan="enterprise").retag({"priority": "P0"}, at=MONDAY + 5 * HOUR, **AGENT)
    ticket = ticket.change_plan("premium", at=MONDAY + 6 * HOUR, **AGENT)
    assert "target.resolution" in of(ticket).to_record()["inherited"]
    ticket = ticket.retag({"priority": "P2"}, at=MONDAY + 7 * HOUR, **AGENT)
    assert "target.resolution" not in of(ticket).to_record()["inherited"]  # 48 h: no longer past


def test_an_answer_in_time_for_the_new_priority_inherits_nothing() -> None:
    ticket = tagged("P3", plan="enterprise").reply("Hello", at=MONDAY + timedelta(minutes=10), **AGENT)
    ticket = ticket.retag({"priority": "P0"}, at=MONDAY + 3 * HOUR, **AGENT)
    assert of(ticket).to_record()["inherited"] == []


def test_a_change_of_plan_keeps_the_time_that_the_ticket_waited() -> None:
    ticket = tagged("P2").transition("pending", at=MONDAY + 1 * HOUR, **AGENT)
    ticket = ticket.transition("open", at=MONDAY + 3 * HOUR, **AGENT)
    ticket = ticket.change_plan("enterprise", at=MONDAY + 4 * HOUR, **AGENT)
    assert resolution(ticket) == MONDAY + 10 * HOUR  # 8 h and 2 h of waiting


def test_changing_the_priority_there_and_back_changes_nothing() -> None:
    ticket = tagged("P2")
    there = ticket.retag({"priority": "P0"}, at=MONDAY + 1 * HOUR, **AGENT)
    back = there.retag({"priority": "P2"}, at=MONDAY + 2 * HOUR, **AGENT)
    assert of(back).to_record() == of(ticket).to_record()


def test_facts_of_one_instant_may_come_in_any_order() -> None:
    then = {"at": MONDAY + 5 * HOUR, **AGENT}
    one = tagged("P3").retag({"priority": "P0"}, **then).change_plan("enterprise", **then)
    other = tagged("P3").change_plan("enterprise", **then).retag({"priority": "P0"}, **then)
    assert of(one) == of(other)


def test_a_plan_that_the_policy_dropped_does_not_make_old_tickets_unreadable() -> None:
    assert of(tagged("P2", plan="gold")).to_record() == of(tagged("P2", plan=None)).to_record()


def test_every_counted_interval_is_explained() -> None:
    pause = (at("2026-03-09 10:00"), at("2026-03-09 12:00"))
    found = deadlines(
        POLICY, Attributes(plan="standard", priority="P1"), created_at=at("2026-03-06 16:00"), pauses=[pause]
    )
    shown = {(each["source"], each["kind"]): each for each in found.explain()}
    assert len(shown) == 4
    intervals = shown["target", "resolution"]["intervals"]
    assert [(each["from"][8:16], each["to"][8:16], each["seconds"] / 3600, each["counted"]) for each in intervals] == [
        ("06T16:00", "06T17:00", 1, True),
        ("09T09:00", "09T10:00", 1, True),
        ("09T10:00", "09T12:00", 0, False),
        ("09T12:00", "09T17:00", 5, True),
        ("10T09:00", "10T10:00", 1, True),
    ]
    assert intervals[2]["why"] == "waiting for the customer"
    assert shown["target", "resolution"]["due_by"] == "2026-03-10T10:00:00Z"
    assert shown["target", "resolution"]["sentence"] == (
        "From Fri 6 Mar 2026 16:00 UTC the priority asks for a resolution within 8 h support: "
        "that is due by Tue 10 Mar 2026 10:00 UTC. "
        "2 h of business hours did not count: waiting for the customer."
    )


def test_a_clock_that_stands_still_says_so() -> None:
    ticket = Attributes(plan="enterprise", priority="P2")
    found = deadlines(POLICY, ticket, created_at=MONDAY, pauses=[(MONDAY + HOUR, None)])
    shown = explain(clock_of(found, "contract", "resolution"))
    assert (shown["state"], shown["due_by"], shown["intervals"][0]["seconds"]) == ("paused", None, 3600)
    assert "until the customer answers" in shown["sentence"]
    assert (found.sla_deadline.kind, found.sla_deadline.source) == ("first_response", "contract")


pauses = st.lists(
    st.tuples(st.integers(-50, 400), st.integers(0, 60)).map(
        lambda drawn: (MONDAY + drawn[0] * HOUR, MONDAY + (drawn[0] + drawn[1]) * HOUR)
    ),
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(list(POLICY.plans)), st.sampled_from(PRIORITIES), pauses)
def test_the_intervals_of_an_explanation_add_up_to_the_promise(plan, priority, pauses) -> None:
    found = deadlines(POLICY, Attributes(plan=plan, priority=priority), created_at=MONDAY, pauses=pauses)
    for clock in found.explain():
        assert sum(each["seconds"] for each in clock["intervals"]) == clock["work_seconds"]
        counted = [each for each in clock["intervals"] if each["counted"]]
        assert counted[-1]["to"] == clock["due_by"]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(list(POLICY.plans)), st.sampled_from(PRIORITIES), pauses, st.integers(0, 500))
def test_a_pause_of_open_time_moves_the_deadline_by_as_much(plan, priority, pauses, hours) -> None:
    pauses = [pause for pause in pauses if pause[1] <= MONDAY + hours * HOUR]
    free = deadlines(POLICY, Attributes(plan=plan, priority=priority), created_at=MONDAY, pauses=pauses)
    for clock in free.clocks:
        if clock.kind == "resolution" and clock.due_by > MONDAY + hours * HOUR:
            calendar = clock.promise.calendar
            begins_at = calendar.opens_at(MONDAY + hours * HOUR)
            pause = (begins_at, calendar.after(begins_at, 3 * HOUR))
            moved = deadlines(
                POLICY, Attributes(plan=plan, priority=priority), created_at=MONDAY, pauses=[*pauses, pause]
            )
            assert due(moved, clock.source, clock.kind) == calendar.after(clock.due_by, 3 * HOUR)


def test_bad_input_is_refused_with_what_to_send() -> None:
    with pytest.raises(UnknownPlan, match="plan 'gold' is not in the policy; known plans: free, standard"):
        deadlines(POLICY, Attributes(plan="gold", priority="P1"), created_at=MONDAY)
    with pytest.raises(UnknownPriority, match="priority 'urgent' does not exist; priorities: P0, P1"):
        deadlines(POLICY, Attributes(plan="free", priority="urgent"), created_at=MONDAY)
    with pytest.raises(NaiveInstant, match="created_at: 2026-03-02T09:00:00 has no time zone"):
        deadlines(POLICY, Attributes(plan="free", priority="P1"), created_at=MONDAY.replace(tzinfo=None))
    with pytest.raises(NaiveInstant, match=r"pauses\.from"):
        deadlines(
            POLICY, Attributes(plan="free", priority="P1"), created_at=MONDAY, pauses=[(datetime(2026, 3, 2), MONDAY)]
        )
    with pytest.raises(PauseRefused, match="ends before it begins"):
        deadlines(POLICY, Attributes(plan="free", priority="P1"), created_at=MONDAY, pauses=[(MONDAY, MONDAY - HOUR)])
    with pytest.raises(InstantOutOfRange, match="created_at"):
        deadlines(POLICY, Attributes(plan="free", priority="P1"), created_at=datetime(1, 1, 1, tzinfo=UTC))


def test_the_next_human_answers_with_the_next_support_minute() -> None:
    assert next_human_at(POLICY, Attributes(plan="standard"), at("2026-03-06 17:00")) == at("2026-03-09 09:00")
    assert next_human_at(POLICY, Attributes(plan="standard"), at("2026-03-09 12:00")) == at("2026-03-09 12:00")
    assert next_human_at(POLICY, Attributes(plan="enterprise"), at("2026-03-07 03:00")) == at("2026-03-07 03:00")
