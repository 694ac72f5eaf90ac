"""Three replicas behind nginx on one PostgreSQL, under a light load: restarted, given another model, killed."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.journeys.replicas import Load, Noted, Replicas, behind_nginx, failed, installed
from tests.journeys.service import create_key
from tests.postgres import Postgres
from tests.serving.webhooks.receiver import Receiver
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.model.registry import Registry

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not installed(), reason="nginx is not installed")]

PAGE = "https://shop.example"
DRAIN = 5
ASKS = 24


@dataclass
class Desk:
    """The replicas, their common home and database, and the keys."""

    replicas: Replicas
    home: Path
    url: str
    admin: dict[str, str]
    widget: dict[str, str]
    bundles: dict[str, Path]
    load: Load

    def cookie(self, client: httpx.Client) -> str:
        """Sign in to the console."""
        form, origin = {"key": self.admin["Authorization"].removeprefix("Bearer ")}, str(client.base_url).rstrip("/")
        said = client.post("/sign-in", data=form, headers={"Origin": origin})
        assert said.status_code == 303, said.text
        return said.headers["set-cookie"].partition(";")[0]

    def count(self, query: str) -> list[tuple[int, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def desk(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("replicas")
    bundles = {name: tiny_bundle(folder / name, name=name) for name in ("first", "second")}
    home, url = folder / "home", postgres.fresh()
    home.mkdir()
    registry = Registry(home / "models")
    registry.make_current(registry.add(bundles["first"]))
    told = {
        "FIRSTLINE_DATABASE_URL": url,
        "FIRSTLINE_SAMPLE": str(folder / "no-sample"),
        "FIRSTLINE_TRUSTED_PROXIES": "127.0.0.1/32",
        "FIRSTLINE_DRAIN_SECONDS": str(DRAIN),
        "FIRSTLINE_RATE_LIMITS": "suggestions.address=10/hour",
        "FIRSTLINE_ALLOW_CIDRS": "127.0.0.0/8",
        "FIRSTLINE_SLA_WATCH_SECONDS": "2",
    }
    admin, widget = (
        {"Authorization": f"Bearer {key}"}
        for key in (
            create_key(home, "admin", FIRSTLINE_DATABASE_URL=url),
            create_key(home, "widget", "--origin", PAGE, FIRSTLINE_DATABASE_URL=url),
        )
    )
    with behind_nginx(folder / "run", home, told) as replicas:
        with replicas.browser() as client:
            article = {"id": "csv", "title": "CSV export is empty", "body": "Choose a date range, then export again."}
            said = client.post("/v1/articles/import", json={"articles": [article]}, headers=admin)
            assert said.status_code in {200, 201}, said.text
            desk = Desk(replicas, home, url, admin, widget | {"Origin": PAGE}, bundles, Load(replicas, {}))
            cookie = {"Cookie": desk.cookie(client)}
        desk.load = Load(
            replicas,
            {
                "question": lambda client, n: client.post(
                    "/v1/deflections", json={"question": f"Why is the csv export {n} empty?"}, headers=admin
                ),
                "tags": lambda client, n: client.post(
                    "/v1/tags", json={"subject": f"csv export empty {n}"}, headers=admin
                ),
                "ticket": lambda client, n: client.post(
                    "/v1/tickets", json={"subject": f"refund {n}"}, headers=admin | {"Idempotency-Key": f"k-{n}"}
                ),
                "console": lambda client, n: client.get("/queue" if n % 2 else "/", headers=cookie),
            },
        )
        yield desk


def told(noted: list[Noted], seconds: float) -> str:
    kinds = Counter(each.kind for each in noted)
    return f"{len(noted)} requests in {seconds:.0f} s, {dict(kinds)}, failed: {failed(noted)}"


def test_restarting_one_after_the_other_fails_no_request(desk: Desk) -> None:
    began = time.monotonic()
    with desk.load.running() as noted:
        time.sleep(1)
        for one in desk.replicas.each:
            assert one.process is not None
            one.process.send_signal(signal.SIGTERM)
            wait_until(lambda: one.readiness() == 503, "it goes on to say that it is ready", pause=0.1)  # noqa: B023
            one.process.wait(timeout=60)
            one.start()
            one.wait()
        time.sleep(1)
    print(told(noted, time.monotonic() - began))
    assert not failed(noted)
    assert min(Counter(each.kind for each in noted).values()) > 10


def test_a_promotion_fails_no_request_and_each_answer_is_by_one_of_both_bundles(desk: Desk) -> None:
    began, registry = time.monotonic(), Registry(desk.home / "models")
    first, second = registry.current_id(), registry.add(desk.bundles["second"])

    def serving() -> set[str]:
        versions = set()
        for one in desk.replicas.each:
            with desk.replicas.browser(one, **desk.admin) as client:
                versions.add(client.post("/v1/tags", json={"subject": "csv"}).json()["model"]["version"])
        return versions

    with desk.load.running() as noted:
        time.sleep(1)
        registry.make_current(second)
        wait_until(lambda: serving() == {second}, "not everywhere", pause=0.3)
        promoted = time.monotonic()
        time.sleep(1.5)
    print(told(noted, time.monotonic() - began))
    assert not failed(noted)
    tags = [each for each in noted if each.kind == "tags"]
    assert {each.body["model"]["version"] for each in tags} == {first, second}
    assert {each.body["model"]["version"] for each in tags if each.at > promoted} == {second}


def test_one_that_is_killed_takes_only_what_it_worked_on_and_a_repeat_has_one_effect(desk: Desk) -> None:
    one, began = desk.replicas.each[1], time.monotonic()
    with desk.load.running() as noted:
        time.sleep(1)
        killed = time.monotonic()
        one.end(signal.SIGKILL)
        time.sleep(4)
        one.start()
        one.wait()
        time.sleep(1)
    print(told(noted, time.monotonic() - began))
    lost = failed(noted)
    assert all(killed - 30 < each.at < killed + 1 for each in lost), "asked before or at the kill"
    assert {each.kind for each in lost} <= {"question", "tags", "ticket"}, "nginx repeats a GET elsewhere"
    assert len(lost) <= 3, "one connection for each kind"
    everything = [each for each in desk.load.noted if each.kind == "ticket"]
    with desk.replicas.browser(**desk.admin) as client:

        def again(number: int) -> httpx.Response | None:
            key, body = {"Idempotency-Key": f"k-{number}"}, {"subject": f"refund {number}"}
            said = client.post("/v1/tickets", json=body, headers=key)
            return None if said.status_code in {409, 502, 503} else said

        for each in lost:
            if each.kind == "ticket":
                assert wait_until(lambda: again(each.number)).status_code == 201  # noqa: B023
        for each in everything[-5:]:
            repeated = again(each.number)
            assert repeated is not None
            assert each in lost or repeated.json() == each.body
    assert desk.count("SELECT count(*), count(DISTINCT subject) FROM tickets WHERE subject LIKE 'refund %'") == [
        (len(everything), len(everything))
    ]


def test_a_session_of_the_widget_goes_on_at_any_replica(desk: Desk) -> None:
    with ExitStack() as stack:
        each = [stack.enter_context(desk.replicas.browser(one, **desk.widget)) for one in desk.replicas.each]
        go_on_with_a_session(*each)


def go_on_with_a_session(one: httpx.Client, two: httpx.Client, three: httpx.Client) -> None:
    """Ask at the first, look and rate at the second, and hand off at the third."""
    asked = one.post("/v1/deflections", json={"question": "Why is my csv export empty?"})
    assert asked.status_code == 201, asked.text
    path, session = f"/v1/deflections/{asked.json()['id']}", {"Firstline-Session": asked.json()["client_secret"]}
    assert two.get(path, headers=session).status_code == 200
    assert two.get(path, headers={"Firstline-Session": "cs_wrong"}).status_code == 404
    rated = two.post(f"{path}/outcome", json={"outcome": "not_helpful"}, headers=session)
    assert rated.status_code == 200, rated.text
    made = three.post(f"{path}/ticket", json={"email": "ana@example.com"}, headers=session)
    assert made.status_code == 201, made.text
    assert one.get(path, headers=session).json()["number"] == made.json()["number"]


def test_a_sign_in_to_the_console_holds_at_any_replica(desk: Desk) -> None:
    with desk.replicas.browser(desk.replicas.each[0]) as client:
        cookie = {"Cookie": desk.cookie(client)}
    for each in desk.replicas.each:
        with desk.replicas.browser(each, **cookie) as client:
            assert client.get("/queue").status_code == 200


def test_a_rate_limit_counts_over_all(desk: Desk) -> None:
    said: Counter[int] = Counter()
    for number in range(ASKS):
        with desk.replicas.browser(desk.replicas.each[number % 3], **desk.widget) as client:
            said[client.post("/v1/deflections/suggestions", json={"question": "csv export"}).status_code] += 1
    assert said == {200: 10, 429: ASKS - 10}


def test_events_are_delivered_once_and_missed_deadlines_are_noticed_once(desk: Desk, receiver: Receiver) -> None:
    with desk.replicas.browser(**desk.admin) as client:
        made = client.post("/v1/webhooks", json={"url": receiver.url})
        assert made.status_code == 201, made.text
        late = (datetime.now(UTC) - timedelta(days=3)).isoformat()
        filed = {"plan": "enterprise", "tags": {"priority": "P1"}, "created_at": late}
        said = [client.post("/v1/tickets", json={"subject": f"invoice {n}", **filed}) for n in range(10)]
        assert {each.status_code for each in said} == {201}, said[0].text
        tickets = {each.json()["id"] for each in said}

        def heard(kind: str) -> Counter[tuple[str, ...]]:
            events = [json.loads(each.body) for each in receiver.received]
            told = [each["data"] for each in events if each["type"] == kind and each["data"]["id"] in tickets]
            return Counter((each["id"], each.get("source", ""), each.get("kind", "")) for each in told)

        wait_until(lambda: {each for each, *_ in heard("ticket.created")} == tickets, "not all were delivered")
        wait_until(lambda: {each for each, *_ in heard("ticket.sla_breached")} == tickets, "not all were noticed")
        time.sleep(5)  # two more rounds of each watch
    assert len(heard("ticket.created")) == len(tickets)
    assert len(heard("ticket.sla_breached")) >= 2 * len(tickets), "an answer and a solution are late"
    for kind in ("ticket.created", "ticket.sla_breached"):
        assert set(heard(kind).values()) == {1}, kind
    assert set(Counter(each.headers["webhook-id"] for each in receiver.received).values()) == {1}
