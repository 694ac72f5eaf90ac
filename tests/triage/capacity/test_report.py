"""The capacity report: the story of FormFlow, pools, shifts, hiring and costs."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.triage.capacity.files import FORMFLOW, LIVE, WEEK, terms, usual
from triage import contact_costs
from triage.capacity import staffing
from triage.capacity.demand import WEEKS_A_MONTH, Growth, given
from triage.capacity.erlang import Queue
from triage.capacity.errors import NobodyTakes, TooManyAgents
from triage.capacity.hiring import look_ahead
from triage.capacity.pools import loads, remaining
from triage.capacity.report import CapacityReport, capacity
from triage.capacity.staffing import Limits
from triage.capacity.terms import CapacityTerms, Hiring

COSTS = contact_costs.default()
MIX = {("email", "how_to"): 0.4, ("email", "bug"): 0.6}


def reported(found: CapacityTerms, tickets: float, *shares: float, growth: float = 0.0) -> CapacityReport:
    demand = replace(given(found.demand, tickets, WEEK), growth=Growth(growth))
    return capacity(found, demand, COSTS, shares)


@pytest.fixture(scope="module")
def formflow(tmp_path_factory: pytest.TempPathFactory) -> CapacityReport:
    """500 tickets a month, 40 % of them how-to; articles deflect 35 %, and with a bot it is 50 %.

    What the story does not say is set so that it fits: one agent, 20.1 minutes a ticket, 85 % come in business hours.
    """
    return reported(terms(FORMFLOW, tmp_path_factory.mktemp("formflow")), 500, 0.35, 0.5)


class TestFormFlow:
    def test_an_agent_who_is_always_busy_answers_after_a_day_and_a_half(self, formflow: CapacityReport) -> None:
        """500 tickets of 20.1 minutes are 38.5 of 40 hours in a week: 96 %."""
        pool = formflow.now.pools[0]
        assert pool.utilisation == pytest.approx(500 / WEEKS_A_MONTH * 20.1 / 60 / 40, rel=1e-6)
        assert pool.response is not None
        low, high = pool.response.interval
        assert low <= 36 <= high
        assert [each.needed for each in pool.understaffed] == [2] * 5

    def test_half_of_it_deflected_is_answered_after_four_hours(self, formflow: CapacityReport) -> None:
        articles, both = (each.pools[0] for each in formflow.what_if)
        assert articles.response is not None
        assert both.response is not None
        assert both.response.mean == pytest.approx(4, abs=0.5)
        assert both.response.mean < articles.response.mean < 6
        assert both.understaffed == []

    def test_tickets_and_costs_fall_by_what_is_deflected(self, formflow: CapacityReport) -> None:
        """250 tickets by email at 10.00, 175 articles at 0.10, 75 answers of the bot at 0.75."""
        before, both = formflow.now, formflow.what_if[1]
        assert [before.tickets_a_month, both.tickets_a_month] == pytest.approx([500, 250])
        assert [before.cost_a_month, both.cost_a_month] == pytest.approx([5000, 2500 + 17.5 + 56.25])
        assert [each.contacts for each in both.costs] == pytest.approx([250, 175, 75])

    def test_nobody_has_to_be_hired_any_more(self, formflow: CapacityReport) -> None:
        assert [each.people for each in formflow.now.triggers] == [1]
        assert formflow.what_if[1].triggers == []


class TestDeflection:
    def test_plans_with_the_people_of_now_also_where_no_agents_are_named(self, tmp_path: Path) -> None:
        nameless = LIVE.replace("agents = 30\n", "").replace("agents = 3\n", "")
        found = reported(terms(nameless, tmp_path), 4000, 0.3, growth=0.05)
        (less,) = found.what_if
        assert less.people_staffed is None
        assert less.people_needed < found.now.people_needed
        assert less.months[0].have == found.now.months[0].have == found.now.people_needed
        assert less.triggers[0].needed_in > found.now.triggers[0].needed_in

    def test_takes_what_is_easy_first_and_then_the_rest(self) -> None:
        assert remaining(MIX, 0.3, ["how_to"]) == pytest.approx({("email", "how_to"): 0.1, ("email", "bug"): 0.6})
        assert remaining(MIX, 0.5, ["how_to"]) == pytest.approx({("email", "how_to"): 0.0, ("email", "bug"): 0.5})
        assert remaining(MIX, 0.5, []) == pytest.approx({("email", "how_to"): 0.2, ("email", "bug"): 0.3})

    def test_that_is_lower_than_now_brings_tickets_back(self, tmp_path: Path) -> None:
        """250 tickets are what half of 500 contacts leaves; with 30 % there would be 350."""
        found = terms(FORMFLOW.replace("by_bot", "now = 0.5\nby_bot"), tmp_path)
        report = reported(found, 250, 0.3)
        assert report.now.tickets_a_month == pytest.approx(250)
        assert report.what_if[0].tickets_a_month == pytest.approx(350)


class TestPools:
    def test_a_ticket_goes_to_the_first_pool_that_takes_it(self, tmp_path: Path) -> None:
        text = FORMFLOW.replace('name = "support"', 'name = "german"\nlanguages = ["de"]')
        text += '[[pools]]\nname = "others"\nkind = "backlog"\nwithin = "8 h"\nshare = 0.9\n'
        text += '[[pools.shifts]]\ncalendar = "extended"\nagents = 2\n'
        text = text.replace("[handling", "languages = { en = 0.7, de = 0.3 }\n[handling")
        found = terms(text, tmp_path)
        demand = given(found.demand, 100 * WEEKS_A_MONTH, WEEK)
        german, others = loads(found, demand, demand.mix)
        assert (german.tickets, others.tickets) == pytest.approx((30, 70))
        assert (german.staffed_hours, others.staffed_hours, others.open_hours) == pytest.approx((40, 224, 112))

    def test_tickets_that_nobody_takes_are_refused(self, tmp_path: Path) -> None:
        found = terms(FORMFLOW.replace('name = "support"', 'name = "support"\nlanguages = ["de"]'), tmp_path)
        with pytest.raises(NobodyTakes, match="channel email, type how_to and language en"):
            reported(found, 500)

    def test_a_live_pool_needs_in_each_half_hour_what_erlang_a_says(self, tmp_path: Path) -> None:
        """Its shifts add up: on Monday afternoon 33 are there, else 3."""
        found = terms(LIVE, tmp_path)
        pool = reported(found, 10_000).now.pools[0]
        first = pool.intervals[0]
        queue = Queue(first.arrivals, pool.handling_minutes / 60, first.needed, 0.05)
        assert queue.answered_within(1 / 60) >= 0.8
        assert queue.occupancy <= 0.8
        assert (first.staffed, pool.intervals[6].staffed) == (3, 33)
        assert [(each.shift, each.hours) for each in pool.understaffed][:2] == [("day", 3.0), ("day", 8.0)]
        assert len(pool.understaffed) == 5
        assert pool.outside == pytest.approx(0.2 * 10_000 / WEEKS_A_MONTH)

    def test_a_shift_without_agents_answers_nobody(self, tmp_path: Path) -> None:
        empty = LIVE.replace("agents = 30", "agents = 0").replace("agents = 3", "agents = 0")
        (pool,) = reported(terms(empty, tmp_path), 500).now.pools
        assert (pool.answered_within, pool.abandoned, pool.utilisation) == (0.0, pytest.approx(1.0), None)

    def test_more_agents_than_are_counted_are_refused(self, tmp_path: Path) -> None:
        found = terms(FORMFLOW.replace("20.1", "9000"), tmp_path)
        with pytest.raises(TooManyAgents):
            reported(found, 100_000)

    def test_shifts_of_another_zone_are_moved_to_utc(self, tmp_path: Path) -> None:
        text = LIVE.replace('["09:00-17:00"] }', '["09:00-17:00"] }\nzone = "America/New_York"')
        assert reported(terms(text, tmp_path), 1_000).now.pools[0].intervals[0].begins_at.hour == 12

    def test_a_pool_that_cannot_keep_up_says_by_how_much(self, tmp_path: Path) -> None:
        """700 tickets a month are 53.9 hours of work in a week, 13.9 more than one agent has."""
        pool = reported(terms(FORMFLOW, tmp_path), 700).now.pools[0]
        assert pool.response is None
        assert pool.backlog_grows == pytest.approx(700 / WEEKS_A_MONTH * 20.1 / 60 - 40)

    def test_without_agents_in_the_file_it_says_how_many_are_needed(self) -> None:
        report = reported(usual(), 500)
        assert report.now.people_staffed is None
        assert [(each.pool, each.understaffed) for each in report.now.pools] == [("live", []), ("mail", [])]
        assert all((each.answered_within or 0) >= 0.8 for each in report.now.pools)

    def test_more_agents_come_until_the_target_is_met(self, tmp_path: Path) -> None:
        """80 % busy would be enough of one agent, but not to answer nine of ten within half an hour."""
        found = terms(FORMFLOW.replace('"8 h"', '"30 min"').replace("agents = 1\n", ""), tmp_path)
        pool = reported(found, 400).now.pools[0]
        assert pool.agents_needed > 1
        assert pool.response is not None
        assert pool.response.within >= 0.9

    def test_a_desk_with_next_to_no_tickets_is_no_error(self, tmp_path: Path) -> None:
        found = reported(terms(FORMFLOW, tmp_path), 1, 0.5)
        assert found.now.pools[0].agents_needed == 1
        assert found.now.pools[0].understaffed == []


def test_mail_agrees_with_erlang_c_where_a_pool_is_open_around_the_clock(tmp_path: Path) -> None:
    """4 agents, 3 Erlangs, nobody gives up: the simulation of the week is the queue of the formula."""
    text = FORMFLOW.replace('calendar = "business"\nagents = 1', 'calendar = "calendar"\nagents = 4')
    found = terms(text.replace("in_hours = 0.85", 'in_hours = 0.5\nhours = "calendar"'), tmp_path)
    tickets = 9 * 168 * WEEKS_A_MONTH
    demand = given(found.demand, tickets, WEEK)
    (load,) = loads(found, demand, demand.mix)
    response = staffing.plan(load, Limits(0.8, WEEK)).response
    assert response is not None
    queue = Queue(9, 20.1 / 60, 4)
    low, high = response.interval
    assert low <= queue.mean_time <= high
    assert response.within == pytest.approx(queue.answered_within(8.0), abs=1e-3)


class TestHiring:
    HIRING = Hiring(lead_months=2, ramp_months=1, ramp_share=0.5, hours_a_week=36, months=6)

    def test_a_job_is_posted_before_the_month_by_lead_and_ramp(self) -> None:
        months, triggers = look_ahead(date(2026, 11, 2), 2.0, self.HIRING, lambda k: (100.0, 2.0 + 0.2 * max(k - 3, 0)))
        assert [(each.people, each.needed_in, each.post_by, each.begin_by) for each in triggers] == [
            (1, date(2027, 3, 1), date(2026, 12, 1), date(2027, 2, 1))
        ]
        assert not triggers[0].is_late
        assert [each.have for each in months] == [2, 2, 2, 2.5, 3, 3, 3]

    def test_what_is_needed_sooner_than_people_can_be_hired_is_late(self) -> None:
        months, triggers = look_ahead(WEEK, 1.0, self.HIRING, lambda _: (100.0, 2.3))
        assert [(each.people, each.is_late, each.post_by) for each in triggers] == [(2, True, date(2026, 3, 1))]
        assert [each.have for each in months] == [1, 1, 2, 3, 3, 3, 3]

    def test_growth_brings_the_day_on_which_somebody_is_needed(self, tmp_path: Path) -> None:
        """One agent may be busy for 32 of 40 hours: 415 tickets of 20.1 minutes a month, which August has."""
        found = terms(FORMFLOW, tmp_path)
        report = reported(found, 330, growth=0.05)
        assert [each.needed_in for each in report.now.triggers] == [date(2026, 8, 1)]
        assert [each.tickets for each in report.now.months][:3] == pytest.approx([330, 346.5, 363.8], abs=0.1)
        assert all(math.isfinite(each.needed) for each in report.now.months)
