"""Twenty repeats of one request at once, a thousand times: one ticket each, and one answer to the byte."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.crash.killable_service import KillableService, all_tickets

REPEATS = 20
ROUNDS = 1_000  # bound: so often a key is asked for, whatever dies


@dataclass
class Crowd:
    """Twenty callers who ask for the same at the same instant."""

    service: KillableService
    answers: dict[str, set[bytes]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def ask(self, keys: list[str]) -> None:
        """Ask for each key in turn, until it is answered."""
        together = threading.Barrier(REPEATS)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.service.port}",
            headers={"Authorization": f"Bearer {self.service.key}"},
            timeout=60,
            limits=httpx.Limits(keepalive_expiry=2),
        )

        def once(key: str) -> tuple[int, bytes]:
            together.wait(120)
            try:
                answer = client.post("/v1/tickets", json={"subject": key}, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                time.sleep(0.02)
                return 0, b""
            return answer.status_code, answer.content

        with client, ThreadPoolExecutor(REPEATS) as pool:
            for key in keys:
                rounds = 0
                while key not in self.answers and rounds < ROUNDS:
                    rounds += 1
                    for status, content in pool.map(once, [key] * REPEATS):
                        self._note(key, status, content)

    def _note(self, key: str, status: int, content: bytes) -> None:
        self.statuses[status] += 1
        if status == 201:
            self.answers.setdefault(key, set()).add(content)


def check(crowd: Crowd, keys: list[str]) -> None:
    tickets = Counter(ticket["subject"] for ticket in all_tickets(crowd.service))

    assert tickets == Counter(keys), "one ticket for each key"
    assert {key: len(contents) for key, contents in crowd.answers.items()} == dict.fromkeys(keys, 1)
    print(f"{len(keys)} keys: {dict(crowd.statuses)}")


def ask_while_it_dies(service: KillableService, keys: list[str], kills: int) -> Crowd:
    """Ask for all keys while the service is killed again and again, half of the times between effect and answer."""
    crowd, over = Crowd(service), threading.Event()
    asking = threading.Thread(target=lambda: (crowd.ask(keys), over.set()), daemon=True)
    asking.start()
    for number in range(kills):
        if over.wait(0.5):
            break
        if number % 2:
            service.orders.write_text(("before_commit", "after_commit")[number // 2 % 2])
            service.died(2)
        service.kill()
        service.start()
    asking.join(800)
    assert not asking.is_alive()
    return crowd


@pytest.fixture
def service(tmp_path: Path) -> Iterator[KillableService]:
    killable = KillableService(tmp_path / "home")
    killable.start()
    yield killable
    killable.close()


def test_100_keys_20_times_at_once_have_one_effect_each(service: KillableService) -> None:
    keys = [f"key {number}" for number in range(100)]
    crowd = Crowd(service)
    crowd.ask(keys)
    check(crowd, keys)
    assert set(crowd.statuses) <= {201, 409}
    assert crowd.statuses.total() == 100 * REPEATS


def test_a_key_has_one_effect_though_the_service_is_killed_between_its_repeats(service: KillableService) -> None:
    keys = [f"key {number}" for number in range(60)]
    crowd = ask_while_it_dies(service, keys, kills=6)
    check(crowd, keys)
    assert crowd.statuses[0] > 0
    assert set(crowd.statuses) <= {0, 201, 409}


@pytest.mark.deep
@pytest.mark.timeout(1_200)
def test_1000_keys_20_times_at_once_have_one_effect_each(service: KillableService) -> None:
    keys = [f"key {number}" for number in range(1_000)]
    crowd = Crowd(service)
    crowd.ask(keys)
    check(crowd, keys)
    assert set(crowd.statuses) <= {201, 409}
