"""What was given up can be found, looked at, revived and dropped: over HTTP and on the command line."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.backlog import store
from serving.backlog.wiring import wire
from serving.cli import cli
from serving.jobs import queue as jobs
from serving.settings import Settings
from serving.storage.database import Database, EmbeddedDatabase
from tests.fakes import FrozenClock

Client = TestClient[Litestar]
Run = Callable[..., Result]


def die(database: Database, clock: FrozenClock, subject: str = "whk_1:tkt_1") -> str:
    """Add a job and give it up."""
    at = clock.now()

    def operation(connection: object) -> str:
        made = jobs.enqueue(connection, "webhook.deliver", subject=subject, record={"delivery_id": "dlv_1"}, at=at)  # type: ignore[arg-type]
        job = jobs.claim(connection, "webhook.deliver", most=9, at=at)  # type: ignore[arg-type]
        assert job is not None
        jobs.bury(connection, job, fault="timeout")  # type: ignore[arg-type]
        return made

    return database.write(operation)


class TestOverHttp:
    @pytest.fixture
    def client(
        self, settings: Settings, clock: FrozenClock, migrated_home: Path, make_key: Callable[..., dict[str, str]]
    ) -> Iterator[Client]:
        logging.getLogger("firstline").setLevel(logging.CRITICAL)
        with TestClient(create_app(settings, clock=clock, compose=lambda context: [wire(context)])) as client:
            client.headers.update(make_key("admin"))
            yield client

    def test_a_dead_job_is_listed_with_why_and_runs_again_when_it_is_revived(
        self, client: Client, clock: FrozenClock
    ) -> None:
        database: Database = client.app.state.context.database
        died = die(database, clock)
        (listed,) = client.get("/v1/jobs").json()["jobs"]
        assert (listed["id"], listed["state"], listed["attempts"], listed["fault"]) == (died, "dead", 1, "timeout")
        assert client.get(f"/v1/jobs/{died}").json() == listed
        revived = client.post(f"/v1/jobs/{died}/revive")
        assert (revived.status_code, revived.json()["state"], revived.json()["attempts"]) == (202, "waiting", 0)
        assert client.get("/v1/jobs").json()["jobs"] == []
        again = database.write(lambda c: jobs.claim(c, "webhook.deliver", most=9, at=clock.now()))
        assert again is not None
        assert again.id == died

    def test_only_what_is_dead_is_revived_or_dropped(self, client: Client, clock: FrozenClock) -> None:
        database: Database = client.app.state.context.database
        waits = database.write(lambda c: jobs.enqueue(c, "k", subject="a", record={}, at=clock.now()))
        assert client.post(f"/v1/jobs/{waits}/revive").status_code == 404
        assert client.delete(f"/v1/jobs/{waits}").status_code == 404
        died = die(database, clock)
        assert client.delete(f"/v1/jobs/{died}").status_code == 204
        assert client.get(f"/v1/jobs/{died}").status_code == 404
        assert [job["id"] for job in client.get("/v1/jobs", params={"state": "waiting"}).json()["jobs"]] == [waits]

    def test_pages_follow_each_other(self, client: Client, clock: FrozenClock) -> None:
        database: Database = client.app.state.context.database
        died = []
        for number in range(5):
            died.append(die(database, clock, f"whk_1:{number}"))
            clock.advance(timedelta(seconds=1))
        seen, cursor = [], None
        for _ in range(3):
            page = client.get("/v1/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
            seen += [job["id"] for job in page["jobs"]]
            cursor = page["next_cursor"]
        assert (seen, cursor) == (died[::-1], None)

    def test_jobs_are_for_admins(self, client: Client, make_key: Callable[..., dict[str, str]]) -> None:
        assert client.get("/v1/jobs", headers=make_key("agent")).status_code == 403


def test_dead_jobs_are_forgotten_after_a_month_and_others_stay(database: Database, clock: FrozenClock) -> None:
    die(database, clock, "whk_1:old")
    waits = database.write(lambda c: jobs.enqueue(c, "k", subject="a", record={}, at=clock.now()))
    fresh_at = clock.advance(timedelta(days=30))
    fresh = die(database, clock, "whk_1:new")
    assert database.write(lambda c: store.forget(c, fresh_at + timedelta(hours=1) - timedelta(days=30))) == 1
    assert [piece.id for piece in database.read(lambda c: store.page(c, "dead", None, 9))] == [fresh]
    assert [piece.id for piece in database.read(lambda c: store.page(c, "waiting", None, 9))] == [waits]


class TestOnTheCommandLine:
    @pytest.fixture
    def died(self, migrated_home: Path, clock: FrozenClock) -> str:
        database = EmbeddedDatabase(migrated_home / "firstline.db")
        database.open()
        found = die(database, clock)
        database.close()
        return found

    @pytest.fixture
    def run(self, home: Path) -> Run:
        return lambda *words: CliRunner().invoke(cli, ["jobs", *words], env={"FIRSTLINE_HOME": str(home)})

    def test_dead_jobs_are_listed_for_people_and_for_programs(self, run: Run, died: str) -> None:
        listed = run("list").stdout
        assert all(word in listed for word in (died, "webhook.deliver", "whk_1:tkt_1", "timeout")), listed
        (told,) = json.loads(run("list", "--json").stdout)
        assert (told["id"], told["record"]) == (died, {"delivery_id": "dlv_1"})
        assert json.loads(run("show", died, "--json").stdout) == told
        assert "dlv_1" in run("show", died).stdout
        assert run("list", "--state", "waiting").stdout.strip() == "No waiting jobs."

    def test_one_is_revived(self, run: Run, died: str) -> None:
        assert run("revive", died).exit_code == 0
        assert run("list").stdout.strip() == "No dead jobs."
        assert died in run("list", "--state", "waiting").stdout

    def test_one_is_dropped_when_it_is_meant(self, run: Run, died: str) -> None:
        assert run("drop", died).exit_code == 1, "nobody said yes"
        assert died in run("list").stdout
        assert run("drop", died, "--yes").exit_code == 0
        assert run("list").stdout.strip() == "No dead jobs."

    def test_beside_a_service_it_says_what_to_ask(self, run: Run, died: str, home: Path) -> None:
        service = EmbeddedDatabase(home / "firstline.db")
        service.open()
        try:
            assert died in run("list").stdout
            refused = run("revive", died)
        finally:
            service.close()
        assert refused.exit_code == 1
        assert f"POST /v1/jobs/{died}/revive" in " ".join(refused.stderr.replace("│", " ").split())

    def test_the_help_teaches_the_way(self, run: Run) -> None:
        told = run("--help").stdout
        assert all(word in told for word in ("list", "show", "revive", "drop", "dead"))
