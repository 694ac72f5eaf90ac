"""Policy files: what the defaults say, and what is refused, with the place and what to do."""

from __future__ import annotations

from importlib import resources

import pytest

from triage import routing
from triage.errors import CalendarRefused, PolicyRefused, RoutingRefused, TaxonomyRefused, UnreadableRecord
from triage.sla import policy as sla_policy
from triage.taxonomy import labels as taxonomy
from triage.taxonomy.labels import Label, Taxonomy
from triage.tickets.attributes import Attributes


def text_of(name: str) -> str:
    return resources.files("triage").joinpath(f"policies/{name}").read_text(encoding="utf-8")


POLICY = text_of("default.toml")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'first_response = "8 h business"',
            'first_response = "8 hours business"',
            "plans.standard, contract first_response: '8 hours' is no span",
        ),
        ('first_response = "8 h business"', 'first_response = "8 h"', "'8' is no span of time|names no calendar"),
        (
            'first_response = "8 h business"',
            'first_response = "0 h business"',
            "'0 h' is no span of time; write 15 min, 8 h or 5 days",
        ),
        (
            'first_response = "8 h business"',
            'first_response = "8 h bussiness"',
            "names no calendar of this file; they are support, business, extended",
        ),
        ('first_response = "8 h business"', "first_response = 8", "8 is no cell"),
        ('support = "extended"', 'support = "nights"', "plans.premium: support: no calendar is called 'nights'"),
        ('[targets.P4]\nfirst_response = "24 h support"', "[targets.P4]", "targets.P4: first_response is missing"),
        ('plan_when_unknown = "free"', 'plan_when_unknown = "none"', "no plan is called 'none'"),
        ('plan_when_unknown = "free"', "", "policy: plan_when_unknown is missing"),
        ("credit_percent = 5", "credits = 5", "plans.premium: 'credits' means nothing here"),
        ('targets_for = ["P0", "P1"]', 'targets_for = ["P5"]', "plans.free: 'P5' is neither a priority nor"),
        ('zone = "UTC"', 'zone = "Utopia"', "no time zone is called 'Utopia'"),
        ('"mon-fri" = ["09:00-17:00"]', '"mon-fri" = ["9-5"]', "calendars.business: '9-5' is no shift"),
        ('"mon-fri" = ["09:00-17:00"]', "", "calendar business: it never opens"),
        ("holidays = []", 'holidays = ["25 December"]', "calendars.business: Invalid isoformat string"),
        ('P4 = "sprint_backlog"', "", "escalation.at_t3: P4 is missing"),
        ('ways = ["T1 to T2", "T2 to T3"] }', 'ways = ["T1 to T9"] }', "'T1 to T9' is neither under needs"),
        ('t1_troubleshoots_for = "15 min"', 't1_troubleshoots_for = "a while"', "'a while' is no span of time"),
        ("[calendars.extended]", "[calendars.support]", "calendars.support: the name is taken"),
        ("review_by = 2", "review_by == 2", "policy: it is no TOML"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(old: str, new: str, problem: str) -> None:
    assert old in POLICY
    with pytest.raises(PolicyRefused, match=problem):
        sla_policy.parse(POLICY.replace(old, new, 1))


def test_the_version_of_a_policy_follows_what_it_says_and_not_how_it_is_written() -> None:
    version = sla_policy.default().version
    assert sla_policy.parse(POLICY + "\n# a comment\n").version == version
    assert sla_policy.parse(POLICY.replace('= "8 h business"', '= "9 h business"')).version != version


def test_holidays_and_special_days_may_be_dates_of_toml() -> None:
    days = "holidays = [2026-12-25]\nspecial_days = { 2026-12-24 = ['09:00-12:00'] }"
    calendar = sla_policy.parse(POLICY.replace("holidays = []", days, 1)).calendars["business"]
    assert {day.isoformat(): hours for day, hours in calendar.special.items()} == {
        "2026-12-24": ((540, 720),),
        "2026-12-25": (),
    }


def test_a_long_closure_has_to_be_meant() -> None:
    dates = ", ".join(f"2026-08-{day:02}" for day in range(1, 32))
    closed = POLICY.replace("holidays = []", f"holidays = [{dates}]", 1)
    with pytest.raises(CalendarRefused, match="stays closed for more than 14 days from 2026-07-31"):
        sla_policy.parse(closed)
    meant = closed.replace(f"[{dates}]", f"[{dates}]\nlongest_closure_days = 40", 1)
    assert len(sla_policy.parse(meant).calendars["business"].special) == 31


@pytest.mark.parametrize(
    ("case", "team", "tier", "words"),
    [
        (Attributes(priority="P0", plan="enterprise"), "engineering", "T3", "straight to engineering"),
        (Attributes(priority="P0", plan="standard", category="billing"), "specialists", "T2", "escalated at once"),
        (Attributes(priority="P4", category="bug"), "product", "T1", "tracked by product"),
        (Attributes(priority="P3", category="feature_request"), "product", "T1", "tracked by product"),
        (Attributes(priority="P2", category="billing"), "billing", "T1", "belong to billing"),
        (Attributes(category="bug", product_area="api"), "integrations", "T2", "API"),
        (Attributes(category="integration", product_area="reports"), "integrations", "T1", "integrations"),
        (Attributes(category="bug", priority="P1"), "specialists", "T2", "no workaround"),
        (Attributes(category="how_to", priority="P3", language="de"), "support", "T1", "general support"),
        (Attributes(), "support", "T1", "general support"),
    ],
)
def test_the_first_rule_that_fits_decides(case: Attributes, team: str, tier: str, words: str) -> None:
    route = routing.default().route(case)
    assert (route.team, route.tier) == (team, tier)
    assert words in route.reason


def a_rule(when: str = "", team: str = "a", tier: str = "T1", because: str = "x") -> str:
    condition = f"when = {{ {when} }}\n" if when else ""
    return f'[[rules]]\n{condition}team = "{team}"\ntier = "{tier}"\nbecause = "{because}"\n'


TEAMS = 'teams = ["a"]\n'


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (TEAMS + a_rule('colour = "red"') + a_rule(), 2, "no condition can ask about 'colour'; it can about brand"),
        (TEAMS + a_rule('priority = "P9"') + a_rule(), 2, "priority 'P9' does not exist"),
        (TEAMS + a_rule("plan = []") + a_rule(), 2, "plan needs a name"),
        (TEAMS + a_rule(team="b"), 2, "team 'b' is not among teams: a"),
        (TEAMS + a_rule(tier="T4"), 2, "tier 'T4' does not exist"),
        (TEAMS + "\n" + a_rule(because=" "), 3, "because is empty"),
        (TEAMS + a_rule('plan = "free"'), 2, "the last rule must take every case"),
        (TEAMS + a_rule() + a_rule(), 6, "the rule in line 2 takes every case before this one"),
        (TEAMS + '[[rules]]\nteam = "a"\n', 2, "says team, tier and because"),
        (TEAMS + "rules = []\n", 1, "the last rule must take every case"),
        (TEAMS + "x = 1\n" + a_rule(), 1, "and nothing else"),
        ("rules = 1\n", 1, r"under \[\[rules\]\]"),
        ("teams = [", 1, "no TOML"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(RoutingRefused, match=problem) as refusal:
        routing.parse(text)
    assert refusal.value.line == line


def test_a_rule_hidden_by_a_wider_one_is_refused() -> None:
    wide, narrow = a_rule('plan = ["free", "premium"]'), a_rule('plan = "free", priority = "P1"')
    assert routing.parse(TEAMS + narrow + wide + a_rule()).rules[0].line == 2
    with pytest.raises(RoutingRefused, match="the rule in line 2 takes every case"):
        routing.parse(TEAMS + wide + narrow + a_rule())


def test_the_default_taxonomy_is_that_of_the_domain() -> None:
    found = taxonomy.default()
    assert found.labels("category") == ("bug", "how_to", "feature_request", "billing", "account", "integration")
    assert found.labels("product_area") == ("dashboard", "api", "billing", "reports")
    assert found.labels("priority") == taxonomy.PRIORITIES
    assert all(label.description for labels in found.heads.values() for label in labels)
    assert Taxonomy.from_record(found.to_record()) == found


def test_the_version_of_a_taxonomy_follows_names_and_descriptions_and_no_order() -> None:
    one = Taxonomy({"category": (Label("bug", "broken"), Label("how_to"))})
    turned = Taxonomy({"category": (Label("how_to"), Label("bug", "broken"))})
    other = Taxonomy({"category": (Label("bug", "does not work"), Label("how_to"))})
    assert one.version == turned.version != other.version


def test_labels_found_in_a_file_keep_the_descriptions_that_are_known() -> None:
    found = taxonomy.seen({"category": ["bug", "spam"]}, known=taxonomy.default())
    assert found.labels("category") == ("bug", "spam")
    assert found.description("category", "bug").startswith("something that used to work")
    assert found.description("category", "spam") == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[category]\n", "head category: it has no label"),
        ('[category]\n"" = "nothing"\n', "one without a name"),
        ("[category]\nbug = 1\n", 'write one line label = "description"'),
        ('[priority]\nsev1 = "bad"\n', "priorities are fixed: P0, P1, P2, P3, P4"),
        ("category", "it is no TOML"),
    ],
)
def test_a_taxonomy_that_cannot_serve_is_refused(text: str, problem: str) -> None:
    with pytest.raises(TaxonomyRefused, match=problem):
        taxonomy.parse(text)
    with pytest.raises(TaxonomyRefused, match="bug stands there twice"):
        Taxonomy({"category": (Label("bug"), Label("bug"))})
    with pytest.raises(UnreadableRecord, match="no taxonomy"):
        Taxonomy.from_record({"category": [{"title": "bug"}]})
