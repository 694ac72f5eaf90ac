"""Rules of routing are data: what they may ask, whose hours count, and what is refused with its line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.policy import policies
from serving.policy import routing_and_sla as placement
from tests.builders import at
from triage import routing
from triage.errors import RoutingRefused
from triage.sla import deadlines as sla
from triage.sla import policy as sla_policy
from triage.sla.policy import Policy
from triage.tickets.attributes import Attributes

TEAMS = 'teams = ["a", "b"]\n'  # so that the first rule begins in line 2, and each has as many lines as it shows


def a_rule(when: str = "", team: str = "a", tier: str = "T1") -> str:
    condition = f"when = {{ {when} }}\n" if when else ""
    return f'[[rules]]\n{condition}team = "{team}"\ntier = "{tier}"\nbecause = "x"\n'


def test_region_brand_and_the_tier_of_an_escalated_case_decide() -> None:
    text = TEAMS + a_rule('region = "apac"', "b") + a_rule('brand = "acme", tier = "T2"', "b", "T2") + a_rule()
    rules = routing.parse(text)
    cases = {
        Attributes(region="apac"): "b",
        Attributes(region="emea"): "a",
        Attributes(brand="acme"): "a",
        Attributes(brand="acme", tier="T2"): "b",
    }
    assert {case: rules.route(case).team for case in cases} == cases


def test_what_went_up_to_engineering_is_engineerings() -> None:
    assert routing.default().route(Attributes(category="billing", tier="T3")).team == "engineering"


@pytest.mark.parametrize(
    ("rules", "line", "problem"),
    [
        (
            [a_rule('plan = "free"'), a_rule('plan = "premium"'), a_rule('plan = ["free", "premium"]'), a_rule()],
            12,
            "the rules in lines 2, 7 together take every case",
        ),
        (
            [
                a_rule('plan = "free", priority = ["P0", "P1"]'),
                a_rule('priority = "P0"', "b"),
                a_rule('plan = "free", priority = "P1", region = "x"'),
                a_rule(),
            ],
            12,
            "the rule in line 2 takes every case",
        ),
        ([a_rule('plan = "free"'), a_rule('plan = "free"', "b"), a_rule()], 7, "it contradicts line 2: the same cases"),
        ([a_rule(), a_rule("", "b")], 6, "it contradicts line 2"),
        ([a_rule('tier = "T3"', tier="T2"), a_rule()], 2, "a case that went up to T3 stays there"),
        ([a_rule('tier = "T9"'), a_rule()], 2, "tier 'T9' does not exist"),
        ([a_rule(team="c")], 2, "team 'c' is not among teams: a, b"),
    ],
)
def test_rules_that_never_decide_or_contradict_are_refused_with_their_line(
    rules: list[str], line: int, problem: str
) -> None:
    with pytest.raises(RoutingRefused, match=problem) as refusal:
        routing.parse(TEAMS + "".join(rules))
    assert refusal.value.line == line


def test_rules_that_leave_some_case_to_a_later_one_stand() -> None:
    wide = a_rule('plan = ["free", "premium"]')
    # P0 alone does not cover a free case whose priority nobody knows
    by_priority = "".join(a_rule(f'priority = "P{number}"', "b") for number in range(5))
    assert len(routing.parse(TEAMS + by_priority + wide + a_rule()).rules) == 7


TABLES = '[teams.a]\ncalendar = "business"\n[teams.b]\n'


@pytest.mark.parametrize(
    ("teams", "line", "problem"),
    [
        ('teams = ["a", "a"]\n', 1, "team 'a' stands there twice"),
        ("teams = 3\n", 1, "teams are a list of names, or tables"),
        ('[teams.b]\n[teams.a]\nhours = "9-5"\n', 2, "team 'a' may say calendar"),
        ("[teams.b]\n[teams.a]\ncalendar = 9\n", 2, "team 'a' may say calendar"),
    ],
)
def test_teams_that_cannot_be_read_are_refused_with_their_line(teams: str, line: int, problem: str) -> None:
    with pytest.raises(RoutingRefused, match=problem) as refusal:
        routing.parse(teams + a_rule())
    assert refusal.value.line == line


def test_what_the_policy_does_not_know_is_refused_with_its_line() -> None:
    levels = sla_policy.default()
    known = {"calendars": levels.calendars, "plans": levels.plans}
    routing.default().check(**known)
    routing.parse(TABLES + a_rule()).check(**known)
    with pytest.raises(RoutingRefused, match=r"line 1: no calendar is called 'night'; the policy has business"):
        routing.parse(TABLES.replace("business", "night") + a_rule()).check(**known)
    with pytest.raises(RoutingRefused, match="line 4: no plan is called 'gold'"):
        routing.parse(TABLES + a_rule('plan = "gold"') + a_rule()).check(**known)


SYDNEY = """
[calendars.sydney]
zone = "Australia/Sydney"
hours = { "mon-fri" = ["09:00-17:00"] }

[[amendments]]
when = { region = "apac" }
calendars = { business = "sydney" }
"""
EVENING = at("2026-03-02 20:00")  # Monday; 07:00 of Tuesday in Sydney


@pytest.fixture
def levels() -> Policy:
    from importlib import resources

    text = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
    return sla_policy.parse(text + SYDNEY)


def test_the_next_human_is_there_when_the_team_opens(levels: Policy) -> None:
    rules = routing.parse(TABLES + a_rule('category = "bug"', "b") + a_rule())
    found = replace(policies.load(None), sla=levels, routing=rules)
    enterprise = Attributes(plan="enterprise")  # support around the clock, but team a keeps business hours
    assert placement.next_human_at(found, enterprise, EVENING) == at("2026-03-03 09:00")
    assert placement.next_human_at(found, replace(enterprise, category="bug"), EVENING) == EVENING
    assert placement.next_human_at(found, replace(enterprise, region="apac"), EVENING) == at("2026-03-02 22:00")


def test_without_hours_of_a_team_those_of_the_plan_count_as_amended(levels: Policy) -> None:
    standard = Attributes(plan="standard")
    assert sla.next_human_at(levels, standard, EVENING) == at("2026-03-03 09:00")
    assert sla.next_human_at(levels, replace(standard, region="apac"), EVENING) == at("2026-03-02 22:00")
    assert sla.next_human_at(levels, standard, EVENING, calendar="dropped since") == at("2026-03-03 09:00")
