"""Deadlines at the edges: names of what is refused, ties, orders of clocks, what an answer holds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.builders import MONDAY, a_tag, a_ticket, at
from tests.triage.sla.clocks import clock_of, missed, running_late
from triage.errors import FirstlineError, InstantOutOfRange, NaiveInstant, PauseRefused
from triage.sla import policy as sla_policy
from triage.sla.deadlines import Deadlines, deadlines, earliest, next_human_at, ticket_deadlines
from triage.sla.policy import Policy, editions
from triage.tickets.attributes import Attributes

POLICY = sla_policy.default()
HOUR = timedelta(hours=1)
AGENT = {"by": "agent:ana"}
NAIVE, ANCIENT = datetime(2026, 3, 2, 9), at("1969-12-31 23:59")


def enterprise(**content) -> Deadlines:
    return deadlines(POLICY, Attributes(plan="enterprise", priority="P2"), **{"created_at": MONDAY, **content})


def changed(old: str, new: str) -> Policy:
    return sla_policy.from_table(_changed(POLICY.terms.table, old, new))


def _changed(value, old: str, new: str):
    if isinstance(value, dict):
        return {name: _changed(each, old, new) for name, each in value.items()}
    return new if value == old else value


@pytest.mark.parametrize(
    ("name", "problem", "content"),
    [
        ("created_at", NaiveInstant, {"created_at": NAIVE}),
        ("created_at", InstantOutOfRange, {"created_at": ANCIENT}),
        ("pauses.from", NaiveInstant, {"pauses": [(NAIVE, None)]}),
        ("pauses.from", NaiveInstant, {"pauses": [(NAIVE, MONDAY)]}),
        ("pauses.to", NaiveInstant, {"pauses": [(MONDAY, NAIVE)]}),
        ("pauses.to", InstantOutOfRange, {"pauses": [(ANCIENT, ANCIENT)]}),
    ],
)
def test_a_wrong_instant_is_refused_by_its_name(name: str, problem: type[FirstlineError], content) -> None:
    with pytest.raises(problem) as refusal:
        enterprise(**content)
    assert refusal.value.field == name


def test_a_pause_that_runs_backwards_is_refused_with_both_ends() -> None:
    with pytest.raises(PauseRefused) as refusal:
        enterprise(pauses=[(MONDAY + HOUR, MONDAY)])
    assert (refusal.value.begins, refusal.value.ends) == ("2026-03-02T10:00:00Z", "2026-03-02T09:00:00Z")
    assert enterprise(pauses=[(MONDAY, MONDAY)]).to_record() == enterprise().to_record()


def test_an_endless_pause_may_lie_before_all_years_that_calendars_cover() -> None:
    clock = clock_of(enterprise(pauses=[(ANCIENT, None)]), "contract", "resolution")
    assert (clock.state, clock.due_by) == ("paused", None)


def test_an_answer_holds_both_sets_the_first_and_the_policy() -> None:
    assert enterprise().to_record() == {
        "contract": {"first_response_by": "2026-03-02T10:00:00Z", "resolution_by": "2026-03-02T17:00:00Z"},
        "target": {"first_response_by": "2026-03-02T13:00:00Z", "resolution_by": "2026-03-04T09:00:00Z"},
        "sla_deadline": {"at": "2026-03-02T10:00:00Z", "kind": "first_response", "source": "contract"},
        "inherited": [],
        "policy": POLICY.version,
    }
    assert deadlines(POLICY, Attributes(plan="free"), created_at=MONDAY).to_record() == {
        "contract": {"first_response_by": "2026-03-04T09:00:00Z", "resolution_by": None},
        "target": {"first_response_by": None, "resolution_by": None},
        "sla_deadline": {"at": "2026-03-04T09:00:00Z", "kind": "first_response", "source": "contract"},
        "inherited": [],
        "policy": POLICY.version,
    }


def test_an_answer_shows_no_deadline_when_none_runs() -> None:
    resolved = a_ticket(plan="enterprise").transition("resolved", at=MONDAY + HOUR, **AGENT)
    record = ticket_deadlines(POLICY, resolved.events).to_record()
    assert record["sla_deadline"] is None
    assert record["contract"]["resolution_by"] == "2026-03-02T17:00:00Z"


def test_clocks_stand_contract_before_target_and_by_kind() -> None:
    policy = sla_policy.from_table(
        {
            **POLICY.terms.table,
            "amendments": [{"when": {"plan": "enterprise"}, "contract": {"next_response": "1 h support"}}],
        }
    )
    ticket = a_ticket(plan="enterprise").reply("Hello", at=MONDAY, **AGENT)
    ticket = ticket.reply("And?", at=MONDAY + HOUR, by="customer", author="customer")
    found = ticket_deadlines(policy, ticket.events)
    assert [(each.source, each.kind) for each in found.clocks] == [
        ("contract", "first_response"),
        ("contract", "next_response"),
        ("contract", "resolution"),
    ]
    assert clock_of(found, "contract", "reply") is None
    assert clock_of(found, "target", "resolution") is None


def test_on_a_tie_the_clock_that_stands_first_is_shown() -> None:
    first = ticket_deadlines(POLICY, a_ticket(plan="standard").tag({"priority": a_tag("P3")}, at=MONDAY, by="m").events)
    assert (first.sla_deadline.source, first.sla_deadline.kind) == ("contract", "first_response")
    turned = earliest(reversed(first.clocks))
    assert (turned.source, turned.kind) == ("target", "first_response")
    assert earliest([]) is None


def test_a_clock_that_stands_still_is_never_the_earliest() -> None:
    found = enterprise(pauses=[(MONDAY, None)])
    assert {each.state for each in found.clocks if each.kind == "resolution"} == {"paused"}
    assert earliest([each for each in found.clocks if each.kind == "resolution"]) is None
    assert len(found.timers) == 2


def test_breaches_are_those_that_run_and_those_that_were_answered_late() -> None:
    ticket = a_ticket(plan="enterprise").reply("Hello", at=MONDAY + 2 * HOUR, **AGENT)
    found = ticket_deadlines(POLICY, ticket.events)
    assert [each.kind for each in missed(found, MONDAY + 3 * HOUR)] == ["first_response"]
    assert [each.kind for each in missed(found, MONDAY + 9 * HOUR)] == ["first_response", "resolution"]
    assert [each.kind for each in running_late(found, MONDAY + 9 * HOUR)] == ["resolution"]


def test_an_explanation_says_how_late_only_when_it_knows_when() -> None:
    assert enterprise().explain()[0]["overdue_seconds"] is None
    assert enterprise().explain(MONDAY + 2 * HOUR)[0]["overdue_seconds"] == 3600


def test_the_next_human_is_that_of_the_edition_in_force() -> None:
    table = {**POLICY.terms.table, "effective_from": at("2026-07-01 00:00")}
    plans = {**table["plans"], "standard": {**table["plans"]["standard"], "support": "extended"}}
    policy = editions([POLICY, sla_policy.from_table({**table, "plans": plans})])
    assert next_human_at(policy, Attributes(plan="standard"), at("2026-06-30 07:00")) == at("2026-06-30 09:00")
    assert next_human_at(policy, Attributes(plan="standard"), at("2026-07-01 05:00")) == at("2026-07-01 06:00")
    assert next_human_at(policy, Attributes(plan="enterprise"), at("2026-07-01 05:00")) == at("2026-07-01 05:00")
    assert next_human_at(POLICY, Attributes(plan="standard"), at("2199-12-31 18:00")) is None


def test_a_deadline_that_nobody_can_meet_is_none_and_says_so() -> None:
    found = deadlines(changed("8 h business", "9000 h business"), Attributes(plan="standard"), created_at=MONDAY)
    clock = clock_of(found, "contract", "first_response")
    assert (clock.state, clock.due_by, clock.is_late(MONDAY + 9_999 * HOUR)) == ("unreachable", None, False)
    assert found.to_record()["contract"]["first_response_by"] is None
    shown = found.explain(MONDAY)[0]
    assert (shown["intervals"], shown["overdue_seconds"]) == ([], 0)
    assert shown["sentence"].endswith("no open hour within three years meets it.")


def test_inheritance_needs_a_deadline_that_the_change_found_past() -> None:
    ticket = a_ticket(plan="standard").tag({"priority": a_tag("P3")}, at=MONDAY, by="model:1")
    dot = ticket.change_plan("enterprise", at=MONDAY + HOUR, **AGENT)  # 1 h from creation: due as it changes
    assert ticket_deadlines(POLICY, dot.events).to_record()["inherited"] == []
    past = ticket.change_plan("enterprise", at=MONDAY + HOUR + timedelta(seconds=1), **AGENT)
    found = ticket_deadlines(POLICY, past.events)
    assert found.to_record()["inherited"] == ["contract.first_response"]
    assert (found.clocks[0].credit_percent, found.clocks[1].credit_percent) == (0, 10)


def test_an_answer_before_the_change_was_no_wait_that_it_could_inherit() -> None:
    ticket = a_ticket(plan="standard").reply("Hello", at=MONDAY + HOUR, **AGENT)
    ticket = ticket.change_plan("enterprise", at=MONDAY + 5 * HOUR, **AGENT)
    clock = clock_of(ticket_deadlines(POLICY, ticket.events), "contract", "first_response")
    assert (clock.inherited, clock.is_late(MONDAY + 9 * HOUR)) == (False, False)  # answered on the dot of 1 h
    waiting = a_ticket(plan="standard").transition("pending", at=MONDAY + HOUR, **AGENT)
    waiting = waiting.transition("open", at=MONDAY + 20 * HOUR, **AGENT)
    waiting = waiting.change_plan("enterprise", at=MONDAY + 21 * HOUR, **AGENT)
    assert "contract.resolution" not in ticket_deadlines(POLICY, waiting.events).to_record()["inherited"]


def test_a_clock_that_a_change_brings_anew_may_be_inherited() -> None:
    ticket = a_ticket(plan="free").tag({"priority": a_tag("P2")}, at=MONDAY, by="model:1")  # no resolution, no target
    ticket = ticket.change_plan("enterprise", at=MONDAY + 9 * HOUR, **AGENT)
    found = ticket_deadlines(POLICY, ticket.events)
    assert found.to_record()["inherited"] == ["contract.first_response", "contract.resolution", "target.first_response"]
