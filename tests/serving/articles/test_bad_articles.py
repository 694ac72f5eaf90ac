"""One bad article, or an index that cannot be built, does not stop the others; what is deleted is never answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from retrieval.answering.ranking import RankingQuery, suggest
from retrieval.articles.article import Article
from retrieval.articles.blocks import Block
from retrieval.errors import ArticleNotReadable
from retrieval.index import article_index
from serving.articles.store import ArticleStore, put_all
from serving.changes.edit import Edit
from serving.inference import live_articles
from serving.inference.article_snapshot import Folders
from serving.inference.live_articles import STALE_AFTER, LiveArticles
from serving.storage.database import Database
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.articles.test_articles import ARTICLE, found
from tests.serving.conftest import ARTICLES, Client
from tests.waiting import wait_until

BODIES = [
    "<div>\n<![x\n</div>",
    "<![CDATA[x\n",
    "<!\n",
    "<?x\n",
    "<div>\n<!x[\n</div>",
    "<div>\n<![if !x]>\n</div>",
    "&#xFFFFFFFFFF;<p",
    "> " * 400 + "<![x",
    "<table><tr><td><![x",
]


@pytest.mark.parametrize("form", ["markdown", "html"])
@pytest.mark.parametrize("body", BODIES)
def test_an_article_of_broken_html_is_stored_and_the_index_goes_on(client: Client, body: str, form: str) -> None:
    assert client.put("/v1/articles/x", json=ARTICLE | {"body": body, "format": form}).status_code == 201
    assert client.put("/v1/articles/rotate-key", json=ARTICLE).json()["searchable"] is True
    assert client.delete("/v1/articles/x").status_code == 204

    assert found(client, "rotate api key") == ["rotate-key"]
    assert client.get("/v1/articles").json() == {"articles": 1, "searchable": True, "set_aside": []}


@pytest.fixture
def boom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies that are `boom` cannot be divided: what a fault of ours in a parser would look like."""
    split = article_index.split

    def failing(article: Article) -> Any:
        if article.body == "boom":
            raise ArticleNotReadable(f"article {article.id}", None, "its text cannot be divided into passages")
        return split(article)

    monkeypatch.setattr(article_index, "split", failing)


def test_an_article_that_cannot_be_read_is_refused_before_it_is_stored(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(body: str, form: str) -> list[Block]:
        raise AssertionError(body)

    monkeypatch.setattr("retrieval.articles.passages.read", fail)

    answer = client.put("/v1/articles/x", json=ARTICLE)

    assert answer.status_code == 400
    assert "cannot be divided into passages (AssertionError)" in answer.text
    assert client.get("/v1/articles/x").status_code == 404


def test_one_that_is_stored_already_is_set_aside_and_listed(knowing: Client, boom: None) -> None:
    knowing.put("/v1/articles/bad", json=ARTICLE | {"body": "boom"})
    knowing.put("/v1/articles/rotate-key", json=ARTICLE)

    wait_until(lambda: "rotate-key" in found(knowing, "rotate api key"))
    assert knowing.get("/v1/articles").json()["set_aside"] == [
        {"id": "bad", "reason": "its text cannot be divided into passages"}
    ]
    ready = knowing.get("/readyz")
    assert ready.status_code == 200
    assert "not found: 1; GET /v1/articles lists them" in ready.json()["notes"]["articles"]

    knowing.put("/v1/articles/bad", json=ARTICLE | {"body": "Mended."})
    wait_until(lambda: knowing.get("/v1/articles").json()["set_aside"] == [])
    assert "articles" not in knowing.get("/readyz").json()["notes"]


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, no index can be built."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    return lambda: monkeypatch.setattr(live_articles, "build", fail)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.articles.editing.PATIENCE", 0.05)


GONE: dict[str, Callable[[Client], Any]] = {
    "delete": lambda client: client.delete("/v1/articles/export"),
    "replace": lambda client: client.post(
        "/v1/articles/import", json={"articles": [ARTICLES[0]], "replace": True}, headers={"Idempotency-Key": "k"}
    ),
    "internal": lambda client: client.put("/v1/articles/export", json=ARTICLE | {"visibility": "internal"}),
}


@pytest.mark.parametrize("way", GONE)
def test_what_is_gone_is_not_answered_though_no_index_can_be_built(
    knowing: Client, no_index: Callable[[], None], impatient: None, way: str
) -> None:
    assert "export" in found(knowing, "export csv empty", audience="customer")
    no_index()

    assert GONE[way](knowing).status_code < 300

    assert "export" not in found(knowing, "export csv empty", audience="customer")
    assert "reset-password" in found(knowing, "reset password", audience="customer")
    asked = knowing.post("/v1/deflections", json={"question": "CSV export is empty"}).json()
    assert "hides every row" not in str(asked)
    wait_until(lambda: "MemoryError" in knowing.get("/readyz").json()["notes"].get("articles", ""))
    assert knowing.get("/v1/articles").json()["searchable"] is False


def test_a_batch_of_changes_is_told_as_not_found_until_an_index_is_built(
    database: Database, encoder: HashingEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock = ArticleStore(database), FrozenClock()
    folders = Folders(tmp_path / "live-index", tmp_path / "index", tmp_path / "sample")
    live = LiveArticles(store, lambda: encoder, folders, clock, Telemetry())
    articles = [Article(id=name, title=f"About {name}", body=f"All of {name}.") for name in ("a", "b")]
    database.write(lambda connection: put_all(connection, articles, Edit(at=clock.now()), replace=False))
    live.refresh()
    assert live.note() is None

    store.delete("a", Edit(at=clock.now()))
    with monkeypatch.context() as patched:
        patched.setattr(live_articles, "build", _fail)
        with pytest.raises(MemoryError):
            live.refresh()
    assert _found(live, encoder, "About a") == ["b"]
    assert live.note() is None
    clock.advance(STALE_AFTER + timedelta(seconds=1))
    assert "cannot be found yet" in (live.note() or "")

    live.refresh()
    assert live.note() is None
    assert list(live.take().index.articles) == ["b"]


def _fail(*_: object, **__: object) -> None:
    raise MemoryError


def _found(live: LiveArticles, encoder: HashingEncoder, question: str) -> list[str]:
    asked = RankingQuery(question, encoder.encode([question])[0])
    return [each.article.id for each in suggest(live.take().index, asked)]
