"""The live index over a real database: seeded, kept in step, taken over by the next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.articles.article import Article
from retrieval.index import file_contents
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from serving.articles.store import ArticleStore
from serving.changes.edit import Edit
from serving.inference.article_snapshot import Folders
from serving.inference.errors import ArticlesNotReady
from serving.inference.live_articles import LiveArticles
from serving.storage.database import Database
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock, HashingEncoder, TranslatingEncoder
from tests.waiting import wait_until

AT = FrozenClock().now()


def an_article(article_id: str, **content: str) -> Article:
    return Article(**{"id": article_id, "title": f"About {article_id}", "body": f"All of {article_id}.", **content})


@pytest.fixture
def store(database: Database) -> ArticleStore:
    return ArticleStore(database)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(saved=tmp_path / "live-index", home=tmp_path / "index", sample=tmp_path / "sample" / "index")


@pytest.fixture
def live(store: ArticleStore, encoder: HashingEncoder, folders: Folders) -> LiveArticles:
    return started_again(store, encoder, folders)


def started_again(store: ArticleStore, encoder: HashingEncoder | None, folders: Folders) -> LiveArticles:
    return LiveArticles(store, lambda: encoder, folders, FrozenClock(), Telemetry())


def saved(folder: Path, *articles: Article, encoder: HashingEncoder | None = None) -> None:
    index_files.save(build(articles, encoder or HashingEncoder()), folder)


def ids(live: LiveArticles) -> set[str]:
    return set(live.take().index.articles)


def test_before_the_first_index_it_says_so(live: LiveArticles) -> None:
    with pytest.raises(ArticlesNotReady):
        live.take()
    assert live.missing() == "The articles are being indexed."


def test_without_a_model_articles_wait_for_one(store: ArticleStore, folders: Folders) -> None:
    live = started_again(store, None, folders)

    live.refresh()

    assert live.missing() == "The articles wait for a model."


def test_the_sample_fills_an_untouched_desk_without_encoding_anything(
    live: LiveArticles, folders: Folders, encoder: HashingEncoder
) -> None:
    saved(folders.sample, an_article("a"), an_article("b"))

    live.refresh()

    assert ids(live) == {"a", "b"}
    assert encoder.encoded == []


def test_what_no_question_changes_is_known_before_the_first_one(live: LiveArticles, store: ArticleStore) -> None:
    store.put(an_article("a"))
    store.put(an_article("b"))

    live.refresh()

    assert set(live.take().index.facts) == {"a", "b"}


def test_the_sample_never_mixes_with_a_desk_that_has_articles(
    live: LiveArticles, store: ArticleStore, folders: Folders
) -> None:
    store.put(an_article("own"))
    saved(folders.sample, an_article("a"))

    live.refresh()

    assert ids(live) == {"own"}


def test_a_sample_that_was_deleted_does_not_come_back(
    store: ArticleStore, encoder: HashingEncoder, folders: Folders
) -> None:
    saved(folders.sample, an_article("a"))
    started_again(store, encoder, folders).refresh()
    store.delete("a", Edit(at=AT))

    live = started_again(store, encoder, folders)
    live.refresh()

    assert ids(live) == set()
    assert "PUT them" in (live.note() or "")


def test_the_index_of_the_desk_replaces_the_sample_and_leaves_what_clients_put(
    live: LiveArticles, store: ArticleStore, folders: Folders
) -> None:
    saved(folders.sample, an_article("sample-1"), an_article("both"))
    live.refresh()
    store.put(an_article("own", title="Put by a client"))

    saved(folders.home, an_article("mine"), an_article("own", title="From the index"))
    live.refresh()

    assert ids(live) == {"mine", "own"}
    assert live.take().index.articles["own"].title == "Put by a client"


def test_an_index_is_taken_over_once(live: LiveArticles, store: ArticleStore, folders: Folders) -> None:
    saved(folders.home, an_article("a"), an_article("b"))
    live.refresh()
    store.delete("a", Edit(at=AT))

    live.refresh()

    assert ids(live) == {"b"}


def test_a_second_start_encodes_nothing(store: ArticleStore, folders: Folders, encoder: HashingEncoder) -> None:
    store.put(an_article("a"))
    started_again(store, encoder, folders).refresh()
    encoder.encoded.clear()

    live = started_again(store, encoder, folders)
    live.refresh()

    assert ids(live) == {"a"}
    assert encoder.encoded == []


def test_a_second_start_after_the_sample_encodes_nothing(
    store: ArticleStore, folders: Folders, encoder: HashingEncoder
) -> None:
    saved(folders.sample, an_article("a"))
    started_again(store, encoder, folders).refresh()

    live = started_again(store, encoder, folders)
    live.refresh()

    assert ids(live) == {"a"}
    assert encoder.encoded == []


def test_a_second_encoder_that_comes_later_finds_what_the_desk_has_indexed_by_it(
    store: ArticleStore, folders: Folders, encoder: HashingEncoder
) -> None:
    second, now = TranslatingEncoder(), list[TranslatingEncoder]()
    index_files.save(build([an_article("a")], encoder, second=second), folders.home)
    live = started_again(store, encoder, folders)
    live.see_again_by(lambda: now[0] if now else None)
    live.refresh()
    second.encoded.clear()

    now.append(second)
    live.refresh()

    assert live.take().second is second
    assert second.encoded == []


@pytest.mark.parametrize("file", [*file_contents.FILES, index_files.MANIFEST])
def test_a_damaged_saved_index_costs_time_and_no_answer(
    store: ArticleStore, folders: Folders, encoder: HashingEncoder, file: str
) -> None:
    store.put(an_article("a"))
    started_again(store, encoder, folders).refresh()
    (folders.saved / file).write_bytes(b"rot")

    live = started_again(store, encoder, folders)
    live.refresh()

    assert ids(live) == {"a"}


def test_another_encoder_gets_an_index_of_its_own_and_the_old_one_answers_meanwhile(
    store: ArticleStore, folders: Folders
) -> None:
    now = [HashingEncoder("one")]
    live = LiveArticles(store, lambda: now[0], folders, FrozenClock(), Telemetry())
    store.put(an_article("a"))
    live.refresh()
    before = live.take()

    now[0] = HashingEncoder("two")
    assert live.take() is before
    live.refresh()

    assert live.take().encoder.fingerprint == "two"
    assert live.take().index.encoder.fingerprint == "two"
    assert before.encoder.fingerprint == "one"


def test_whoever_holds_a_snapshot_keeps_it(live: LiveArticles, store: ArticleStore) -> None:
    store.put(an_article("a"))
    live.refresh()
    held = live.take()

    store.delete("a", Edit(at=AT))
    live.refresh()

    assert set(held.index.articles) == {"a"}
    assert ids(live) == set()


def test_waiting_ends_when_the_revision_is_there_or_patience_is(live: LiveArticles, store: ArticleStore) -> None:
    revision = store.put(an_article("a")).revision

    assert not live.wait_for(revision, 0.01)
    live.start()
    try:
        assert live.wait_for(revision, 60)
    finally:
        live.stop()


def test_a_fault_while_indexing_leaves_the_running_index_in_place(
    store: ArticleStore, folders: Folders, encoder: HashingEncoder
) -> None:
    class Failing(HashingEncoder):
        def encode(self, texts: object, *, as_passages: bool = False, progress: object = None) -> object:
            raise MemoryError

    now: list[HashingEncoder] = [encoder]
    telemetry = Telemetry()
    live = LiveArticles(store, lambda: now[0], folders, FrozenClock(), telemetry)
    store.put(an_article("a"))
    live.refresh()
    now[0] = Failing("two")

    live.start()
    try:
        wait_until(lambda: telemetry.registry.get_sample_value("firstline_index_faults_total"))
    finally:
        live.stop()

    assert ids(live) == {"a"}


def test_putting_the_same_article_again_changes_nothing(store: ArticleStore) -> None:
    first = store.put(an_article("a"))
    again = store.put(an_article("a"))

    assert (again.revision, again.changed, again.created) == (first.revision, False, False)


def test_a_deleted_article_leaves_no_text_behind(store: ArticleStore, database: Database) -> None:
    store.put(an_article("a", body="A secret of ours."))

    store.delete("a", Edit(at=AT))

    rows = database.read(lambda connection: connection.exec_driver_sql("SELECT * FROM articles").all())
    assert "secret" not in str(rows)


def test_the_sample_can_be_dropped_and_what_the_desk_wrote_stays(
    live: LiveArticles, store: ArticleStore, folders: Folders
) -> None:
    saved(folders.sample, an_article("a"), an_article("b"))
    live.refresh()
    store.put(an_article("b", title="Now ours"))

    assert store.drop_sample(at=AT) == 1
    assert store.drop_sample(at=AT) == 0
    live.refresh()

    assert ids(live) == {"b"}


def test_an_index_of_the_desk_is_not_dropped_with_the_sample(
    live: LiveArticles, store: ArticleStore, folders: Folders
) -> None:
    saved(folders.sample, an_article("a"))
    live.refresh()
    saved(folders.home, an_article("mine"))
    live.refresh()

    assert store.drop_sample(at=AT) == 0
    assert ids(live) == {"mine"}
