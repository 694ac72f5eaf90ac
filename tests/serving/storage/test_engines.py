"""What every store relies on, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from retrieval.articles.article import Article
from serving.articles.store import ArticleStore
from serving.storage.database import Database
from serving.storage.errors import DatabaseUnavailable, NestedWrite, StillInFlight, StorageNotWritable
from serving.storage.idempotency_receipts import Answer, Claim, Receipts, store
from serving.storage.postgres import PostgresDatabase, migrate_server
from serving.storage.schema import newest
from serving.storage.tables import metadata, receipts
from serving.tickets.notices import Notice, first_to_tell
from tests.fakes import MONDAY_MORNING
from tests.postgres import Postgres

NOTE = sa.text("INSERT INTO notes (text) VALUES (:text)")
COUNT = sa.text("SELECT COUNT(*) FROM notes")


@pytest.fixture
def noted(database: Database) -> Database:
    database.write(lambda connection: connection.execute(sa.text("CREATE TABLE notes (text TEXT UNIQUE)")))
    return database


def add(database: Database, text: str) -> None:
    database.write(lambda connection: connection.execute(NOTE, {"text": text}))


def test_what_fails_is_undone_alone_and_raised_to_its_caller(noted: Database) -> None:
    def half(connection: sa.Connection) -> None:
        connection.execute(NOTE, {"text": "half"})
        raise LookupError("the other half")

    with pytest.raises(LookupError, match="the other half"):
        noted.write(half)
    add(noted, "whole")
    with pytest.raises(sa.exc.IntegrityError):
        add(noted, "whole")
    assert noted.read(lambda connection: connection.scalar(COUNT)) == 1


def test_what_the_commit_refuses_is_not_told_as_done(noted: Database) -> None:
    """A constraint that is looked at only when everything is there fails when the operation has long returned."""
    child = "CREATE TABLE children (of TEXT REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED)"
    noted.write(lambda connection: connection.execute(sa.text(child)))
    orphan = sa.text("INSERT INTO children VALUES ('nobody')")
    with pytest.raises((StorageNotWritable, sa.exc.IntegrityError)):
        noted.write(lambda connection: connection.execute(orphan).rowcount)
    assert noted.read(lambda connection: connection.scalar(sa.text("SELECT COUNT(*) FROM children"))) == 0


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_itself(noted: Database) -> None:
    with pytest.raises(NestedWrite):
        noted.write(lambda _: noted.write(lambda __: None))
    with pytest.raises(NestedWrite):
        noted.write(lambda _: noted.read(lambda __: None))
    add(noted, "goes on")


def test_a_reader_sees_one_snapshot_and_cannot_write(noted: Database) -> None:
    looked, written = threading.Event(), threading.Event()

    def twice(connection: sa.Connection) -> tuple[object, object]:
        first = connection.scalar(COUNT)
        looked.set()
        assert written.wait(60)
        return first, connection.scalar(COUNT)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(noted.read, twice)
        assert looked.wait(60)
        add(noted, "after")
        written.set()
        assert reading.result() == (0, 0)
    with pytest.raises(Exception, match=r"readonly|not confirmed|cannot be written"):
        noted.read(lambda connection: connection.execute(NOTE, {"text": "x"}))
    assert noted.read(lambda connection: connection.scalar(COUNT)) == 1


def test_who_reads_and_then_writes_loses_nothing_to_others_who_do(database: Database) -> None:
    articles = ArticleStore(database)
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda n: articles.put(Article(id=f"a-{n}", title="t", body="b")), range(40)))
    assert sorted(each.revision for each in kept) == list(range(1, 41))


def test_a_settled_key_cannot_be_settled_again_until_it_expires(database: Database) -> None:
    hours = timedelta(hours=72)
    claim = Claim("sk_1", "k-1", "f", MONDAY_MORNING, MONDAY_MORNING + hours)
    database.write(lambda connection: store(connection, claim, Answer(201, b"first")))
    with pytest.raises(StillInFlight):
        database.write(lambda connection: store(connection, claim, Answer(201, b"second")))
    replayed = Receipts(database, hours).begin(claim)
    assert replayed is not None
    assert replayed.content == b"first"
    later = Claim("sk_1", "k-1", "f", MONDAY_MORNING + hours, MONDAY_MORNING + 2 * hours)
    database.write(lambda connection: store(connection, later, Answer(201, b"third")))
    assert database.read(lambda connection: connection.scalar(sa.select(sa.func.count()).select_from(receipts))) == 1


class TestReplicas:
    @pytest.fixture
    def both(self, postgres: Postgres, template: str) -> Iterator[tuple[PostgresDatabase, PostgresDatabase]]:
        url = postgres.fresh(template)
        first, second = PostgresDatabase(url), PostgresDatabase(url)
        first.open()
        second.open()
        yield first, second
        first.close()
        second.close()

    def test_tell_each_breach_once(self, both: tuple[PostgresDatabase, PostgresDatabase]) -> None:
        from serving.storage.tables import tickets

        at = MONDAY_MORNING
        row = {"id": "t-1", "version": 1, "status": "open", "channel": "web", "created_at": at, "updated_at": at}
        both[0].write(lambda connection: connection.execute(sa.insert(tickets).values(row)))
        notice = Notice(ticket_id="t-1", what="breached", source="contract", kind="resolution", due_by=at)
        with ThreadPoolExecutor(8) as pool:
            said = pool.map(lambda n: both[n % 2].write(lambda c: first_to_tell(c, notice, at)), range(20))
            assert sum(said) == 1

    def test_settle_each_key_once(self, both: tuple[PostgresDatabase, PostgresDatabase]) -> None:
        def settle(number: int) -> bool:
            claim = Claim("sk_1", f"k-{number // 20}", "f", MONDAY_MORNING, MONDAY_MORNING + timedelta(hours=72))
            try:
                both[number % 2].write(lambda connection: store(connection, claim, Answer(201, b"x")))
            except StillInFlight:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(settle, range(200))) == 10

    def test_that_start_together_migrate_once(self, postgres: Postgres) -> None:
        url = postgres.fresh()
        with ThreadPoolExecutor(3) as pool:
            assert set(pool.map(lambda _: migrate_server(url, "head"), range(3))) == {newest()}


def test_postgresql_has_the_tables_that_the_code_says_and_goes_down_and_up_again(postgres: Postgres) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    url = postgres.fresh()
    assert migrate_server(url, "head") == newest()
    database = PostgresDatabase(url)
    database.open()

    def differences(connection: sa.Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": False}), metadata)

    assert database.read(differences) == []
    database.close()
    assert migrate_server(url, "base") is None
    assert migrate_server(url, "head") == newest()


class TestClosed:
    @pytest.fixture
    def closing(self, postgres: Postgres, template: str) -> PostgresDatabase:
        database = PostgresDatabase(postgres.fresh(template))
        database.open()
        return database

    def test_while_a_connection_is_in_use_closes_it_when_it_comes_back(self, closing: PostgresDatabase) -> None:
        inside, go = threading.Event(), threading.Event()

        def slow(connection: sa.Connection) -> psycopg.Connection[object]:
            inside.set()
            assert go.wait(60)
            connection.execute(sa.text("SELECT 1"))
            line: psycopg.Connection[object] = connection.connection.driver_connection
            return line

        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(closing.read, slow)
            assert inside.wait(60)
            closing.close()
            go.set()
            assert reading.result().closed

    def test_no_name_is_taken_any_more(self, closing: PostgresDatabase) -> None:
        assert closing.claim("a name")
        closing.close()
        with pytest.raises(DatabaseUnavailable):
            closing.claim("a name")
