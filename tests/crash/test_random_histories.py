"""Random histories of a desk whose service is killed, against a model that is too simple to be wrong.

No acknowledged ticket or change is lost, a request under a key has one effect, only legal statuses are reached,
versions count the facts, deadlines stay what they were, lists show each ticket once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.crash.desk_machine import PACKET, DeskMachine
from tests.crash.killable_service import KillableService, assert_whole
from tests.crash.restarting_client import Request, RestartingClient

STEPS = 50
ORDINARY = settings(
    max_examples=50,  # on each engine
    stateful_step_count=STEPS,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a failing history is printed whole: to make it smaller takes minutes
    print_blob=True,
    suppress_health_check=[*HealthCheck],
)
DEEP = settings(ORDINARY, max_examples=500, derandomize=False, phases=[Phase.generate, Phase.shrink])


def tell(client: RestartingClient, plan: settings) -> None:
    """Tell histories, and look at what is kept when all is over."""

    def machine() -> DeskMachine:
        if client.counted["histories"] % 25 == 0:
            print(told(client), flush=True)
        return DeskMachine(client)

    run_state_machine_as_test(machine, settings=plan)
    client.close()
    client.service.kill()
    with client.service.look() as connection:
        assert_whole(connection)
        asked = "SELECT question FROM deflections WHERE question LIKE 'Keyed%' GROUP BY question HAVING count(*) > 1"
        sessions = connection.execute(sa.text(asked)).all()
    assert sessions == [], "one request, several sessions"
    print(told(client))


def told(client: RestartingClient) -> str:
    return ", ".join(f"{number} {what}" for what, number in client.counted.items())


@pytest.fixture
def client(service: KillableService) -> Iterator[RestartingClient]:
    service.start()
    client = RestartingClient(service)
    yield client
    client.close()


@pytest.mark.timeout(2_400)
def test_50_histories_of_a_desk_that_is_killed_go_as_the_model_says(client: RestartingClient) -> None:
    tell(client, ORDINARY)
    assert client.counted["histories"] >= ORDINARY.max_examples
    assert client.counted["killed"] > 0


@pytest.mark.deep
@pytest.mark.timeout(7_200)
def test_500_histories_of_a_desk_that_is_killed_go_as_the_model_says(client: RestartingClient) -> None:
    tell(client, DEEP)
    assert client.counted["histories"] >= DEEP.max_examples


POINTS = ("before_commit", "after_commit", "before_answer")
CREATED = [
    ("/v1/deflections", {"question": "Where is my order?", "channel": "chat", "human_requested": True}, "deflections"),
    ("/v1/tickets", {"subject": "It fails."}, "tickets"),
]
CHANGED = [
    ("replies", {"text": "We look at it.", "by": "agent"}, 2),  # and the work begins
    ("transitions", {"to": "pending"}, 1),
    ("escalations", {"to": "T2", "packet": PACKET}, 1),
]


def answers_after_death(client: RestartingClient, request: Request, point: str) -> list[bytes]:
    """Let the service die under a request, and repeat it twice."""
    before = client.counted["killed"]
    client.doom_at(point)
    while client.counted["killed"] == before:  # a busy machine may refuse it with 503 before it comes to the point
        assert client.send(request) is None
    repeats = [client.insist(request), client.insist(request)]
    assert [repeat.status_code for repeat in repeats] == [201, 201]
    return [repeat.content for repeat in repeats]


@pytest.mark.parametrize(("path", "body", "table"), CREATED, ids=["question", "ticket"])
def test_what_a_key_creates_is_one_though_the_service_died_before_it_answered(
    client: RestartingClient, path: str, body: dict[str, object], table: str
) -> None:
    answers = [answers_after_death(client, Request("POST", path, body).under(point), point) for point in POINTS]
    client.service.kill()
    with client.service.look() as connection:
        created = set(connection.scalars(sa.text(f"SELECT id FROM {table}")))
    assert all(first == second for first, second in answers)
    assert {json.loads(first)["id"] for first, _ in answers} == created
    assert len(created) == len(POINTS)


def test_what_a_key_changes_is_changed_once_though_the_service_died_before_it_answered(
    client: RestartingClient,
) -> None:
    for point in POINTS:
        for what, body, facts in CHANGED:
            opened = client.insist(Request("POST", "/v1/tickets", {"subject": f"{what}, {point}", "plan": "standard"}))
            path, before = f"/v1/tickets/{opened.json()['id']}", opened.json()["version"]
            first, second = answers_after_death(
                client, Request("POST", f"{path}/{what}", body).under(f"{what} {point}"), point
            )
            assert first == second
            assert client.ask(path)["version"] == before + facts, (what, point)
