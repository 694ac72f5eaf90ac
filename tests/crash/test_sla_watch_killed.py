"""Three replicas watch the deadlines, with clocks that disagree by 5 s, and whichever is at work is killed: each
breach is on record once, and told once to a receiver that knows what it has had.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.clock import SystemClock
from serving.jobs.queue import LEASE
from serving.settings import Settings
from serving.storage.database import Database
from serving.storage.job_tables import jobs, outbox_events
from serving.storage.tables import ticket_events, ticket_notices
from tests.crash.fork_server import ForkedProcess, ForkServer
from tests.crash.sla_watch_launcher import POINTS
from tests.postgres import Postgres
from tests.serving.webhooks.receiver import Receiver

SKEWS = (0.0, 2.5, -2.5)  # seconds: 5 between the clock that is fast and the one that is slow
POLL = 1  # seconds between two looks of a replica
PATIENCE = 120.0  # seconds in which somebody must have come to a point
SHORT_LEASE = 10.0  # seconds, more than the skew: for the ordinary run, which must not wait for that of a minute
# A first answer to a P2 of the plan enterprise, whose hours never end: the clock of this test is a real one.
PROMISES = {"contract": timedelta(hours=1), "target": timedelta(hours=4)}

Breach = tuple[str, str, str, datetime]  # the ticket; source and kind of the deadline; when it was due


@dataclass
class Replica:
    """`firstline worker` on the common database, with a home of its own."""

    home: Path
    environment: dict[str, str]

    def __post_init__(self) -> None:
        self.home.mkdir()
        told = self.environment | {"FIRSTLINE_HOME": str(self.home), "CRASH_ORDERS": str(self.home / "none")}
        self._log = self.home / "worker.log"
        self._fork_server = ForkServer(os.environ | told, self._log, "tests.crash.sla_watch_launcher")
        self.process: ForkedProcess | None = None

    def start(self) -> None:
        self.process = self._fork_server.begin("worker")

    def wait_until_it_works(self) -> None:
        until = time.monotonic() + PATIENCE
        while "Firstline works on" not in self._log.read_text():
            assert time.monotonic() < until, self._log.read_text()[-3000:]
            time.sleep(0.05)

    @property
    def is_dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def close(self) -> None:
        if self.process is not None and not self.is_dead:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=PATIENCE)
        self._fork_server.close()


@dataclass
class Desk:
    """Where tickets are opened whose deadlines are about to pass, and what became of them is read."""

    client: TestClient[Litestar]
    orders: Path
    replicas: list[Replica] = field(default_factory=list)
    expected: set[Breach] = field(default_factory=set)
    opened: dict[str, datetime] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    @property
    def database(self) -> Database:
        database: Database = self.client.app.state.context.database
        return database

    def open_ticket(self, promise: timedelta, seconds: float) -> None:
        """Open a ticket that misses a promise in so many seconds, and has missed those that end sooner."""
        now = SystemClock().now()
        created = now - promise + timedelta(seconds=seconds)
        body = {"subject": "x", "plan": "enterprise", "created_at": created.isoformat(), "tags": {"priority": "P2"}}
        answer = self.client.post("/v1/tickets", json=body)
        assert answer.status_code == 201, answer.text
        ticket = answer.json()["id"]
        self.opened[ticket] = now
        for source, each in PROMISES.items():
            if each <= promise:
                self.expected.add((ticket, source, "first_response", created + each))

    def kill(self, point: str, chance: random.Random) -> None:
        """Kill whoever comes to a point first, or anybody at any instant, and start it again."""
        if point in POINTS:
            unseen = self.orders.with_suffix(".new")
            unseen.write_text(point)
            unseen.replace(self.orders)
        for promise in PROMISES.values():
            self.open_ticket(promise, chance.uniform(0.2, 1.5))
        if point not in POINTS:
            time.sleep(chance.uniform(0.2, 2.5))
            process = chance.choice(self.replicas).process
            assert process is not None
            process.send_signal(signal.SIGKILL)
        for dead in self._wait_for_a_death(point):
            dead.start()
        self.killed[point] += 1

    def _wait_for_a_death(self, point: str) -> list[Replica]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if dead := [each for each in self.replicas if each.is_dead]:
                return dead
            time.sleep(0.02)
        raise AssertionError(f"nobody came to {point}")

    def wait_until_all_is_told(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            # In this order: a notice that is seen brought its job with it, and a job ends when its event was told.
            if len(self.noted()) >= len(self.expected) and not self.jobs_left():
                return
            time.sleep(0.2)

    def jobs_left(self) -> int:
        counted = sa.select(sa.func.count()).select_from(jobs)
        return int(self.database.read(lambda connection: connection.scalar(counted)) or 0)

    def noted(self) -> list[Breach]:
        """Return the breaches on record, in the order in which they were committed."""
        n = ticket_notices.c
        asked = sa.select(n.ticket_id, n.source, n.kind, n.due_by).where(n.what == "breached").order_by(n.id)
        return self.database.read(lambda connection: [(a, b, c, d) for a, b, c, d in connection.execute(asked)])

    def facts(self) -> list[Breach]:
        e = ticket_events.c
        asked = sa.select(e.ticket_id, e.record).where(e.type == "sla_breached")
        rows = self.database.read(lambda connection: connection.execute(asked).all())
        return [(a, r["source"], r["kind"], datetime.fromisoformat(r["due_by"])) for a, r in rows]

    def events(self) -> dict[str, str]:
        """Return the ticket of each event of a breach, by the event's id."""
        e = outbox_events.c
        asked = sa.select(e.id, e.subject).where(e.type == "ticket.sla_breached")
        return self.database.read(lambda connection: {row.id: row.subject for row in connection.execute(asked)})


class Onlooker:
    """Looks all the time, by a clock that is right, when a breach can first be seen on record."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._over = desk, threading.Event()
        self.seen: dict[Breach, datetime] = {}
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.1):
            noted = self._desk.noted()
            now = SystemClock().now()
            for each in noted:
                self.seen.setdefault(each, now)

    def delays(self) -> list[float]:
        """Return how many seconds after it could be known each breach was on record; negative where a clock is fast."""
        self._over.set()
        self._thread.join(timeout=PATIENCE)
        assert not self._thread.is_alive()
        return sorted((at - max(each[3], self._desk.opened[each[0]])).total_seconds() for each, at in self.seen.items())


@pytest.fixture
def database_url(postgres: Postgres, template: str) -> str:
    return postgres.fresh(template)


@pytest.fixture
def desk(settings: Settings, make_key: Any, receiver: Receiver, tmp_path: Path) -> Iterator[Desk]:
    """The service that opens tickets; it works at nothing itself, and its own watch would look in an hour."""
    settings.home.mkdir(exist_ok=True)
    app = create_app(replace(settings, sla_watch_seconds=3600, allow_cidrs="127.0.0.0/8"), clock=SystemClock())
    with TestClient(app) as client:
        client.headers.update(make_key("admin"))
        subscribed = client.post("/v1/webhooks", json={"url": receiver.url})
        assert subscribed.status_code == 201, subscribed.text
        desk = Desk(client, tmp_path / "orders")
        yield desk
        for replica in desk.replicas:
            replica.close()


def begin(desk: Desk, folder: Path, url: str, lease: float) -> None:
    told = {
        "FIRSTLINE_DATABASE_URL": url,
        "FIRSTLINE_SAMPLE": str(folder / "no-sample"),
        "FIRSTLINE_SLA_WATCH_SECONDS": str(POLL),
        "FIRSTLINE_ALLOW_CIDRS": "127.0.0.0/8",
        "FIRSTLINE_LOG_LEVEL": "warning",
        "WATCH_ORDERS": str(desk.orders),
        "CRASH_LEASE": str(lease),
    }
    for number, skew in enumerate(SKEWS):
        desk.replicas.append(Replica(folder / f"replica-{number}", told | {"WATCH_SKEW": str(skew)}))
    for replica in desk.replicas:
        replica.start()
    for replica in desk.replicas:
        replica.wait_until_it_works()


def watch_and_die(desk: Desk, kills: int, seed: int, lease: float) -> list[float]:
    """Let replicas die in turn at each point and at random; return how late each breach was on record."""
    chance, onlooker = random.Random(seed), Onlooker(desk)
    deaths = (*POINTS[:3], "at random", *POINTS[3:])
    for number in range(kills):
        desk.kill(deaths[number % len(deaths)], chance)
    desk.wait_until_all_is_told(lease + PATIENCE)
    return onlooker.delays()


def check(desk: Desk, receiver: Receiver, delays: list[float]) -> None:
    """Insist that each breach is there once; print what is no promise: repeated calls, and delays."""
    told = {each.headers["webhook-id"]: json.loads(each.body) for each in receiver.received}
    effects = {id_: event["data"]["id"] for id_, event in told.items() if event["type"] == "ticket.sla_breached"}
    once = Counter(desk.expected)

    assert Counter(desk.noted()) == once
    assert Counter(desk.facts()) == once
    assert Counter(desk.events().values()) == Counter(ticket for ticket, *_ in desk.expected)
    assert effects == desk.events(), "the receiver, which takes each webhook-id once, knows just what is on record"
    print(
        f"{len(effects)} breaches, killed {dict(desk.killed)}; {len(receiver.received)} calls for {len(told)} events;"
        f" on record {delays[len(delays) // 2]:.1f} s after the deadline in the middle, {delays[-1]:.1f} s at most"
    )


@pytest.mark.timeout(900)
def test_each_breach_is_told_once_when_the_replica_at_work_is_killed_6_times(
    desk: Desk, receiver: Receiver, database_url: str, tmp_path: Path
) -> None:
    begin(desk, tmp_path, database_url, SHORT_LEASE)
    check(desk, receiver, watch_and_die(desk, kills=6, seed=1, lease=SHORT_LEASE))


@pytest.mark.deep
@pytest.mark.timeout(3_000)
def test_each_breach_is_told_once_when_the_replica_at_work_is_killed_50_times(
    desk: Desk, receiver: Receiver, database_url: str, tmp_path: Path
) -> None:
    lease, seed = LEASE.total_seconds(), random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    begin(desk, tmp_path, database_url, lease)
    check(desk, receiver, watch_and_die(desk, kills=50, seed=seed, lease=lease))
