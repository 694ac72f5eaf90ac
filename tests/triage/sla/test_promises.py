"""Every cell of the two tables, for a case created on Monday 2 March 2026 at 09:00 UTC, when business opens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import MONDAY, at
from tests.triage.sla.clocks import clock_of
from triage.sla import policy as sla_policy
from triage.sla.deadlines import deadlines
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.attributes import Attributes
from triage.tickets.escalation import Path

POLICY = sla_policy.default()

# business: Monday to Friday 09:00-17:00, 8 h a day.   extended: 06:00-22:00, 16 h a day.   calendar: 24 h a day.
# contract first response | contract resolution | target first response | target resolution | earliest: source, kind
CELLS = {
    # 48 h calendar                    none           target for P0 and P1 only, on business hours
    ("free", "P0"): ("04 09:00", None, "02 09:15", "02 13:00", ("target", "first_response")),  # 15 min, 4 h
    ("free", "P1"): ("04 09:00", None, "02 10:00", "02 17:00", ("target", "first_response")),  # 1 h, 8 h = closing time
    ("free", "P2"): ("04 09:00", None, None, None, ("contract", "first_response")),
    ("free", "P3"): ("04 09:00", None, None, None, ("contract", "first_response")),
    ("free", "P4"): ("04 09:00", None, None, None, ("contract", "first_response")),
    # 8 h business = closing time, P0 4 h; 48 h = 6 days of 8 h: 2 3 4 5 6 and 9 March
    ("standard", "P0"): ("02 13:00", "09 17:00", "02 09:15", "02 13:00", ("target", "first_response")),
    ("standard", "P1"): ("02 17:00", "09 17:00", "02 10:00", "02 17:00", ("target", "first_response")),
    ("standard", "P2"): ("02 17:00", "09 17:00", "02 13:00", "09 17:00", ("target", "first_response")),
    # 8 h on both sides: contract before target; 5 business days = 40 h = Friday's closing time
    ("standard", "P3"): ("02 17:00", "09 17:00", "02 17:00", "06 17:00", ("contract", "first_response")),
    ("standard", "P4"): ("02 17:00", None, "04 17:00", None, ("contract", "first_response")),  # 24 h = 3 days of 8 h
    # 4 h, P0 1 h; 24 h = 13 h until 22:00 and 11 h from Tuesday 06:00
    ("premium", "P0"): ("02 10:00", "03 17:00", "02 09:15", "02 13:00", ("target", "first_response")),
    ("premium", "P1"): ("02 13:00", "03 17:00", "02 10:00", "02 17:00", ("target", "first_response")),
    # 48 h = 13 + 16 + 16 + 3 h from Thursday 06:00
    ("premium", "P2"): ("02 13:00", "03 17:00", "02 13:00", "05 09:00", ("contract", "first_response")),
    ("premium", "P3"): ("02 13:00", "03 17:00", "02 17:00", "06 17:00", ("contract", "first_response")),
    ("premium", "P4"): ("02 13:00", None, "03 17:00", None, ("contract", "first_response")),  # 24 h = 13 + 11 h
    # 1 h, P0 15 min; 8 h; around the clock
    ("enterprise", "P0"): ("02 09:15", "02 17:00", "02 09:15", "02 13:00", ("contract", "first_response")),
    ("enterprise", "P1"): ("02 10:00", "02 17:00", "02 10:00", "02 17:00", ("contract", "first_response")),
    ("enterprise", "P2"): ("02 10:00", "02 17:00", "02 13:00", "04 09:00", ("contract", "first_response")),  # 48 h
    ("enterprise", "P3"): ("02 10:00", "02 17:00", "02 17:00", "06 17:00", ("contract", "first_response")),
    ("enterprise", "P4"): ("02 10:00", None, "03 09:00", None, ("contract", "first_response")),  # 24 h
    # nobody has said the priority: the contract of a case that is not critical, no target
    ("standard", None): ("02 17:00", "09 17:00", None, None, ("contract", "first_response")),
    # nobody has said the plan: as free
    (None, "P2"): ("04 09:00", None, None, None, ("contract", "first_response")),
}


@pytest.mark.parametrize(("case", "expected"), CELLS.items())
def test_each_plan_and_priority_has_its_deadlines(case, expected) -> None:
    record = deadlines(POLICY, Attributes(plan=case[0], priority=case[1]), created_at=MONDAY).to_record()
    due = [
        record[source][f"{kind}_by"] for source in ("contract", "target") for kind in ("first_response", "resolution")
    ]
    assert due == [each and f"2026-03-{each.replace(' ', 'T')}:00Z" for each in expected[:4]]
    first = record["sla_deadline"]
    assert (first["source"], first["kind"]) == expected[4]
    assert first["at"] == record[first["source"]][f"{first['kind']}_by"] == min(filter(None, due))


@pytest.mark.parametrize(
    ("plan", "support", "channels", "credit", "csm", "path"),
    [
        ("free", "business", "email kb", 0, "none", "community"),
        ("standard", "business", "email chat", 0, "none", "standard"),
        ("premium", "extended", "email chat phone", 5, "shared", "priority"),
        ("enterprise", "calendar", "email chat phone in_app web api slack teams", 10, "named", "engineering"),
    ],
)
def test_each_plan_says_its_hours_channels_credit_and_way_up(plan, support, channels, credit, csm, path) -> None:
    said = POLICY.plan(plan)
    assert said.support is POLICY.calendars[support]
    assert (" ".join(said.channels), said.credit_percent, said.csm) == (channels, credit, csm)
    assert isinstance(POLICY.escalation.paths[plan], Path)
    assert POLICY.escalation.queue(plan) == path


def test_the_default_calendars_are_those_of_the_domain() -> None:
    week = {
        name: [sum(end - begin for begin, end in day) for day in each.week] for name, each in POLICY.calendars.items()
    }
    assert week == {"business": [480] * 5 + [0] * 2, "extended": [960] * 7, "calendar": [1440] * 7}
    assert all(each.zone == "UTC" and not each.special for each in POLICY.calendars.values())
    assert POLICY.escalation.t1_troubleshoots_for == timedelta(minutes=15)


def test_free_answers_as_best_effort_and_nothing_else_does() -> None:
    best_effort = {
        (plan, each.source, each.kind)
        for plan in POLICY.plans
        for priority in (None, *PRIORITIES)
        for each in POLICY.promised(Attributes(plan=plan, priority=priority))
        if each.best_effort
    }
    assert best_effort == {("free", "contract", "first_response")}


@pytest.mark.parametrize(
    ("plan", "created", "first_response_by"),
    [
        ("standard", "2026-03-06 18:00", "2026-03-09 17:00"),  # Friday evening: 8 h from Monday 09:00
        ("standard", "2026-03-06 16:59", "2026-03-09 16:59"),  # 1 min on Friday
        ("premium", "2026-03-06 23:00", "2026-03-07 10:00"),  # 4 h from Saturday 06:00
        ("enterprise", "2026-03-07 23:30", "2026-03-08 00:30"),  # starts at once
        ("free", "2026-03-06 18:00", "2026-03-08 18:00"),  # 48 h around the clock
    ],
)
def test_a_case_from_outside_the_hours_starts_with_the_next_support_minute(plan, created, first_response_by) -> None:
    found = deadlines(POLICY, Attributes(plan=plan, priority="P2"), created_at=at(created))
    clock = clock_of(found, "contract", "first_response")
    assert clock is not None
    assert clock.due_by == at(first_response_by)
