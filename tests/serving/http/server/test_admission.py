"""Overload: what waits, what is refused and what is let through all the same; the work is a handler that is blocked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from litestar import Litestar, get, post
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from serving.app import create_app
from serving.context import Slice
from serving.http.auth import PUBLIC
from serving.http.errors import Overloaded
from serving.http.health import Probes
from serving.http.server.admission import HANDOFFS, Places
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.usefixtures("migrated_home")

Client = TestClient[Litestar]
THREADS, QUEUE = 2, 3


class Gate:
    """Handlers that end when they are let go."""

    def __init__(self) -> None:
        self.at_work = 0
        self._lock, self._opened = threading.Lock(), threading.Event()

    def pass_through(self) -> None:
        with self._lock:
            self.at_work += 1
        assert self._opened.wait(PATIENCE)

    def open(self) -> None:
        self._opened.set()

    def handlers(self) -> list[Any]:
        def work() -> None:
            self.pass_through()

        paths = ["/v1/slow", "/v1/tickets", "/v1/deflections/{one:str}/ticket"]
        return [get("/v1/slow", opt=PUBLIC, sync_to_thread=True)(work)] + [
            post(path, opt=PUBLIC, sync_to_thread=True)(work) for path in paths
        ]


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def small(settings: Settings, gate: Gate) -> Iterator[Client]:
    """A service with few threads and a short queue."""
    few = replace(settings, request_threads=THREADS, handoff_threads=1, request_queue=QUEUE)
    app = create_app(few, clock=FrozenClock(), compose=lambda _: [Slice(handlers=gate.handlers())])
    with TestClient(app) as client:
        yield client


@pytest.fixture
def pool(gate: Gate) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as pool:
        yield pool
        gate.open()


def waiting(client: Client, kind: str) -> int:
    """Return how many requests wait for a place."""
    places: Places = getattr(client.app.state.entrance, kind)
    return places.waiting


def fill(client: Client, gate: Gate, pool: ThreadPoolExecutor, path: str, kind: str) -> list[Future[Any]]:
    """Take all places of a kind, and its whole queue."""
    before, threads = gate.at_work, THREADS if kind == "ordinary" else 1
    sent = [pool.submit(client.post, path, json={}) for _ in range(threads + QUEUE)]
    wait_until(lambda: (gate.at_work - before, waiting(client, kind)) == (threads, QUEUE))
    return sent


def test_what_finds_the_queue_full_is_refused_at_once(small: Client, gate: Gate, pool: ThreadPoolExecutor) -> None:
    sent = fill(small, gate, pool, "/v1/slow", "ordinary")
    for answer in (small.post("/v1/slow", json={}), small.get("/v1/slow")):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:firstline:problem:overloaded"
        assert "x-request-id" in answer.headers
    gate.open()
    assert [each.result(PATIENCE).status_code for each in sent] == [201] * (THREADS + QUEUE)
    assert small.get("/v1/slow").status_code == 200


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/deflections/dfl_1/ticket"])
def test_hand_offs_have_threads_of_their_own(small: Client, gate: Gate, pool: ThreadPoolExecutor, path: str) -> None:
    fill(small, gate, pool, "/v1/slow", "ordinary")
    handoff = pool.submit(small.post, path, json={})
    wait_until(lambda: gate.at_work == THREADS + 1)
    gate.open()
    assert handoff.result(PATIENCE).status_code == 201


def test_hand_offs_keep_the_others_from_nothing_and_have_a_bound_too(
    small: Client, gate: Gate, pool: ThreadPoolExecutor
) -> None:
    fill(small, gate, pool, "/v1/tickets", "handoffs")
    assert small.post("/v1/tickets", json={}).status_code == 503
    other = pool.submit(small.get, "/v1/slow")
    wait_until(lambda: gate.at_work == 2)
    gate.open()
    assert other.result(PATIENCE).status_code == 200


def test_probes_and_metrics_are_answered_however_full_it_is(
    small: Client, gate: Gate, pool: ThreadPoolExecutor
) -> None:
    fill(small, gate, pool, "/v1/slow", "ordinary")
    fill(small, gate, pool, "/v1/tickets", "handoffs")
    assert [small.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]


def test_every_path_of_a_hand_off_is_a_route(app: Litestar) -> None:
    routes = {
        route.path_format
        for route in app.routes
        if isinstance(route, HTTPRoute) and "POST" in route.methods and HANDOFFS.fullmatch(route.path_format)
    }
    assert routes == {"/v1/tickets", "/v1/deflections/{deflection_id}/ticket", "/v1/inbound/{helpdesk}"}


class TestPlaces:
    def test_are_given_back_by_an_error_and_by_a_caller_that_leaves(self) -> None:
        async def run() -> None:
            places = Places(1, 0)
            with pytest.raises(LookupError):
                async with places.one():
                    raise LookupError
            with anyio.move_on_after(0):
                async with places.one():
                    await anyio.sleep_forever()
            async with places.one():
                with pytest.raises(Overloaded):
                    places.refuse_if_full()
            places.refuse_if_full()

        anyio.run(run)

    def test_are_not_waited_for_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("serving.http.server.admission._WAIT", 0.01)

        async def run() -> None:
            places = Places(1, 1)
            async with places.one():
                with pytest.raises(Overloaded):
                    async with places.one():
                        raise AssertionError
                assert places.waiting == 0

        anyio.run(run)

    def test_refuse_at_once_who_would_wait_for_too_long_and_learn_when_it_is_quick_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at = 0.0
        monkeypatch.setattr("serving.http.server.admission.anyio.current_time", lambda: at)

        async def hold(places: Places, seconds: float) -> None:
            nonlocal at
            async with places.one():
                at += seconds

        async def run() -> None:
            places = Places(1, 64)
            for _ in range(200):
                await hold(places, 10.0)  # the mean is 10 s
            async with places.one():
                with pytest.raises(Overloaded):
                    places.refuse_if_full()
            for _ in range(200):
                await hold(places, 0.01)  # a free place is always given
            async with places.one():
                places.refuse_if_full()

        anyio.run(run)

    def test_a_flood_of_one_brand_takes_neither_the_queue_nor_the_turn_from_another(self) -> None:
        served: list[str] = []

        async def ask(places: Places, brand: str) -> None:
            async with places.one(brand):
                served.append(brand)
                await anyio.lowlevel.checkpoint()

        async def run() -> None:
            places = Places(1, 4)
            async with anyio.create_task_group() as group, places.one("flooded"):
                for _ in range(4):
                    group.start_soon(ask, places, "flooded")
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(Overloaded):
                    places.refuse_if_full("flooded")
                for _ in range(2):
                    group.start_soon(ask, places, "calm")
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(Overloaded):
                    places.refuse_if_full("calm")  # half of the queue is its part while another waits
                assert places.waiting == 6
            assert served == ["flooded", "calm", "flooded", "calm", "flooded", "flooded"]
            assert (places.waiting, places._free) == (0, 1)

        anyio.run(run)

    def test_a_place_that_comes_to_a_caller_who_leaves_goes_to_the_next(self) -> None:
        async def run() -> None:
            places = Places(1, 4)
            leaves = anyio.CancelScope()

            async def ask() -> None:
                with leaves:
                    async with places.one("acme"):
                        raise AssertionError

            async with anyio.create_task_group() as group, places.one():
                group.start_soon(ask)
                await anyio.wait_all_tasks_blocked()
                leaves.cancel()  # and the place is given in the same moment
            assert (places.waiting, places._free) == (0, 1)

        anyio.run(run)


class TestReadiness:
    def test_that_takes_long_is_what_it_was_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("serving.http.health._PATIENCE", 0.01)
        opened = threading.Event()
        opened.set()

        def check() -> str | None:
            assert opened.wait(PATIENCE)
            return None

        async def run() -> None:
            probes = Probes({"slow": check}, {})
            while not (await probes.readiness()).ready:  # a busy machine may need longer for the first
                pass
            opened.clear()
            assert (await probes.readiness()).ready
            monkeypatch.setattr("serving.http.health._TOO_LONG", 0.0)
            said = await probes.readiness()
            assert (said.ready, list(said.missing)) == (False, ["checks"])
            opened.set()
            monkeypatch.setattr("serving.http.health._PATIENCE", PATIENCE)
            assert (await probes.readiness()).ready

        anyio.run(run)

    def test_is_asked_once_for_all_who_ask_at_the_same_time(self) -> None:
        asked = 0
        opened = threading.Event()

        def check() -> str | None:
            nonlocal asked
            asked += 1
            assert opened.wait(PATIENCE)
            return "no"

        async def run() -> None:
            probes = Probes({"part": check}, {})
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(probes.readiness)
                await anyio.lowlevel.checkpoint()
                opened.set()
            assert (await probes.readiness()).missing == {"part": "no"}

        anyio.run(run)
        assert asked == 2
