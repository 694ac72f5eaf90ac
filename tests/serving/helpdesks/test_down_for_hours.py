"""A desk that is down for hours or loses its answers, on both engines: in the end each ticket is there once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.helpdesks.calls import calls, connected
from serving.helpdesks.store import LinkStore
from serving.helpdesks.sync import Sync
from serving.helpdesks.tasks import SHOW, SyncTasks
from serving.helpdesks.waiting import waiting
from serving.jobs import queue as jobs
from serving.jobs.queue import RetryLater
from serving.jobs.workers import Workers
from serving.settings import Settings
from serving.ticket_desk import NewTicket
from serving.tickets.desk import Desk
from tests.conftest import on_both_engines
from tests.fakes import FixedTagger, FrozenClock
from tests.serving.helpdesks.freshdesk_server import FreshdeskServer, running
from tests.serving.helpdesks.recording_transport import a_connection
from tests.serving.jobs_database import run_one

HOUR = timedelta(hours=1)


class DiedError(BaseException):
    """Ends a worker where nothing of ours can catch it."""


class Scene:
    """A service with a desk over real sockets, and the time."""

    def __init__(self, app: Litestar, clock: FrozenClock, server: FreshdeskServer) -> None:
        self.context, self.clock, self.server = app.state.context, clock, server
        self.here = Desk(self.context, FixedTagger())
        self.links = LinkStore(self.context.database)
        connection = a_connection("freshdesk", name="desk", url=server.url, suggestions="fields")
        there = connected(connection, calls(Settings(allow_cidrs="127.0.0.0/8")))
        exchange = Sync({"desk": connection}, lambda _: there, self.here, self.links, self.context.telemetry)
        self.rounds = SyncTasks(exchange, clock)
        self.links.since("desk", clock.now())

    def workers(self) -> Workers:
        context, tasks = self.context, self.rounds.tasks()
        return Workers(context.database, self.clock, context.telemetry, tasks, threads=1, draw=lambda: 0.5)

    def open(self) -> str:
        new = NewTicket(subject="Export is empty", description="All.", channel="web", plan="premium")
        return self.here.open(new, at=self.clock.now()).id

    def retag(self, ticket_id: str, priority: str) -> None:
        at = self.clock.now()
        self.here.change(ticket_id, lambda ticket: ticket.retag({"priority": priority}, at=at, by="agent:kim"), at=at)

    def pass_time(self, span: timedelta, step: timedelta = timedelta(minutes=10)) -> None:
        for _ in range(int(span / step)):
            self.rounds.look(self.clock.advance(step))
            workers = self.workers()
            while run_one(workers):
                pass

    def ids_there(self) -> list[str]:
        return sorted(tag for each in self.server.tickets.values() for tag in each["tags"] if tag.startswith("tkt_"))


pytestmark = [pytest.mark.slow, on_both_engines]


@pytest.fixture
def scene(desk_app: Litestar, clock: FrozenClock) -> Iterator[Scene]:
    with running() as server, TestClient(desk_app):
        yield Scene(desk_app, clock, server)


@pytest.mark.parametrize("failure", ["reset", "throttled", "lost"])
def test_after_six_hours_of_failures_each_ticket_is_there_once_as_it_is_now(scene: Scene, failure: str) -> None:
    scene.server.failure = failure
    tickets = [scene.open() for _ in range(3)]
    scene.pass_time(3 * HOUR)
    for priority in ("P3", "P0"):
        for ticket_id in tickets:
            scene.retag(ticket_id, priority)
    scene.pass_time(3 * HOUR)
    scene.server.failure = ""
    scene.pass_time(4 * HOUR)
    assert scene.ids_there() == sorted(tickets)
    assert {each["priority"] for each in scene.server.tickets.values()} in ({4}, {"4"})


def test_a_desk_that_asks_for_two_hours_is_not_called_before(scene: Scene) -> None:
    scene.server.failure = "throttled"
    scene.open()
    scene.pass_time(timedelta(minutes=110))
    assert scene.server.calls == 1


def test_changes_of_a_ticket_come_in_order(scene: Scene) -> None:
    ticket_id = scene.open()
    scene.pass_time(timedelta(minutes=10))
    for priority in ("P3", "P0", "P2"):
        scene.retag(ticket_id, priority)
        scene.pass_time(timedelta(minutes=10))
    assert [int(each) for each in scene.server.priorities[-3:]] == [1, 4, 2]


def test_a_worker_that_dies_between_the_create_and_its_note_leaves_one_ticket(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket_id = scene.open()
    scene.rounds.look(scene.clock.advance(timedelta(minutes=1)))

    def die(*_: object) -> None:
        raise DiedError

    with monkeypatch.context() as dying:
        dying.setattr(LinkStore, "found", die)
        with pytest.raises(DiedError):
            run_one(scene.workers())
    assert scene.ids_there() == [ticket_id]
    scene.pass_time(timedelta(minutes=30))
    assert scene.ids_there() == [ticket_id]
    assert scene.links.outdated("desk", scene.clock.now(), []) == []


def test_whoever_has_lost_its_job_keeps_nothing(scene: Scene) -> None:
    scene.open()
    scene.rounds.look(scene.clock.advance(timedelta(minutes=1)))

    def claim(connection: object) -> jobs.Job | None:
        return jobs.claim(connection, SHOW, most=2, at=scene.clock.now())  # type: ignore[arg-type]

    late = scene.context.database.write(claim)
    scene.clock.advance(timedelta(minutes=2))
    assert scene.context.database.write(claim).token == late.token + 1
    with pytest.raises(RetryLater, match="another holds this job"):
        scene.rounds.show(late)
    assert scene.ids_there() == []


def test_several_replicas_that_look_and_work_at_once_make_no_second_ticket(scene: Scene) -> None:
    tickets = [scene.open() for _ in range(12)]
    scene.clock.advance(timedelta(minutes=1))

    def replica(_: int) -> None:
        scene.rounds.look(scene.clock.now())
        workers = scene.workers()
        while run_one(workers):
            scene.rounds.look(scene.clock.now())

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(replica, range(3)))
    scene.pass_time(timedelta(minutes=20))
    assert scene.ids_there() == sorted(tickets)


def test_what_waits_is_listed_with_the_reason_and_nothing_once_it_is_there(scene: Scene) -> None:
    ticket_id = scene.open()
    scene.server.failure = "throttled"
    scene.pass_time(timedelta(minutes=10))
    where = scene.context.settings.stored_in
    [line] = waiting(where, scene.clock.now())
    assert line.startswith(f"desk: {ticket_id} is not shown there as it is since 2026-")
    assert "1 attempts failed, next try in 2 h: desk answered 429: it is asked too often" in line
    assert waiting(where, scene.clock.now(), {"other"}) == [line]
    assert waiting(where, scene.clock.now(), {"desk"}) == []
    scene.server.failure = ""
    scene.pass_time(3 * HOUR)
    [line] = waiting(where, scene.clock.now())
    assert line == "desk: ticket 1 changed there and is not read yet; due now"  # nothing reads threads in this scene


def test_replicas_that_look_in_the_same_instant_make_one_job_for_each_ticket(scene: Scene) -> None:
    for _ in range(12):
        scene.open()
    at = scene.clock.advance(timedelta(minutes=1))
    together = threading.Barrier(4)

    def look(_: int) -> None:
        together.wait(timeout=120)
        scene.rounds.look(at)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    workers, run = scene.workers(), 0
    while run_one(workers):
        run += 1
    assert (run, len(scene.server.tickets)) == (12, 12)
