"""The policy beyond its two tables: next responses, amendments by region and brand, editions, named holidays."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.builders import MONDAY, a_tag, a_ticket, at
from tests.triage.sla.clocks import clock_of, missed
from triage.errors import CalendarRefused, PolicyRefused
from triage.sla import policy as sla_policy
from triage.sla.deadlines import Deadlines, deadlines, next_human_at, ticket_deadlines
from triage.sla.policy import Policy, editions
from triage.tickets.attributes import Attributes, Segment

DEFAULT = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
AGENT = {"by": "agent:ana"}

SYDNEY = """
[calendars.sydney]
zone = "Australia/Sydney"
hours = { "mon-fri" = ["09:00-17:00"] }
[[amendments]]
when = { region = "apac" }
calendars = { business = "sydney" }
[[amendments]]
when = { brand = "acme", plan = ["standard", "premium"] }
contract = { first_response = "2 h support" }
target = { resolution = "none" }
[[amendments]]
when = { region = ["apac", "emea"] }
contract = { first_response = "30 min support", resolution = "4 h support" }
"""


def amended() -> Policy:
    return sla_policy.parse(DEFAULT + SYDNEY)


def with_next_response() -> Policy:
    return sla_policy.parse(DEFAULT.replace("credit_percent = 5", 'credit_percent = 5\nnext_response = "2 h support"'))


def due(found: Deadlines, source: str = "contract", kind: str = "first_response") -> Any:
    clock = clock_of(found, source, kind)
    return clock and clock.due_by


class TestANextResponse:
    def test_is_due_after_each_customer_reply_until_the_next_agent_reply(self) -> None:
        ticket = a_ticket(plan="premium").reply("Hello", at=MONDAY + 1 * HOUR, **AGENT)
        ticket = ticket.reply("And?", at=MONDAY + 3 * HOUR, by="customer", author="customer")
        ticket = ticket.reply("Hello?", at=MONDAY + 4 * HOUR, by="customer", author="customer")
        found = ticket_deadlines(with_next_response(), ticket.events)
        assert due(found, kind="next_response") == MONDAY + 5 * HOUR  # from the first unanswered one
        assert found.sla_deadline.kind == "next_response"
        assert found.to_record()["contract"]["next_response_by"] == "2026-03-02T14:00:00Z"
        answered = ticket_deadlines(with_next_response(), ticket.reply("Yes", at=MONDAY + 6 * HOUR, **AGENT).events)
        clock = clock_of(answered, "contract", "next_response")
        assert (clock.state, clock.is_late(MONDAY), clock.credit_percent) == ("stopped", True, 5)

    def test_waits_for_the_first_response_to_be_given(self) -> None:
        ticket = a_ticket(plan="premium").reply("Hello?", at=MONDAY, by="customer", author="customer")
        assert due(ticket_deadlines(with_next_response(), ticket.events), kind="next_response") is None

    def test_keeps_the_earlier_waits_for_the_account(self) -> None:
        ticket = a_ticket(plan="premium")
        for hour in range(3):
            ticket = ticket.reply("Hello", at=MONDAY + hour * 4 * HOUR, **AGENT)
            ticket = ticket.reply("And?", at=MONDAY + (hour * 4 + 1) * HOUR, by="customer", author="customer")
        found = ticket_deadlines(with_next_response(), ticket.events)
        assert [each.overdue(MONDAY) for each in found.answered] == [HOUR, HOUR]  # 2 h promised, 3 h waited
        assert len(missed(found, MONDAY + 9 * HOUR)) == 2
        assert [each["kind"] for each in found.explain()].count("next_response") == 3

    def test_is_not_held_up_by_a_pause(self) -> None:
        ticket = a_ticket(plan="premium").reply("Hello", at=MONDAY, **AGENT)
        ticket = ticket.reply("And?", at=MONDAY + HOUR, by="customer", author="customer")
        ticket = ticket.transition("pending", at=MONDAY + HOUR, **AGENT)
        assert due(ticket_deadlines(with_next_response(), ticket.events), kind="next_response") == MONDAY + 3 * HOUR

    def test_is_ended_by_the_resolution(self) -> None:
        ticket = a_ticket(plan="premium").reply("Hello", at=MONDAY, **AGENT)
        ticket = ticket.reply("And?", at=MONDAY + HOUR, by="customer", author="customer")
        ticket = ticket.transition("resolved", at=MONDAY + 2 * HOUR, **AGENT)
        found = ticket_deadlines(with_next_response(), ticket.events)
        assert clock_of(found, "contract", "next_response").stopped_at == MONDAY + 2 * HOUR

    def test_is_inherited_when_a_change_of_plan_brings_it_late(self) -> None:
        ticket = a_ticket(plan="standard").reply("Hello", at=MONDAY, **AGENT)
        ticket = ticket.reply("And?", at=MONDAY + HOUR, by="customer", author="customer")
        ticket = ticket.change_plan("premium", at=MONDAY + 6 * HOUR, **AGENT)
        clock = clock_of(ticket_deadlines(with_next_response(), ticket.events), "contract", "next_response")
        assert (clock.inherited, clock.credit_percent) == (True, 0)

    def test_leaves_no_trace_in_answers_where_nobody_promised_one(self) -> None:
        record = deadlines(
            sla_policy.default(), Attributes(plan="premium", priority="P2"), created_at=MONDAY
        ).to_record()
        assert set(record["contract"]) == {"first_response_by", "resolution_by"}


class TestAnAmendment:
    def test_gives_a_region_its_own_calendar(self) -> None:
        apac = Attributes(plan="standard", priority="P2", region="apac")
        found = deadlines(amended(), apac, created_at=at("2026-03-02 22:00"))
        assert due(found) == at("2026-03-02 22:30")  # 09:00 in Sydney; its third amendment says 30 min
        assert due(found, "target") == at("2026-03-03 02:00")  # 4 h support, which is Sydney's
        elsewhere = deadlines(amended(), Attributes(plan="standard", priority="P2"), created_at=at("2026-03-02 22:00"))
        assert due(elsewhere) == at("2026-03-03 17:00")

    def test_that_stands_first_decides_cell_by_cell(self) -> None:
        both = Attributes(plan="premium", priority="P2", region="apac", brand="acme")
        found = deadlines(amended(), both, created_at=MONDAY)
        assert due(found) == MONDAY + 2 * HOUR  # acme's 2 h before apac's 30 min
        assert due(found, kind="resolution") == MONDAY + 4 * HOUR  # which only the third says
        assert clock_of(found, "target", "resolution") is None
        other_plan = deadlines(amended(), Attributes(plan="enterprise", priority="P2", brand="acme"), created_at=MONDAY)
        assert due(other_plan) == MONDAY + HOUR

    def test_follows_a_case_that_moves_and_its_pauses_stay(self) -> None:
        ticket = a_ticket(plan="standard", at=at("2026-03-02 22:00"))
        ticket = ticket.tag({"priority": a_tag("P2")}, at=at("2026-03-02 22:00"), by="model:1")
        ticket = ticket.transition("pending", at=at("2026-03-02 23:00"), **AGENT)
        ticket = ticket.transition("open", at=at("2026-03-03 01:00"), **AGENT)
        moved = ticket.move(Segment(region="apac"), at=at("2026-03-03 01:00"), **AGENT)
        # 4 h: 1 h before the pause in Sydney's morning, and 3 h after it
        assert due(ticket_deadlines(amended(), moved.events), kind="resolution") == at("2026-03-03 04:00")
        back = moved.move(Segment(), at=at("2026-03-03 01:00"), **AGENT)
        assert (
            ticket_deadlines(amended(), back.events).to_record()
            == ticket_deadlines(amended(), ticket.events).to_record()
        )

    def test_applies_to_the_plan_that_unknown_customers_are_on(self) -> None:
        text = DEFAULT + '[[amendments]]\nwhen = { plan = "free" }\ncontract = { first_response = "1 h calendar" }\n'
        found = deadlines(sla_policy.parse(text), Attributes(plan=None, priority=None), created_at=MONDAY)
        assert due(found) == MONDAY + HOUR

    def test_tells_when_people_answer(self) -> None:
        assert amended().support(Attributes(plan="standard", region="apac")).zone == "Australia/Sydney"
        assert amended().support(Attributes(plan="premium", region="apac")).name == "extended"
        assert next_human_at(amended(), Attributes(plan="standard"), at("2026-03-07 12:00")) == at("2026-03-09 09:00")

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("contract = { resolution = '1 h support' }", "number 1: when is missing"),
            ("when = {}", "number 1: when is missing"),
            ("when = { colour = 'red' }", "no condition can ask about 'colour'; it can about brand, region, plan"),
            ("when = { tier = 'T2' }", "no amendment can ask about 'tier'"),
            ("when = { region = [] }", "region needs a name or a list"),
            ("when = { priority = 'P9' }", "priorities are P0, P1"),
            ("when = { plan = 'gold' }\ncalendars = { business = 'extended' }", "no plan is called 'gold'"),
            ("when = { plan = 'free' }", "it changes nothing"),
            ("when = { plan = 'free' }\ncalendars = { business = 'moon' }", "no calendar is called 'moon'"),
            ("when = { plan = 'free' }\ncalendars = { moon = 'business' }", "'moon' means nothing here"),
            ("when = { plan = 'free' }\ncontract = { answer = '1 h support' }", "'answer' means nothing here"),
            ("when = { plan = 'free' }\ncontract = { resolution = '1 h moon' }", "names no calendar of this file"),
        ],
    )
    def test_that_cannot_work_is_refused(self, text: str, problem: str) -> None:
        with pytest.raises(PolicyRefused, match=problem):
            sla_policy.parse(f"{DEFAULT}\n[[amendments]]\n{text}\n")

    def test_that_an_earlier_one_leaves_nothing_to_say_is_refused(self) -> None:
        one = "[[amendments]]\nwhen = { plan = ['free', 'premium'] }\ncontract = { resolution = '1 h support' }\n"
        two = "[[amendments]]\nwhen = { plan = 'free', brand = 'x' }\ncontract = { resolution = '2 h support' }\n"
        assert len(sla_policy.parse(f"{DEFAULT}\n{two}{one}").terms.amendments) == 2
        with pytest.raises(PolicyRefused, match="number 2: number 1 says all of it before"):
            sla_policy.parse(f"{DEFAULT}\n{one}{two}")
        with pytest.raises(PolicyRefused, match=r"under \[\[amendments\]\]"):
            sla_policy.parse(f"amendments = {{ x = 1 }}\n{DEFAULT}")


class TestEditions:
    OLD = DEFAULT
    NEW = f"effective_from = 2026-07-01\n{DEFAULT}".replace('"8 h business"', '"2 h business"')
    LATER = (
        f"effective_from = 2027-01-01T00:00:00+01:00\n{DEFAULT}".replace("plans.free", "plans.gold")
        .replace('"free"', '"gold"')
        .replace("free = {", "gold = {")
    )

    def policy(self) -> Policy:
        return editions(sla_policy.parse(each) for each in (self.LATER, self.OLD, self.NEW))

    def test_a_ticket_keeps_the_one_it_was_promised(self) -> None:
        early = deadlines(self.policy(), Attributes(plan="standard"), created_at=at("2026-06-30 09:00"))
        late = deadlines(self.policy(), Attributes(plan="standard"), created_at=at("2026-07-01 09:00"))
        assert (due(early), due(late)) == (at("2026-06-30 17:00"), at("2026-07-01 11:00"))
        assert (early.policy_version, late.policy_version) == tuple(
            sla_policy.parse(each).version for each in (self.OLD, self.NEW)
        )

    def test_the_first_one_reaches_back_without_end_and_the_last_forward(self) -> None:
        policy = editions([sla_policy.parse(self.NEW), sla_policy.parse(self.LATER)])
        assert policy.in_force(at("1999-01-01 00:00")).version == sla_policy.parse(self.NEW).version
        assert policy.in_force(at("2026-12-31 22:59")).version == sla_policy.parse(self.NEW).version
        assert policy.in_force(at("2026-12-31 23:00")) is policy  # midnight at +01:00

    def test_a_plan_that_came_later_is_judged_by_the_first_that_knows_it(self) -> None:
        ticket = a_ticket(plan="standard").change_plan("gold", at=MONDAY + HOUR, **AGENT)
        found = ticket_deadlines(self.policy(), ticket.events)
        assert found.policy_version == sla_policy.parse(self.LATER).version
        unknown = ticket_deadlines(self.policy(), a_ticket(plan="silver").events)
        assert unknown.policy_version == sla_policy.parse(self.OLD).version

    def test_two_of_the_same_beginning_are_refused(self) -> None:
        with pytest.raises(PolicyRefused, match="two editions count since ever: effective_from is missing"):
            editions([sla_policy.parse(self.OLD), sla_policy.parse(DEFAULT)])
        with pytest.raises(PolicyRefused, match="two editions count since 2026-07-01"):
            editions([sla_policy.parse(self.NEW), sla_policy.parse(self.NEW)])

    def test_are_read_from_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "2025.toml").write_text(self.OLD, encoding="utf-8")
        (tmp_path / "2026.toml").write_text(self.NEW, encoding="utf-8")
        assert sla_policy.read(tmp_path).earlier == sla_policy.parse(self.OLD)
        (tmp_path / "empty").mkdir()
        with pytest.raises(PolicyRefused, match="holds no edition"):
            sla_policy.read(tmp_path / "empty")

    @pytest.mark.parametrize("begins", ["2026-07-01T00:00:00", '"soon"', "7"])
    def test_begin_at_a_date_or_an_instant_with_its_zone(self, begins: str) -> None:
        with pytest.raises(PolicyRefused, match=r"effective_from: .* is neither a date nor an instant"):
            sla_policy.parse(f"effective_from = {begins}\n{DEFAULT}")


def test_the_critical_response_may_be_written_as_the_contract_says_it() -> None:
    table = '[plans.standard.P0]\nfirst_response = "4 h support"\n'
    assert table in DEFAULT
    said = DEFAULT.replace(table, "").replace("[plans.standard]", '[plans.standard]\ncritical_response = "4 h support"')
    for text in (DEFAULT, said):
        assert (
            due(deadlines(sla_policy.parse(text), Attributes(plan="standard", priority="P0"), created_at=MONDAY))
            == MONDAY + 4 * HOUR
        )
    twice = DEFAULT.replace("[plans.standard]", '[plans.standard]\ncritical_response = "4 h support"')
    with pytest.raises(PolicyRefused, match="are the same cell; drop one"):
        sla_policy.parse(twice)


class TestHolidays:
    NAMED = DEFAULT.replace(
        "holidays = []", 'holidays = { 2026-12-25 = "Christmas Day", 2026-12-26 = "Boxing Day" }', 1
    )

    def test_have_names_that_an_explanation_says(self) -> None:
        found = deadlines(sla_policy.parse(self.NAMED), Attributes(plan="standard"), created_at=at("2026-12-24 16:00"))
        shown = found.explain()[0]
        assert shown["due_by"] == "2026-12-28T16:00:00Z"  # Thursday 1 h, Friday none, Monday 7 h
        assert shown["holidays"] == [{"date": "2026-12-25", "name": "Christmas Day"}]  # the 26th is a Saturday anyway
        assert shown["sentence"].endswith("Closed for holidays: Fri 25 Dec 2026 (Christmas Day).")

    def test_change_the_version_of_a_calendar_by_their_dates_and_not_by_their_names(self) -> None:
        version = sla_policy.parse(self.NAMED).calendars["business"].version
        renamed = sla_policy.parse(self.NAMED.replace("Christmas Day", "Xmas"))
        assert renamed.calendars["business"].version == version
        moved = sla_policy.parse(self.NAMED.replace("12-26", "12-28"))
        assert moved.calendars["business"].version != version

    def test_that_have_hours_or_are_no_dates_are_refused(self) -> None:
        for days, problem in (
            ('holidays = { 2026-12-25 = "x" }\nspecial_days = { 2026-12-25 = ["09:00-10:00"] }', "has special hours"),
            ("holidays = 7", "neither a list of dates nor"),
            ("holidays = [2026-12-25T00:00:00]", "is an instant; write the date alone"),
        ):
            with pytest.raises(CalendarRefused, match=problem):
                sla_policy.parse(DEFAULT.replace("holidays = []", days, 1))

    def test_that_end_soon_and_a_review_that_is_due_are_remarked(self) -> None:
        policy = sla_policy.parse(self.NAMED)
        assert policy.remarks(at("2026-03-02 09:00")) == []
        assert policy.remarks(at("2026-10-03 00:00")) == [
            "calendar business has no holiday after 2026: add those of 2027"
        ]
        assert "review_by 2027-12-31 is past" in policy.remarks(at("2028-01-01 00:00"))[0]

    def test_read_alike_from_every_format(self) -> None:
        table = tomllib.loads(self.NAMED)
        table["calendars"]["business"]["holidays"] = {
            date(2026, 12, 25): "Christmas Day",
            date(2026, 12, 26): "Boxing Day",
        }
        assert sla_policy.from_table(table).version == sla_policy.parse(self.NAMED).version
