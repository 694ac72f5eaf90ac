"""Every complaint about service levels and business hours that other systems have earned, each as a test of ours.

The names say whose: an issue number is that of the project's tracker.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from tests.builders import MONDAY, a_calendar, a_tag, a_ticket, at, opened
from tests.triage.sla.clocks import clock_of, running_late
from triage.errors import CalendarRefused
from triage.sla import policy as sla_policy
from triage.sla.business_hours import Calendar, Unreachable
from triage.sla.deadlines import deadlines, ticket_deadlines
from triage.sla.holiday_import import read_ical
from triage.sla.incident import incident_deadlines
from triage.tickets.attributes import Attributes
from triage.tickets.ticket import Ticket

POLICY = sla_policy.default()
DEFAULT = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
NEXT = 'resolution = "48 h support"\nnext_response = "4 h support"'
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AGENT = {"by": "agent:ana"}
BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def resolution(ticket: Ticket) -> datetime | None:
    return clock_of(ticket_deadlines(POLICY, ticket.events), "contract", "resolution").due_by


class TestTheDomainsComplaints:
    def test_5_a_tag_written_late_changes_the_deadline_computed_at_creation(self) -> None:
        ticket = a_ticket(plan="enterprise").tag({"priority": a_tag("P3")}, at=MONDAY, by="model:1")
        late = ticket.retag({"priority": "P0"}, at=MONDAY + 10 * MINUTE, **AGENT)
        clock = clock_of(ticket_deadlines(POLICY, late.events), "contract", "first_response")
        assert clock.due_by == MONDAY + 15 * MINUTE  # from the creation, not from the tag

    def test_7_changing_the_sla_remembers_the_time_that_the_ticket_was_paused(self) -> None:
        ticket = a_ticket(plan="premium").transition("pending", at=MONDAY + 1 * HOUR, **AGENT)
        ticket = ticket.transition("open", at=MONDAY + 4 * HOUR, **AGENT)
        ticket = ticket.change_plan("enterprise", at=MONDAY + 5 * HOUR, **AGENT)
        assert resolution(ticket) == MONDAY + 11 * HOUR  # 8 h and 3 h of waiting

    def test_8_holidays_lunch_midnight_and_dst_each_leave_business_hours_whole(self) -> None:
        calendar = a_calendar("Europe/Berlin", {"2026-03-30": []}, mon_fri=["22:00-02:00", "03:00-06:00"])
        # Fri 27 22:00 to Sat 02:00: 4 h; on Sun 29 the clocks change; Mon 30 is closed, its night's hours on Tue 31 are
        # not: 00:00-02:00 2 h, 03:00-06:00 3 h, from 22:00 1 h
        assert calendar.after(berlin("2026-03-27 22:00"), 10 * HOUR) == berlin("2026-03-31 23:00")
        assert berlin("2026-03-31 23:00") == at("2026-03-31 21:00")

    def test_9_an_outage_makes_fifty_tickets_with_one_timer(self) -> None:
        incident = a_ticket(id="tkt_0", plan="standard")
        cases = {f"tkt_{n}": a_ticket(id=f"tkt_{n}", plan="standard", at=MONDAY + n * MINUTE) for n in range(1, 51)}
        joined = {name: case.follow("tkt_0", at=MONDAY + HOUR, by="agent:ana").events for name, case in cases.items()}
        found = incident_deadlines(POLICY, "tkt_0", incident.events, joined)
        assert sum(len(each.timers) for each in found.cases.values()) == 0
        assert {each.sla_deadline.due_by for each in [found.own, *found.cases.values()]} == {at("2026-03-02 17:00")}


class TestZammad:
    def test_390_informal_holidays_of_a_feed_are_seen_by_name_before_they_count(self) -> None:
        feed = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20161111\nSUMMARY:St. Martin\nEND:VEVENT"
        assert read_ical(feed, [2016]) == {at("2016-11-11").date(): "St. Martin"}
        always = a_calendar("Europe/Berlin", mon_sun=["09:00-21:00"])
        assert always.after(berlin("2016-11-09 23:00"), 48 * HOUR) == berlin(
            "2016-11-13 21:00"
        )  # 4 days of 12 h, not 6

    def test_2497_a_shift_until_midnight_ends(self) -> None:
        assert a_calendar(mon_fri=["09:00-00:00"]).after(at("2026-03-02 23:00"), 2 * HOUR) == at("2026-03-03 10:00")

    def test_3180_around_the_clock_loses_no_minute_at_midnight(self) -> None:
        always = a_calendar(mon_sun=["00:00-24:00"])
        assert always.between(at("2026-03-02 00:00"), at("2026-04-01 00:00")) == timedelta(days=30)

    def test_4432_a_warning_lies_within_the_opening_hours(self) -> None:
        clock = deadlines(POLICY, Attributes(plan="standard", priority="P2"), created_at=at("2026-03-06 16:00")).clocks[
            0
        ]
        assert clock.due_by == at("2026-03-09 16:00")
        assert clock.warn_at(7.5 * HOUR) == at("2026-03-06 16:30")  # Friday afternoon, not the weekend
        assert clock.warn_at(7 * HOUR) == at("2026-03-06 17:00")

    def test_3140_the_next_response_runs_only_while_the_customer_waits(self) -> None:
        policy = sla_policy.parse(DEFAULT.replace('resolution = "48 h support"', NEXT, 1))
        ticket = a_ticket().reply("Hello", at=MONDAY + HOUR, **AGENT)
        assert clock_of(ticket_deadlines(policy, ticket.events), "contract", "next_response") is None


class TestChatwoot:
    def test_2882_an_offset_is_no_zone(self) -> None:
        calendar = a_calendar("Europe/Berlin")
        assert calendar.after(berlin("2026-01-15 09:00"), HOUR) == at("2026-01-15 09:00")  # UTC+1
        assert calendar.after(berlin("2026-07-15 09:00"), HOUR) == at("2026-07-15 08:00")  # UTC+2

    def test_5254_a_shift_crosses_midnight(self) -> None:
        night = a_calendar(mon_fri=["20:00-04:00"])
        assert night.after(at("2026-03-02 22:00"), 4 * HOUR) == at("2026-03-03 02:00")

    def test_13392_a_breach_counts_business_hours(self) -> None:
        found = deadlines(POLICY, Attributes(plan="standard", priority="P4"), created_at=at("2026-03-06 16:00"))
        assert running_late(found, at("2026-03-08 16:00")) == ()  # 48 h by the wall, 1 h of business
        assert len(running_late(found, at("2026-03-09 16:00") + MINUTE)) == 1


def test_rocket_chat_4898_hours_stay_put_on_the_wall_when_the_clocks_change() -> None:
    calendar = a_calendar("America/New_York")
    for day in ("2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02"):
        opens = calendar.opens_at(at(f"{day} 05:00"))
        assert opens.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M") == "09:00"


def test_dbt_zendesk_25_history_has_the_offset_of_its_day_and_not_todays() -> None:
    calendar = a_calendar("America/New_York", mon_fri=["09:00-17:00"])
    winter, summer = at("2026-01-15 14:00"), at("2026-07-15 13:00")  # 09:00 by the wall, both
    assert (calendar.opens_at(winter), calendar.opens_at(summer)) == (winter, summer)
    assert calendar.between(winter - HOUR, winter) == timedelta()
    assert calendar.between(summer - HOUR, summer) == timedelta()


def test_businesstime_7_a_start_after_closing_time_counts_the_next_day() -> None:
    calendar = a_calendar(mon_fri=["07:00-16:00"])
    for start in ("2015-02-23 16:00", "2015-02-23 16:01"):
        assert calendar.between(at(start), at("2015-02-24 14:20")) == 7 * HOUR + 20 * MINUTE


def test_businesstime_13_both_ends_after_hours_have_the_day_between_them() -> None:
    assert a_calendar().between(at("2016-06-17 18:00"), at("2016-06-20 18:00")) == 8 * HOUR  # Friday to Monday


def test_businesstime_3_the_first_instant_of_a_day_belongs_to_it() -> None:
    calendar = a_calendar()
    assert calendar.between(at("2014-01-28 09:00"), at("2014-01-29 09:00")) == calendar.day
    assert calendar.opens_at(at("2014-01-28 09:00")) == at("2014-01-28 09:00")


def test_businesstime_18_instants_of_any_zone_are_understood() -> None:
    tokyo = datetime(2026, 3, 2, 18, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert a_calendar().after(tokyo, HOUR) == at("2026-03-02 10:00")


def test_moment_business_time_39_52_and_58_leap_years_midnight_and_the_hour_that_happens_twice() -> None:
    leap = a_calendar(mon_thu=["07:00-15:00"], fri=["07:00-13:00"])
    assert leap.after(at("2020-01-06 13:00"), timedelta(seconds=1)) == at("2020-01-06 13:00:01")
    late = a_calendar(mon_fri=["16:00-24:00"])
    assert late.after(at("2022-03-23 22:00"), 121 * MINUTE) == at("2022-03-24 16:01")
    early = a_calendar("Europe/Amsterdam", mon_sun=["00:00-10:00"])
    assert early.after(at("2022-10-30 00:00"), HOUR) == at("2022-10-30 01:00")  # 02:00 by the wall, both times


def test_biz_122_the_day_before_a_holiday_may_be_short() -> None:
    calendar = a_calendar(special={"2026-12-24": ["09:00-16:00"], "2026-12-25": []})
    assert calendar.after(at("2026-12-24 09:00"), 8 * HOUR) == at("2026-12-28 10:00")  # 7 h, and 1 h on Monday


def test_a_day_is_as_long_as_the_clocks_make_it() -> None:
    calendar = a_calendar("Europe/Berlin", mon_sun=["00:00-24:00"])
    assert calendar.between(berlin("2026-03-29 00:00"), berlin("2026-03-30 00:00")) == 23 * HOUR
    assert calendar.between(berlin("2026-10-25 00:00"), berlin("2026-10-26 00:00")) == 25 * HOUR


class TestWhatPythonsZonesDoByThemselves:
    def test_noon_to_noon_over_the_spring_edge_is_23_hours(self) -> None:
        noon, next_noon = berlin("2026-03-28 12:00"), berlin("2026-03-29 12:00")
        assert next_noon - noon == 24 * HOUR  # what subtraction by the wall says
        assert a_calendar("Europe/Berlin", mon_sun=["00:00-24:00"]).between(noon, next_noon) == 23 * HOUR

    def test_eight_hours_on_the_day_of_the_gap_are_eight_hours(self) -> None:
        calendar = a_calendar("Europe/Berlin", mon_sun=["00:00-24:00"])
        assert calendar.after(berlin("2026-03-29 00:00"), 8 * HOUR) == berlin("2026-03-29 09:00")

    def test_a_shift_that_begins_in_the_gap_begins_with_the_jump(self) -> None:
        calendar = a_calendar("Europe/Berlin", mon_sun=["02:30-04:00"])
        assert calendar.opens_at(at("2026-03-29 00:00")) == at("2026-03-29 01:00")

    def test_the_two_readings_of_a_fold_are_an_hour_apart(self) -> None:
        first = berlin("2026-10-25 02:30")
        calendar = a_calendar("Europe/Berlin", mon_sun=["00:00-24:00"])
        assert first == first.replace(fold=1)  # says Python
        assert calendar.between(first, first.replace(fold=1)) == HOUR
        assert calendar.between(first.replace(fold=1), first) == -HOUR


class TestCalendarsThatHardlyOpen:
    def test_are_refused(self) -> None:
        closed = {f"2026-{month:02}-{day:02}": [] for month in (7, 8) for day in range(1, 32)}
        with pytest.raises(CalendarRefused, match="stays closed for more than 14 days"):
            a_calendar(special=closed)
        with pytest.raises(CalendarRefused, match="never opens"):
            a_calendar(mon=[])

    def test_reach_a_value_and_no_loop_where_a_long_closure_is_meant(self) -> None:
        rare = Calendar("rare", "UTC", a_calendar(mon=["09:00-09:01"]).week, {}, longest_closure=timedelta(days=99))
        start = at("2026-03-02 08:00")
        assert rare.after(start, 10 * HOUR) == Unreachable(start, 10 * HOUR)

    def test_looking_something_up_changes_nothing(self) -> None:
        holidays = {"2026-12-25": []}
        calendar = a_calendar(special=holidays)
        before = calendar.version
        calendar.between(at("2020-01-01 00:00"), at("2030-01-01 00:00"))
        assert (calendar.version, len(calendar.special)) == (before, 1)


def test_what_was_opened_in_the_last_minute_of_the_year_is_due_in_the_next() -> None:
    ticket = Ticket.open(opened(at=at("2026-12-31 16:59"), plan="standard"))
    assert ticket_deadlines(POLICY, ticket.events).clocks[0].due_by == at("2027-01-01 16:59")
