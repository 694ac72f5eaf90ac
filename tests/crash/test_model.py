"""Random histories of a desk whose service is killed, against a model that is too simple to be wrong.

No acknowledged ticket or change is lost, a request under a key has one effect, only legal statuses are reached,
versions count the facts, deadlines stay what they were, lists show each ticket once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crash.desk_machine import DeskMachine
from tests.crash.mortal import Mortal, assert_whole
from tests.crash.wire import Request, Wire

STEPS = 50
ORDINARY = settings(
    max_examples=50,
    stateful_step_count=STEPS,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a failing history is printed whole: to make it smaller takes minutes
    print_blob=True,
    suppress_health_check=[*HealthCheck],
)
DEEP = settings(ORDINARY, max_examples=500, derandomize=False, phases=[Phase.generate, Phase.shrink])


def tell(wire: Wire, plan: settings) -> None:
    """Tell histories, and look at the file when all is over."""
    run_state_machine_as_test(lambda: DeskMachine(wire), settings=plan)
    wire.close()
    wire.service.kill()
    with closing(sqlite3.connect(wire.service.home / "firstline.db")) as connection:
        assert_whole(connection)
        sessions = connection.execute(
            "SELECT question FROM deflections WHERE question LIKE 'Keyed%' GROUP BY question HAVING count(*) > 1"
        ).fetchall()
    assert sessions == [], "one request, several sessions"
    print(", ".join(f"{number} {what}" for what, number in wire.counted.items()))


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    service = Mortal(tmp_path / "home")
    service.start()
    wire = Wire(service)
    yield wire
    wire.close()
    service.close()


@pytest.mark.journey
def test_50_histories_of_a_desk_that_is_killed_go_as_the_model_says(wire: Wire) -> None:
    tell(wire, ORDINARY)
    assert wire.counted["histories"] >= ORDINARY.max_examples
    assert wire.counted["killed"] > 0


@pytest.mark.deep
@pytest.mark.timeout(7_200)
def test_500_histories_of_a_desk_that_is_killed_go_as_the_model_says(wire: Wire) -> None:
    tell(wire, DEEP)
    assert wire.counted["histories"] >= DEEP.max_examples


ASKED = {"question": "Where is my order?", "channel": "chat", "human_requested": True}


@pytest.mark.journey
@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
@pytest.mark.parametrize(
    ("path", "body", "made"),
    [
        ("/v1/deflections", ASKED, "SELECT id FROM deflections"),
        ("/v1/tickets", {"subject": "It fails."}, "SELECT id FROM tickets"),
    ],
    ids=["question", "ticket"],
)
def test_what_a_key_creates_is_one_though_the_service_died_before_it_answered(
    wire: Wire, point: str, path: str, body: dict[str, object], made: str
) -> None:
    request = Request("POST", path, body).under("once")
    wire.doom_at(point)
    assert wire.send(request) is None
    answers = [wire.send(request), wire.send(request)]
    wire.service.kill()
    with closing(sqlite3.connect(wire.service.home / "firstline.db")) as connection:
        created = [row[0] for row in connection.execute(made)]
    assert [answer.json()["id"] for answer in answers if answer] == created * 2
