"""Routing rules ask about the heads that a desk declares."""

from __future__ import annotations

import pytest

from triage import routing
from triage.errors import RoutingRefused
from triage.tickets.attributes import Attributes

RULES = """teams = ["refunds", "billing", "support"]

[[rules]]
when = { topic = "billing/refund", priority = "P1" }
team = "refunds"
tier = "T1"
because = "urgent refunds"

[[rules]]
when = { topic = "billing" }
team = "billing"
tier = "T1"
because = "money"

[[rules]]
team = "support"
tier = "T1"
because = "the rest"
"""


@pytest.mark.parametrize(
    ("labels", "team"),
    [
        ({"topic": "billing/refund", "priority": "P1"}, "refunds"),
        ({"topic": "billing/refund", "priority": "P2"}, "billing"),  # a parent stands for its children
        ({"topic": "billing"}, "billing"),
        ({"topic": "billings"}, "support"),
        ({"topic": None}, "support"),
        ({}, "support"),
    ],
)
def test_a_rule_asks_about_a_declared_head(labels: dict[str, str | None], team: str) -> None:
    rules = routing.parse(RULES, ("category", "topic", "priority"))
    assert rules.route(Attributes().labelled(labels)).team == team


def test_a_rule_about_a_head_that_is_not_declared_is_refused() -> None:
    with pytest.raises(RoutingRefused, match="no condition can ask about 'topic'; it can about brand, region"):
        routing.parse(RULES)


def test_a_rule_that_an_earlier_one_hides_is_refused() -> None:
    hidden = RULES.replace('priority = "P1"', 'plan = "premium"').replace('"billing" }', '["billing", "sales"] }')
    again = hidden.replace(
        "[[rules]]\nteam",
        """[[rules]]
when = { topic = "sales" }
team = "support"
tier = "T1"
because = "never"

[[rules]]
team""",
    )
    with pytest.raises(RoutingRefused, match="takes every case before this one can"):
        routing.parse(again, ("topic",))
