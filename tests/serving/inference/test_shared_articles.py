"""Replicas on one PostgreSQL search the same articles, whichever of them was told about a change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from retrieval.articles.article import Article
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from serving.articles.store import ArticleStore
from serving.changes.edit import Edit
from serving.inference.article_snapshot import Folders
from serving.inference.live_articles import LiveArticles
from serving.storage.errors import DatabaseUnavailable
from serving.storage.job_tables import article_seeds
from serving.storage.postgres import PostgresDatabase
from serving.telemetry import Telemetry
from tests.crash.proxy import FaultProxy, proxied
from tests.fakes import FrozenClock, HashingEncoder
from tests.postgres import Postgres
from tests.waiting import wait_until

AT = FrozenClock().now()


def an_article(article_id: str, title: str = "A title") -> Article:
    return Article(id=article_id, title=title, body=f"All of {article_id}.")


class Replica:
    """What one process has of the articles: its own connections, and its own index in memory."""

    def __init__(self, database: PostgresDatabase, home: Path) -> None:
        self.store = ArticleStore(database)
        folders = Folders(saved=home / "live-index", home=home / "index", sample=home / "sample")
        encoder = HashingEncoder()
        self.telemetry = Telemetry()
        self.live = LiveArticles(self.store, lambda: encoder, folders, FrozenClock(), self.telemetry)

    def titles(self) -> dict[str, str]:
        return {article.id: article.title for article in self.live.take().index.articles.values()}

    def faults(self) -> float | None:
        return self.telemetry.registry.get_sample_value("firstline_index_faults_total")


@contextmanager
def running(replica: Replica) -> Iterator[Replica]:
    replica.live.start()
    try:
        yield replica
    finally:
        replica.live.stop()


@pytest.fixture
def connect(postgres: Postgres, template: str) -> Iterator[Callable[..., PostgresDatabase]]:
    """Open further connections to one database, through a port of the caller's where one is given."""
    url = postgres.fresh(template)
    with ExitStack() as opened:

        def connection(port: int = postgres.port) -> PostgresDatabase:
            patience = {} if port == postgres.port else {"patience": 1.0}  # for those that will be cut off
            database = PostgresDatabase(url.replace(f":{postgres.port}/", f":{port}/"), **patience)
            database.open()
            opened.callback(database.close)
            return database

        yield connection


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[FaultProxy]:
    with proxied(postgres.port) as between:
        yield between


def test_what_one_replica_is_told_the_other_finds(connect: Callable[..., PostgresDatabase], tmp_path: Path) -> None:
    told, other = Replica(connect(), tmp_path / "one"), Replica(connect(), tmp_path / "two")
    with running(told), running(other):
        assert told.live.wait_for(told.store.put(an_article("a")).revision, 60)
        wait_until(lambda: other.live.missing() is None and set(other.titles()) == {"a"})

        other.store.put(an_article("a", title="Another title"))
        wait_until(lambda: told.titles() == {"a": "Another title"})

        told.store.delete("a", Edit(at=AT))
        wait_until(lambda: other.titles() == {})


def test_replicas_that_share_a_home_both_follow_and_leave_a_saved_index_that_can_be_read(
    connect: Callable[..., PostgresDatabase], tmp_path: Path
) -> None:
    one, two = Replica(connect(), tmp_path), Replica(connect(), tmp_path)

    def follow(replica: Replica) -> None:
        for _ in range(40):
            replica.store.put(an_article("a", title=f"Title {time.monotonic_ns()}"))
            replica.live.refresh()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(follow, (one, two)))
    for each in (one, two):
        each.live.refresh()

    assert one.titles() == two.titles() == {article.id: article.title for article in one.store.read()[1]}
    assert set(index_files.load(tmp_path / "live-index").articles) == {"a"}


def test_replicas_that_start_together_take_the_sample_over_once(
    connect: Callable[..., PostgresDatabase], tmp_path: Path
) -> None:
    index_files.save(build([an_article("a"), an_article("b")], HashingEncoder()), tmp_path / "sample")
    replicas = [Replica(connect(), tmp_path) for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda each: each.live.refresh(), replicas))

    revision, articles = replicas[0].store.read()
    assert (revision, [article.id for article in articles]) == (2, ["a", "b"])
    assert connect().read(lambda connection: len(connection.execute(sa.select(article_seeds)).all())) == 1


def test_articles_answer_while_the_database_is_gone_and_follow_it_afterwards(
    connect: Callable[..., PostgresDatabase], proxy: FaultProxy, tmp_path: Path
) -> None:
    told, cut_off = Replica(connect(), tmp_path / "one"), Replica(connect(proxy.port), tmp_path / "two")
    with running(told), running(cut_off):
        told.store.put(an_article("a"))
        wait_until(lambda: cut_off.live.missing() is None and set(cut_off.titles()) == {"a"})

        proxy.set(partition=True)
        told.store.put(an_article("b"))
        wait_until(lambda: cut_off.faults() != 0)
        assert set(cut_off.titles()) == {"a"}

        proxy.set()
        wait_until(lambda: set(cut_off.titles()) == {"a", "b"})


def test_an_index_that_was_built_while_the_database_was_gone_is_taken_over_when_it_is_back(
    connect: Callable[..., PostgresDatabase], proxy: FaultProxy, tmp_path: Path
) -> None:
    replica = Replica(connect(proxy.port), tmp_path)
    replica.live.refresh()
    index_files.save(build([an_article("a")], HashingEncoder()), tmp_path / "index")

    proxy.set(down=True, reset=True)
    with pytest.raises(DatabaseUnavailable):
        replica.live.refresh()
    proxy.set()
    wait_until(lambda: _refreshed(replica) == {"a"})


def _refreshed(replica: Replica) -> set[str]:
    try:
        replica.live.refresh()
    except DatabaseUnavailable:
        return set()
    return set(replica.titles())
