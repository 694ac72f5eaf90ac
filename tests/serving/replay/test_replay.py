"""`firstline replay`: another policy changes exactly what it is about, and today's rules change nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders import a_tag
from tests.serving.replay.past import (
    ANSWERS,
    FILES,
    NOW,
    Changes,
    Run,
    a_desk,
    file,
    folder_of,
    replied,
    shipped,
    tagged,
)


class TestNothingChanges:
    @pytest.fixture(autouse=True)
    def filled(self, connection: sa.Connection) -> None:
        a_desk(connection)
        connection.commit()

    def test_under_the_policy_in_force(self, changes: Changes) -> None:
        assert changes() == []

    def test_under_a_copy_of_its_files(self, changes: Changes, tmp_path: Path) -> None:
        copies = {name.removesuffix(".toml"): shipped(name) for name in FILES}
        others = {"costs": "", "capacity": ""}  # of the desk's folder, which change nothing here
        assert changes("--policy", folder_of(tmp_path, **copies, **others)) == []

    def test_at_the_thresholds_that_answered(self, changes: Changes) -> None:
        assert changes("--answer-at", str(ANSWERS.answer_at), "--clarify-at", str(ANSWERS.clarify_at)) == []

    def test_and_the_figures_of_both_sides_are_equal(self, run: Run) -> None:
        record = json.loads(run("--json").output)
        assert (record["tickets"], record["sessions"], record["routing"]["changed"]) == (40, 20, 0)
        sides = [pair for each in record["sla"] for pair in (each["promised"], each["breaches"], each["credits"])]
        assert all(pair["before"] == pair["after"] for pair in sides)
        assert sum(pair["before"] for pair in sides) > 40


def test_a_stricter_promise_breaches_exactly_the_tickets_that_were_answered_in_between(
    connection: sa.Connection, changes: Changes, tmp_path: Path
) -> None:
    # premium: 4 support hours today, one hour in the trial
    minutes = [30, 59, 61, 90, 239, 241]
    for number, each in enumerate(minutes):
        file(connection, number, replied(each), plan="premium")
    file(connection, 8, replied(90), plan="standard")  # of another plan
    connection.commit()
    stricter = shipped("sla.toml").replace('first_response = "4 h support"', 'first_response = "1 h support"')

    found = changes("--policy", folder_of(tmp_path, sla=stricter))

    assert {each[0] for each in found} == {"deadline"}
    assert {each[1] for each in found} == {f"tkt_0{number}" for number in range(len(minutes))}  # all deadlines move
    flipped = [each[1] for each in found if each[3].endswith("kept") and each[4].endswith("breached")]
    assert flipped == ["tkt_02", "tkt_03", "tkt_04"]
    assert not any(each[3].endswith("breached") and each[4].endswith("kept") for each in found)


def test_another_phrase_raises_exactly_the_tickets_that_say_it(
    connection: sa.Connection, changes: Changes, tmp_path: Path
) -> None:
    calm = a_tag("P3", mode="suggest", confidence=0.7)
    file(connection, 0, tagged(priority=calm), description="We see a purple screen.")
    file(connection, 1, tagged(priority=calm), description="The export fails.")
    file(connection, 2, tagged(priority=replace(calm, label="P0")), description="A purple screen on every desk.")
    file(connection, 3, description="Another purple screen.")  # from before there was a model
    connection.commit()
    more = shipped("urgency.toml").replace("[en]\nP0 = [", '[en]\nP0 = [\n  "purple screen",', 1)
    assert "purple screen" in more

    found = [each for each in changes("--policy", folder_of(tmp_path, urgency=more)) if each[0] == "tag"]

    assert found == [
        ("tag", "tkt_00", "priority", "suggest P3", "suggest P0"),
        ("tag", "tkt_03", "priority", "abstain", "suggest P0"),
    ]


def test_a_phrase_that_is_left_out_gives_the_priority_of_the_model_back(
    connection: sa.Connection, changes: Changes, tmp_path: Path
) -> None:
    said = {"raised_by": "lexicon", "alternatives": (("P3", 0.6),), "confidence": 0.1}
    raised = a_tag("P0", reason='Raised from P3 to P0: the text says "x".', **said)
    file(connection, 0, tagged(priority=raised), description="We have data loss.")
    confirmed = a_tag("P0", reason="The model says P0, and the text, too.", raised_by="lexicon")
    file(connection, 1, tagged(priority=confirmed), description="We have data loss.")
    connection.commit()
    none = '[en]\nP0 = ["purple screen"]\n'

    found = [each for each in changes("--policy", folder_of(tmp_path, urgency=none)) if each[0] == "tag"]

    assert found == [("tag", "tkt_00", "priority", "suggest P0", "suggest P3")]


def test_another_rule_routes_exactly_the_tickets_that_it_is_about(
    connection: sa.Connection, changes: Changes, tmp_path: Path
) -> None:
    file(connection, 0, plan="premium", region="apac")
    file(connection, 1, plan="premium")
    connection.commit()
    rules = shipped("routing.toml")
    team = next(iter(NOW.routing.teams))
    first = f'[[rules]]\nwhen = {{ region = "apac" }}\nteam = "{team}"\ntier = "T3"\nbecause = "they are awake"\n\n'

    (found,) = changes("--policy", folder_of(tmp_path, routing=rules.replace("[[rules]]", f"{first}[[rules]]", 1)))

    assert found[:3] == ("route", "tkt_00", "route")
    assert found[4] == f"{team} T3: they are awake"
