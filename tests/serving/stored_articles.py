"""Articles in the database of an app that has no article routes."""

from __future__ import annotations

from litestar import Litestar
from litestar.testing import TestClient

from retrieval.articles.article import Article
from serving.articles.store import ArticleStore


def put_article(client: TestClient[Litestar], article_id: str) -> None:
    """Store an article under this id."""
    store = ArticleStore(client.app.state.context.database)
    store.put(Article(id=article_id, title=f"About {article_id}", body="Text."))
