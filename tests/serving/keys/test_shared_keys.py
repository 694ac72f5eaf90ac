"""Keys of several processes on one database: made here, known there, ended everywhere, and known while it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.cli import cli
from serving.keys.api_keys import KeyStore, Scope, id_of
from serving.keys.file_store import KeyFile
from serving.keys.table_store import KNOWN_FOR
from serving.process import opened_keys
from serving.settings import Settings
from serving.tickets.wiring import wire as wire_tickets
from tests.fakes import MONDAY_MORNING, FixedTagger, FrozenClock
from tests.postgres import Postgres, binaries
from tests.waiting import wait_until

Client = TestClient[Litestar]


def settings_of(home: Path, url: str) -> Settings:
    # The clock stands still: who asks again and again with a revoked key would soon be over the limit of wrong keys.
    limits = "sign_in.address=none"
    return Settings(
        home=home, sample=home / "no-sample", demo=False, worker=False, database_url=url, rate_limits=limits
    )


@pytest.fixture
def url(postgres: Postgres, template: str) -> str:
    return postgres.fresh(template)


@pytest.fixture
def keys(url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[KeyStore]:
    """The keys as the command line makes and revokes them."""
    with opened_keys(settings_of(tmp_path / "cli", url), clock) as opened:
        yield opened


@pytest.fixture
def replicas(url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[list[Client]]:
    """Three of them, each with a home of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(TestClient(app(settings_of(tmp_path / f"r{n}", url), clock))) for n in range(3)]


def app(settings: Settings, clock: FrozenClock) -> Litestar:
    return create_app(settings, clock=clock, compose=lambda context: [wire_tickets(context, tagger=FixedTagger())])


def asked(client: Client, key: str, path: str = "/v1/tickets") -> int:
    return client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def refresh(client: Client, clock: FrozenClock) -> None:
    client.app.state.context.keys.refresh(clock.now())


def test_a_key_that_was_just_made_is_known_to_every_replica(
    keys: KeyStore, replicas: list[Client], clock: FrozenClock
) -> None:
    key = keys.create(Scope.AGENT, at=clock.now(), name="kim")

    assert [asked(each, key) for each in replicas] == [200] * 3
    assert [asked(each, key[:-1] + "?") for each in replicas] == [401] * 3
    assert [key.name for key in keys.list()] == ["kim"]


def test_a_revoked_key_ends_in_every_replica_with_its_next_look(
    keys: KeyStore, replicas: list[Client], clock: FrozenClock
) -> None:
    key = keys.create(Scope.AGENT, at=clock.now())
    for each in replicas:
        refresh(each, clock)
    assert [asked(each, key) for each in replicas] == [200] * 3

    keys.revoke(id_of(key), at=clock.now())
    for each in replicas:
        refresh(each, clock)

    assert [asked(each, key) for each in replicas] == [401] * 3


def test_every_replica_looks_again_and_again_by_itself(
    keys: KeyStore, replicas: list[Client], clock: FrozenClock
) -> None:
    key = keys.create(Scope.AGENT, at=clock.now())
    assert [asked(each, key) for each in replicas] == [200] * 3
    keys.revoke(id_of(key), at=clock.now())
    wait_until(lambda: [asked(each, key) for each in replicas] == [401] * 3, "a revoked key went on")


def test_the_commands_follow_the_setting(url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRSTLINE_DATABASE_URL", url)
    run = CliRunner()
    made = run.invoke(cli, ["keys", "create", "--scope", "tag", "--name", "desk", "--home", str(home)])
    key = made.stdout.strip()

    with opened_keys(settings_of(home, url), FrozenClock()) as kept:
        assert kept.find(key) is not None
    assert not (home / "keys.db").exists()
    listed = run.invoke(cli, ["keys", "list", "--home", str(home)]).stdout
    assert listed.split("\t")[0] == id_of(key)
    assert run.invoke(cli, ["keys", "revoke", id_of(key), "--home", str(home)]).exit_code == 0
    with opened_keys(settings_of(home, url), FrozenClock()) as kept:
        assert kept.find(key) is None


def test_keys_of_a_file_are_taken_over_once_and_stay_revoked(url: str, tmp_path: Path, clock: FrozenClock) -> None:
    """Before there was a table, each process had a file of keys beside it."""
    file = KeyStore(KeyFile(tmp_path / "keys.db"))
    live, ended, late = (file.create(Scope.AGENT, at=MONDAY_MORNING) for _ in range(3))
    file.revoke(id_of(ended), at=MONDAY_MORNING)
    settings = settings_of(tmp_path, url)

    with opened_keys(settings, clock) as keys:
        assert keys.find(live) is not None
        assert keys.find(ended) is None
        keys.revoke(id_of(live), at=clock.now())
    file.revoke(id_of(late), at=MONDAY_MORNING)
    with opened_keys(settings, clock) as keys:
        assert [keys.find(key) for key in (live, ended, late)] == [None] * 3
        assert len(keys.list()) == 3


class TestWhileTheDatabaseIsGone:
    @pytest.fixture
    def mortal(self) -> Iterator[Postgres]:
        found = binaries()
        assert found is not None
        server = Postgres(found)
        yield server
        server.stop()

    @pytest.fixture
    def url(self, postgres: Postgres, mortal: Postgres) -> str:
        return mortal.fresh()

    def test_known_keys_go_on_for_a_while_and_nobody_says_401_to_a_key_that_it_cannot_look_up(
        self, keys: KeyStore, replicas: list[Client], clock: FrozenClock, mortal: Postgres
    ) -> None:
        one = replicas[0]
        known, wrong = keys.create(Scope.AGENT, at=clock.now()), "sk_0123456789ab_guessed"
        refresh(one, clock)
        body = {"plan": "standard", "priority": "P1", "created_at": "2026-03-02T09:00:00Z"}

        def answered(key: str) -> int:
            headers = {"Authorization": f"Bearer {key}"}
            return one.post("/v1/sla/deadlines", json=body, headers=headers).status_code

        mortal.kill()
        assert answered(known) == 200
        assert answered(wrong) == 503
        clock.advance(KNOWN_FOR)
        assert answered(known) == 200
        clock.advance(timedelta(seconds=1))
        assert answered(known) == 503, "a key may have been revoked in so long a time"

        mortal.start()
        assert one.app.state.context.database.unreachable() is None
        refresh(one, clock)
        assert answered(known) == 200
        assert answered(wrong) == 401
