"""Three replicas on one PostgreSQL: a key has one effect and one answer, whichever is asked, and however often."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.composition import slices
from serving.context import Context
from serving.inference.tagger import TicketText
from serving.keys.api_keys import Scope
from serving.process import opened_keys
from serving.settings import Settings
from serving.storage.errors import StillInFlight
from serving.storage.idempotency_receipts import Answer, Claim, Receipts, store
from serving.storage.postgres import _SCHEMA, _WRITER, PostgresDatabase
from serving.storage.tables import metadata
from serving.tickets.wiring import wire as wire_tickets
from tests.fakes import MONDAY_MORNING, FixedTagged, FixedTagger, FrozenClock, HashingEncoder
from tests.postgres import Postgres
from tests.serving.conftest import FixedModels, a_model
from tests.waiting import wait_until

Client = TestClient[Litestar]
Compose = Callable[[Context, Settings, FrozenClock], Any]
REPEATS = 20
HOURS = timedelta(hours=72)


def everything(context: Context, settings: Settings, clock: FrozenClock) -> Any:
    return slices(context, models=FixedModels(a_model(HashingEncoder()), settings, clock, context.telemetry))


@dataclass
class Replicas:
    """Three apps, each with a home of its own, and what they store together."""

    clients: list[Client]

    @property
    def database(self) -> PostgresDatabase:
        found: PostgresDatabase = self.clients[0].app.state.context.database
        return found

    def count(self, table: str) -> int:
        chosen = sa.select(sa.func.count()).select_from(metadata.tables[table])
        return int(self.database.read(lambda connection: connection.scalar(chosen)) or 0)

    def post(self, number: int, path: str, body: Any, key: str) -> tuple[int, bytes]:
        client = self.clients[number % len(self.clients)]
        answer = client.post(path, json=body, headers={"Idempotency-Key": key})
        return answer.status_code, answer.content

    def at_once(self, pool: ThreadPoolExecutor, path: str, body: Any, key: str) -> Counter[tuple[int, bytes]]:
        """Send one request many times at once, to all in turn, and then to each until it is answered."""
        said = Counter(pool.map(lambda number: self.post(number, path, body, key), range(REPEATS)))
        for number in range(len(self.clients)):
            said[wait_until(lambda: self.answered(number, path, body, key), "never answered")] += 1  # noqa: B023
        return said

    def answered(self, number: int, path: str, body: Any, key: str) -> tuple[int, bytes] | None:
        told = self.post(number, path, body, key)
        return None if told[0] in {409, 503} else told


@pytest.fixture
def url(postgres: Postgres, template: str) -> str:
    return postgres.fresh(template)


@pytest.fixture
def make(url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Callable[[Compose], Replicas]]:
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    with ExitStack() as stack:

        def replicas(compose: Compose) -> Replicas:
            clients = []
            for number in range(3):
                home = tmp_path / f"replica-{number}"
                home.mkdir()
                (home / "secret.key").write_text("5e" * 32, encoding="ascii")  # as docs/operations.md says of replicas
                settings = Settings(
                    home=home, sample=home / "no-sample", demo=False, worker=False, database_url=url, readers=8
                )
                app = create_app(settings, clock=clock, compose=lambda context, s=settings: compose(context, s, clock))
                clients.append(stack.enter_context(TestClient(app)))
            with opened_keys(settings, clock) as keys:
                shown = f"Bearer {keys.create(Scope.ADMIN, at=clock.now())}"
            for client in clients:
                client.headers["Authorization"] = shown
                client.app.state.context.keys.refresh(clock.now())
            return Replicas(clients)

        yield replicas


def ask(replicas: Replicas, name: str, keys: int) -> None:
    """Ask for so many keys of one kind, and look at what was stored."""
    filed = {"subject": "CSV export is empty", "description": "Since this morning."}
    tagging = replicas.clients[0].post("/v1/tags", json=filed).json()["id"]
    paths = {
        "tickets": ("/v1/tickets", "tickets", lambda n: {"subject": f"case {n}"}),
        "tags": ("/v1/tags", "taggings", lambda n: {**filed, "external_id": f"t-{n}"}),
        "deflections": ("/v1/deflections", "deflections", lambda n: {"question": f"How do I export report {n}?"}),
        "corrections": (
            f"/v1/tags/{tagging}/correction",
            "tag_corrections",
            lambda n: {"category": "bug", "actor": f"ana {n}"},
        ),
        "imports": (
            "/v1/articles/import",
            "articles",
            lambda n: {"articles": [{"id": f"a-{n}", "title": f"Topic {n}", "body": "How it works."}]},
        ),
    }
    path, table, body = paths[name]
    before = replicas.count(table)
    with ThreadPoolExecutor(REPEATS) as pool:
        said = [replicas.at_once(pool, path, body(number), f"k-{number}") for number in range(keys)]

    assert replicas.count(table) - before == keys, "one effect for each key"
    assert replicas.count("receipts") == keys
    for each in said:
        assert len([told for told in each if 200 <= told[0] < 300]) == 1, "one answer, to the byte"
    statuses = Counter({status: 0 for each in said for status, _ in each})
    for each in said:
        statuses.update({status: times for (status, _), times in each.items()})
    print(f"{name}: {keys} keys, {dict(statuses)}")
    assert set(statuses) <= {200, 201, 409, 503}


KINDS = ("tickets", "tags", "deflections", "corrections", "imports")


@pytest.mark.parametrize("name", KINDS)
def test_a_key_that_20_ask_for_at_once_has_one_effect(make: Callable[[Compose], Replicas], name: str) -> None:
    ask(make(everything), name, keys=5)


@pytest.mark.deep
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", KINDS)
def test_1000_keys_that_20_ask_for_at_once_have_one_effect_each(make: Callable[[Compose], Replicas], name: str) -> None:
    ask(make(everything), name, keys=1_000)


class WaitingTagger(FixedTagger):
    """Holds requests until the test lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Semaphore(0), threading.Event()

    def tag(self, filed: TicketText, *, own: bool = False) -> FixedTagged:
        self.asked.release()
        assert self.go.wait(60)
        return super().tag(filed)


class TestWhileOneReplicaWorksOnIt:
    @pytest.fixture
    def tagger(self) -> WaitingTagger:
        return WaitingTagger()

    @pytest.fixture
    def replicas(self, make: Callable[[Compose], Replicas], tagger: WaitingTagger) -> Replicas:
        return make(lambda context, *_: [wire_tickets(context, tagger=tagger)])

    def test_the_others_say_ask_again_and_then_what_it_said(self, replicas: Replicas, tagger: WaitingTagger) -> None:
        body, other = {"subject": "Export broken"}, {"subject": "Another"}
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(replicas.post, 0, "/v1/tickets", body, "k-1")
            assert tagger.asked.acquire(timeout=60)
            refused = replicas.clients[1].post("/v1/tickets", json=body, headers={"Idempotency-Key": "k-1"})
            tagger.go.set()
            answered = first.result()

        assert (refused.status_code, refused.headers["retry-after"]) == (409, "1")
        assert refused.json()["type"].endswith("still-in-flight")
        assert [replicas.post(number, "/v1/tickets", body, "k-1") for number in range(3)] == [answered] * 3
        assert replicas.post(2, "/v1/tickets", other, "k-1")[0] == 422
        assert replicas.count("tickets") == 1

    def test_a_claim_that_was_lost_meanwhile_gives_no_second_effect(
        self, replicas: Replicas, tagger: WaitingTagger, url: str
    ) -> None:
        body = {"subject": "Export broken"}
        with ThreadPoolExecutor(2) as pool:
            slow = pool.submit(replicas.post, 0, "/v1/tickets", body, "k-1")
            assert tagger.asked.acquire(timeout=60)
            assert end_sessions_with_claims(replicas.database) == 1
            quick = pool.submit(replicas.post, 1, "/v1/tickets", body, "k-1")
            assert tagger.asked.acquire(timeout=60), "nobody holds the key any more"
            tagger.go.set()
            statuses = sorted([slow.result()[0], quick.result()[0]])

        assert statuses == [201, 409]
        assert replicas.count("tickets") == 1

    def test_a_refused_request_may_be_repeated_at_once_elsewhere(
        self, replicas: Replicas, tagger: WaitingTagger
    ) -> None:
        tagger.go.set()
        for number in range(20):
            assert replicas.post(0, "/v1/tickets", {"subject": ""}, f"k-{number}")[0] == 400
            assert replicas.post(1, "/v1/tickets", {"subject": "now with words"}, f"k-{number}")[0] == 201


def end_sessions_with_claims(database: PostgresDatabase) -> int:
    """End the sessions that hold claims, as the server does when their process dies or says nothing for too long.

    Return how many have ended. A claim is a lock that outlives its statement, and never one of those that all writers
    of a database take: one of these in another database, or in a watch that looks meanwhile, is left alone.
    """
    ended = sa.text(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 10000)) FROM (SELECT DISTINCT l.pid FROM pg_locks l"
        " JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
        " WHERE l.locktype = 'advisory' AND l.pid <> pg_backend_pid()"
        " AND NOT (l.classid = 0 AND l.objid = ANY(:of_writers))) holders"
    )
    given = {"of_writers": [_WRITER, _SCHEMA]}
    return int(database.read(lambda connection: connection.scalar(ended, given)) or 0)


class TestClaims:
    @pytest.fixture
    def both(self, url: str) -> Iterator[list[PostgresDatabase]]:
        databases = [PostgresDatabase(url), PostgresDatabase(url)]
        for each in databases:
            each.open()
        yield databases
        for each in databases:
            each.close()

    def test_belong_to_one_process_until_it_lets_go(self, both: list[PostgresDatabase]) -> None:
        one, other = both
        assert [one.claim("a"), other.claim("a"), other.claim("b")] == [True, False, True]
        one.disclaim("a")
        assert other.claim("a")

    def test_end_with_the_process(self, both: list[PostgresDatabase]) -> None:
        one, other = both
        assert one.claim("a")
        one.close()  # its connections end, as they do when it is killed
        wait_until(lambda: other.claim("a"), "the claim outlived its process")

    def test_end_when_the_process_says_nothing_for_half_a_minute(self, both: list[PostgresDatabase]) -> None:
        assert both[0].claim("a")
        session = both[0]._claims._connection
        assert session is not None
        assert session.exec_driver_sql("SHOW idle_session_timeout").scalar() == "30s"

    def test_are_taken_again_after_the_session_was_lost(self, both: list[PostgresDatabase]) -> None:
        one, other = both
        assert one.claim("a")
        end_sessions_with_claims(other)
        assert one.claim("b")
        one.disclaim("a")  # nothing of it is left to let go
        assert other.claim("a")
        assert not other.claim("b")

    def test_are_no_promise_the_receipt_is(self, both: list[PostgresDatabase]) -> None:
        claim = Claim("sk_1", "k-1", "f", MONDAY_MORNING, MONDAY_MORNING + HOURS)
        first, second = (Receipts(each, HOURS) for each in both)
        assert first.begin(claim) is None
        end_sessions_with_claims(both[1])
        assert second.begin(claim) is None
        both[1].write(lambda connection: store(connection, claim, Answer(201, b"second")))
        anyio.run(second.end, claim)
        with pytest.raises(StillInFlight):
            both[0].write(lambda connection: store(connection, claim, Answer(201, b"first")))
        anyio.run(first.end, claim)
        replayed = first.begin(claim)
        assert replayed is not None
        assert replayed.content == b"second"
