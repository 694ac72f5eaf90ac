"""`/v1/replays`: the replay of the command line, made by a worker, one at a time and kept for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.jobs import queue
from serving.replay import running
from serving.replay.running import KIND, Replays
from serving.replay.wiring import wire
from tests.fakes import FrozenClock
from tests.serving.replay.past import a_desk, shipped

Client = TestClient[Litestar]
SINCE = {"since": "2026-01-01T00:00:00Z"}
STRICTER = shipped("sla.toml").replace('first_response = "8 h business"', 'first_response = "1 h business"')


@pytest.fixture
def client(client: Client) -> Client:
    """A desk with a past."""
    client.app.state.context.database.write(a_desk)
    return client


def ask(client: Client, status: int = 202, **tried: Any) -> Any:
    answer = client.post("/v1/replays", json=SINCE | tried)
    assert answer.status_code == status, answer.text
    return answer.json()


def work(client: Client) -> None:
    """Make what waits, as a worker does."""
    context = client.app.state.context
    job = context.database.write(lambda c: queue.claim(c, KIND, most=1, at=context.clock.now()))
    assert job is not None
    wire(context).tasks[KIND].task(job)
    context.database.write(lambda c: queue.finish(c, job))


def test_a_policy_is_tried_and_the_figures_of_both_sides_can_be_read(client: Client) -> None:
    made = ask(client, policy={"sla.toml": STRICTER}, answer_at=0.9)
    assert (made["state"], made["done"], made["n"], made["result"]) == ("waiting", 0, 60, None)
    work(client)
    found = client.get(f"/v1/replays/{made['id']}").json()
    assert (found["state"], found["done"], found["tried"]["policy"]) == ("done", 60, ["sla.toml"])
    result = found["result"]
    assert (result["tickets"], result["sessions"]) == (40, 20)
    assert result["policy"]["before"] != result["policy"]["after"]
    decisions = result["answers"]["decisions"]
    assert decisions["answer"]["after"] < decisions["answer"]["before"]
    contract = next(each for each in result["sla"] if (each["source"], each["kind"]) == ("contract", "first_response"))
    assert contract["earlier"] > 0
    assert result["changes_n"] == len(result["changes"]) > 0


def test_the_same_request_again_is_the_same_replay(client: Client) -> None:
    first, again = (client.post("/v1/replays", json=SINCE, headers={"Idempotency-Key": "1"}) for _ in range(2))
    assert first.headers["location"] == again.headers["location"] == f"/v1/replays/{first.json()['id']}"
    assert len(client.get("/v1/replays").json()["replays"]) == 1


def test_there_is_one_at_a_time(client: Client) -> None:
    made = ask(client)
    assert ask(client, status=409)["id"] == made["id"]
    work(client)
    ask(client)


def test_a_result_is_kept_for_a_day_and_what_never_ends_has_failed(client: Client, clock: FrozenClock) -> None:
    replays, made = Replays(client.app.state.context), ask(client)
    clock.advance(timedelta(hours=2))
    replays.tidy(clock.now())
    found = client.get(f"/v1/replays/{made['id']}").json()
    assert (found["state"], found["problem"]) == ("failed", "It did not end within an hour.")
    clock.advance(timedelta(days=1))
    replays.tidy(clock.now())
    assert client.get(f"/v1/replays/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("tried", "field"),
    [
        ({"since": "2027-01-01T00:00:00Z"}, "since"),
        ({"until": "2026-01-02T00:00:00Z"}, "since"),
        ({"policy": {"../sla.toml": "x = 1"}}, "policy"),
        ({"policy": {"sla.toml": "no table"}}, "policy"),
        ({"suggest_at": {"mood": 0.5}}, "suggest_at"),
        ({"answer_at": 1.5}, "answer_at"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_its_field(client: Client, tried: dict[str, Any], field: str) -> None:
    refused = ask(client, status=400, **tried)
    assert refused["errors"][0]["field"] == field
    assert client.get("/v1/replays").json() == {"replays": []}


def test_a_window_with_too_much_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST", 10)
    assert "60 tickets and sessions are too many" in ask(client, status=400)["errors"][0]["message"]


def test_only_an_admin_asks(client: Client, make_key: Callable[..., dict[str, str]]) -> None:
    assert client.post("/v1/replays", json=SINCE, headers=make_key("agent")).status_code == 403
