"""Request and response bodies of the article routes."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from retrieval.articles.article import Article
from serving.http.fields import Locale, ShortText

ArticleId = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\s/]+$", examples=["reset-your-password"])]
WebAddress = Annotated[
    str,
    Meta(max_length=2_000, pattern=r"^https?://[^\s]+$", examples=["https://help.example.com/reset-your-password"]),
]


class ArticleIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """An article as its authors wrote it."""

    title: Annotated[str, Meta(min_length=1, max_length=500, examples=["Reset your password"])]
    body: Annotated[str, Meta(min_length=1, examples=["Open **Settings > Security** and choose *Reset*."])]
    summary: Annotated[str, Meta(max_length=2_000)] | None = None
    url: WebAddress | None = None
    section: ShortText | None = None
    locale: Locale | None = None
    product_area: Annotated[str, Meta(max_length=64)] | None = None
    brand: ShortText | None = None
    updated_at: Annotated[str, Meta(max_length=40, examples=["2024-07-04"])] | None = None
    format: Literal["markdown", "html", "text"] = "markdown"
    visibility: Literal["public", "internal"] = "public"
    requires_human: bool = False


class ImportedArticle(ArticleIn, kw_only=True):
    """An article with its id."""

    id: ArticleId


class ImportIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Several articles, stored all or none; with `replace` they replace the whole knowledge base."""

    articles: Annotated[list[ImportedArticle], Meta(min_length=1, max_length=20_000)]
    replace: bool = False


class ArticleOut(Struct, kw_only=True):
    """A stored article."""

    id: str
    title: str
    body: str
    summary: str | None
    url: str | None
    section: str | None
    locale: str | None
    product_area: str | None
    brand: str | None
    updated_at: str | None
    format: str
    visibility: str
    requires_human: bool
    key_id: str | None
    """The API key that wrote it last; null for what came with an index."""


def article_out(article: Article, key_id: str | None) -> ArticleOut:
    """Return the article with every field, those that are not set as null."""
    written = {name: getattr(article, name) for name in ArticleOut.__struct_fields__ if name != "key_id"}
    return ArticleOut(**written, key_id=key_id)


class StoredOut(Struct, kw_only=True):
    """The result of a write: stored; `searchable` if the index already contains it."""

    id: str
    stored: bool
    searchable: bool


class ImportedOut(Struct, kw_only=True):
    """The result of an import."""

    articles: int
    searchable: bool


class SetAsideOut(Struct, kw_only=True):
    """An article that is stored and not found, because its text cannot be read."""

    id: str
    reason: str


class StateOut(Struct, kw_only=True):
    """The state of the knowledge base; `searchable` if every change so far can be found."""

    articles: int
    searchable: bool
    set_aside: list[SetAsideOut]


class SearchIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """An agent's search."""

    query: Annotated[str, Meta(min_length=1, max_length=4_000, examples=["customer cannot reset the password"])]
    limit: Annotated[int, Meta(ge=1, le=20)] = 5
    audience: Literal["agent", "customer"] = "agent"


class FoundOut(Struct, kw_only=True):
    """An article and its best passage."""

    id: str
    title: str
    url: str | None
    score: float
    heading: str
    excerpt: str
    visibility: str


class SearchOut(Struct, kw_only=True):
    """Articles, best first, and the version of the index that found them."""

    results: list[FoundOut]
    version: str
