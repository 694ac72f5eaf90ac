"""Two workers on one home: what is much is encoded once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.articles.article import Article
from serving.articles.store import ArticleStore
from serving.articles.wiring import withdrawing
from serving.changes.edit import Edit
from serving.inference.article_snapshot import Folders
from serving.inference.indexing_turns import MUCH, IndexingTurns
from serving.inference.live_articles import LiveArticles
from serving.storage.database import Database
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock, HashingEncoder
from tests.waiting import wait_until

AT = FrozenClock().now()


class HeldNames:
    """Names as two workers hold them, of one process."""

    def __init__(self) -> None:
        self.holder = threading.Lock()

    def claim(self, name: str) -> bool:
        return self.holder.acquire(blocking=False)

    def disclaim(self, name: str) -> None:
        if self.holder.locked():
            self.holder.release()


class Worker:
    def __init__(self, database: Database, home: Path, names: HeldNames) -> None:
        self.encoder = HashingEncoder()
        folders = Folders(saved=home / "live-index", home=home / "index", sample=home / "sample")
        self.live = LiveArticles(ArticleStore(database), lambda: self.encoder, folders, FrozenClock(), Telemetry())
        self.live.take_turns(IndexingTurns(names))

    def found(self) -> int:
        return len(self.live.take().index.articles)


@pytest.fixture
def names() -> HeldNames:
    return HeldNames()


@pytest.fixture
def both(database: Database, tmp_path: Path, names: HeldNames) -> list[Worker]:
    workers = [Worker(database, tmp_path, names) for _ in range(2)]
    for each in workers:
        each.live.refresh()
    return workers


def add(database: Database, number: int) -> None:
    store = ArticleStore(database)
    for each in range(number):
        store.put(Article(id=f"a-{each}", title=f"Title {each}", body=f"All of {each}."))


def test_the_second_finds_what_the_first_has_encoded(both: list[Worker], names: HeldNames, database: Database) -> None:
    add(database, MUCH)
    one, other = both
    assert names.claim("by the first, as long as it encodes")
    waiting = threading.Thread(target=other.live.refresh)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    assert other.found() == 0

    names.disclaim("it is about to")
    waiting.join(60)
    one.live.refresh()
    assert [each.found() for each in both] == [MUCH, MUCH]
    assert sorted(len(each.encoder.encoded) > 0 for each in both) == [False, True]


def test_a_few_are_encoded_by_each_without_waiting(both: list[Worker], names: HeldNames, database: Database) -> None:
    add(database, 2)
    assert names.claim("by somebody")
    for each in both:
        each.live.refresh()
    assert [each.found() for each in both] == [2, 2]


def test_who_is_stopped_waits_for_nobody(both: list[Worker], names: HeldNames, database: Database) -> None:
    add(database, MUCH)
    assert names.claim("by somebody who never ends")
    both[0].live.start()
    wait_until(lambda: both[0].live._behind_since is not None)
    both[0].live.stop()
    assert both[0].encoder.encoded == []


@pytest.mark.parametrize("end", ["deleted", "made internal"])
def test_what_another_withdraws_is_not_found_while_this_one_waits_or_encodes(
    both: list[Worker], names: HeldNames, database: Database, end: str
) -> None:
    store, other = ArticleStore(database), both[1]
    secret = Article(id="secret", title="Door", body="Say rhubarb.")
    store.put(secret)
    other.live.refresh()
    add(database, MUCH)
    assert names.claim("by the first, as long as it encodes")
    other.live.start()
    wait_until(lambda: other.live._behind_since is not None)

    if end == "deleted":
        store.delete("secret", Edit(at=AT))
    else:
        store.put(replace(secret, visibility="internal"))
    assert other.live.take().index.withdrawn == set()
    withdrawing(other.live).run(AT)

    assert other.live.take().index.withdrawn == {"secret"}
    other.live.stop()
