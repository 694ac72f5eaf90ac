"""Two workers serve as one service: they are counted, killed, replaced and ended, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from serving.keys.api_keys import id_of
from serving.peers.sqlite_driver import shared_driver
from serving.storage.database import EmbeddedDatabase
from serving.storage.errors import HomeInUse
from tests.crash.killable_service import Customers, KillableService, assert_whole
from tests.crash.operation_history import OperationHistory
from tests.crash.test_killed import check_tickets
from tests.crash.worker_service import WorkerService, firstline, gone, two_workers
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.model.registry import Registry

pytestmark = pytest.mark.skipif(shared_driver() is None, reason="no SQLite here may be shared")

ASKS = 24  # requests, each on a connection of its own: that one of two workers gets none has a chance of 1 in 8 million


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    made = {name: tiny_bundle(folder / name, name=name) for name in ("first", "second")}
    return made | {"damaged": tiny_bundle(folder / "damaged", name="damaged", golden_off_by=0.3)}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, bundles: dict[str, Path]) -> Iterator[WorkerService]:
    home = tmp_path_factory.mktemp("workers") / "home"
    registry = Registry(home / "models")
    registry.make_current(registry.add(bundles["first"]))
    limits = "outcomes.address=none, requests.address=10/hour"
    with two_workers(home, FIRSTLINE_RATE_LIMITS=limits, FIRSTLINE_WORKER_HANG_SECONDS="8") as running:
        yield running


def killable(service: WorkerService) -> KillableService:
    """Return what the customers of other tests ask, of a service that runs already."""
    asked = KillableService.__new__(KillableService)
    asked.home, asked.key, asked.port, asked.environment = service.home, service.key, service.port, {}
    return asked


def statuses(service: WorkerService, path: str, **given: object) -> Counter[int]:
    with ThreadPoolExecutor(4) as pool:
        return Counter(pool.map(lambda _: service.ask("GET", path, **given).status_code, range(ASKS)))


def test_one_key_has_one_effect_whichever_worker_is_asked(service: WorkerService) -> None:
    def once(_: int) -> tuple[int, bytes]:
        while True:
            body, headers = {"subject": "Once", "description": "It fails."}, {"Idempotency-Key": "k-once"}
            said = service.ask("POST", "/v1/tickets", json=body, headers=headers)
            if said.status_code not in {409, 503}:
                return said.status_code, said.content
            time.sleep(0.05)

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(once, range(ASKS)))
    assert [(status, number) for (status, _), number in answers.items()] == [(201, ASKS)]
    listed = service.ask("GET", "/v1/tickets").json()["tickets"]
    assert [each["subject"] for each in listed].count("Once") == 1


def test_a_rate_limit_counts_over_both(service: WorkerService) -> None:
    made = firstline(service.home, "keys", "create", "--scope", "widget", "--origin", "https://a.example")
    key, origin = made.stdout.strip(), {"Origin": "https://a.example"}
    found = statuses(service, "/v1/deflections/unknown", key=key, headers=origin)
    assert found[429] == ASKS - 10


def test_a_key_that_is_revoked_soon_ends_in_both(service: WorkerService) -> None:
    made = firstline(service.home, "keys", "create", "--scope", "agent").stdout.strip()
    assert set(statuses(service, "/v1/tickets", key=made)) == {200}
    assert firstline(service.home, "keys", "revoke", id_of(made)).returncode == 0
    wait_until(lambda: set(statuses(service, "/v1/tickets", key=made)) == {401}, "the key is still taken")


def test_metrics_are_those_of_both_and_never_fall_when_one_dies(service: WorkerService) -> None:
    labels = {"method": "GET", "route": "/healthz"}
    before = service.counted("firstline_requests_total", **labels)
    assert set(statuses(service, "/healthz")) == {200}
    wait_until(lambda: service.counted("firstline_requests_total", **labels) == before + ASKS, "not all were counted")
    service.kill_one(0)
    assert service.counted("firstline_requests_total", **labels) >= before + ASKS
    assert service.counted("firstline_model_live") == 1


def test_a_swap_goes_live_in_both_and_a_bundle_that_is_refused_in_none(
    service: WorkerService, bundles: dict[str, Path]
) -> None:
    registry = Registry(service.home / "models")
    first, second = registry.current_id(), registry.add(bundles["second"])

    def serving(_: int = 0) -> str:
        said = service.ask("POST", "/v1/tags", json={"subject": "csv export empty"})
        assert said.status_code == 200, said.text
        version: str = said.json()["model"]["version"]
        return version

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(serving, range(ASKS))) == {first}
        registry.make_current(second)
        wait_until(lambda: set(pool.map(serving, range(ASKS))) == {second}, "it never served in both")
        registry.make_current(registry.add(bundles["damaged"]))
        time.sleep(3)
        assert set(pool.map(serving, range(ASKS))) == {second}
    registry.make_current(second)


def test_a_second_service_on_the_home_is_refused_whatever_its_workers(service: WorkerService) -> None:
    said = f"is in use by process {service.process.pid}. One service owns an embedded database"
    with pytest.raises(HomeInUse, match=said):
        EmbeddedDatabase(service.home / "firstline.db").open()
    refused = firstline(service.home, "serve", "--port", "0", "--workers", "2")
    assert (refused.returncode, said in refused.stderr) == (1, True)


def test_workers_that_are_killed_are_replaced_and_nothing_acknowledged_is_lost(
    service: WorkerService, history: OperationHistory
) -> None:
    asked = killable(service)
    customers = Customers(asked, history)
    customers.start()
    for turn in range(2):
        time.sleep(0.5)
        service.kill_one(turn % 2)
    customers.stop()
    check_tickets(asked, history)
    with asked.look() as connection:
        assert_whole(connection)


def test_one_that_hangs_is_replaced_while_the_other_goes_on_and_nothing_acknowledged_is_lost(
    service: WorkerService, history: OperationHistory
) -> None:
    asked, stopped = killable(service), service.workers()[0]
    customers = Customers(asked, history)
    customers.start()
    time.sleep(0.5)
    os.kill(stopped, signal.SIGSTOP)
    answered = 0
    for _ in range(10):
        with suppress(httpx.TimeoutException):
            answered += httpx.get(f"http://127.0.0.1:{service.port}/healthz", timeout=0.5).status_code == 200
    wait_until(lambda: stopped not in service.workers(), "it was never ended")
    service.wait_for_both()
    customers.stop()
    assert answered > 0
    assert f'"worker.hangs","process":{stopped}' in service.log
    assert service.counted("firstline_workers_replaced_total", reason="hung") == 1
    check_tickets(asked, history)
    with asked.look() as connection:
        assert_whole(connection)


def test_sigterm_ends_all_after_what_is_under_way(service: WorkerService, history: OperationHistory) -> None:
    """The last test of this service: it ends."""
    asked, workers = killable(service), service.workers()
    answered: Counter[int | str] = Counter()

    def tag(number: int) -> None:
        try:
            answered[service.ask("POST", "/v1/tags", json={"subject": f"csv export {number}"}).status_code] += 1
        except httpx.TransportError as error:
            answered[type(error).__name__] += 1

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(tag, number) for number in range(200)]
        wait_until(lambda: answered[200] > 20)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=120) == 0
        assert gone(workers)
        for each in asking:
            each.result()
    # Who was not connected yet is refused, or reset where the kernel had taken the connection: nobody gets half.
    assert set(answered) <= {200, "ConnectError", "ReadError", "RemoteProtocolError"}
    with asked.look() as connection:
        assert_whole(connection)
    assert not (service.home / "run").exists()


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_service_that_is_killed_takes_its_workers_with_it_and_loses_nothing(
    tmp_path: Path, history: OperationHistory, engine: str, request: pytest.FixtureRequest
) -> None:
    told = {"FIRSTLINE_WORKERS": "2"}
    if engine == "postgres":
        server = request.getfixturevalue("postgres")
        told["FIRSTLINE_DATABASE_URL"] = server.fresh(request.getfixturevalue("template"))
    service = KillableService(tmp_path / "home", environment=told)
    try:
        service.start()
        customers = Customers(service, history, pause=0.05)
        customers.start()
        time.sleep(1)
        assert service.process is not None
        parent = service.process.pid
        workers = [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
        service.kill()
        assert gone(workers, seconds=10)
        service.start()
        customers.stop()
        check_tickets(service, history)
        with service.look() as connection:
            assert_whole(connection)
    finally:
        service.close()
