"""Articles in the database, from which every index is built."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection

from retrieval.articles.article import Article, KnownQuestion
from serving.changes import records
from serving.changes.edit import Edit
from serving.inference.article_snapshot import Seed
from serving.storage.database import Database
from serving.storage.job_tables import article_seeds
from serving.storage.tables import articles

Source = Literal["api", "seed"]


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of a write."""

    revision: int
    created: bool
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedArticle:
    """An article as a list shows it, without its text; `revision` is that of its last change."""

    id: str
    title: str
    section: str | None
    locale: str | None
    product_area: str | None
    brand: str | None
    updated_at: str | None
    visibility: str
    requires_human: bool
    revision: int


class ArticleStore:
    """Reads and writes articles; each write that changes something increases the revision by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def revision(self) -> int:
        """Return the number of the last change; 0 when there never was one."""
        return self._database.read(_revision)

    def read(self) -> tuple[int, list[Article]]:
        """Return the revision and every article as of it."""

        def together(connection: Connection) -> tuple[int, list[Article]]:
            rows = connection.execute(sa.select(articles).where(_alive()).order_by(articles.c.id)).mappings()
            return _revision(connection), [from_row(row) for row in rows]

        return self._database.read(together)

    def gone_since(self, revision: int) -> frozenset[str]:
        """Return the ids of the articles that were deleted or made internal after a revision."""
        no_longer = sa.or_(articles.c.deleted_at.is_not(None), articles.c.visibility == "internal")
        chosen = sa.select(articles.c.id).where(articles.c.revision > revision, no_longer)
        return self._database.read(lambda connection: frozenset(connection.scalars(chosen)))

    def find(self, article_id: str) -> Article | None:
        """Return one article, None when there is none or it was deleted."""
        chosen = sa.select(articles).where(articles.c.id == article_id, _alive())
        row = self._database.read(lambda connection: connection.execute(chosen).mappings().first())
        return None if row is None else from_row(row)

    def written_by(self, article_id: str) -> str | None:
        """Return the id of the API key that wrote an article last; None for what came with an index."""
        chosen = sa.select(articles.c.key_id).where(articles.c.id == article_id)
        return self._database.read(lambda connection: connection.scalar(chosen))

    def revision_of(self, article_id: str) -> int:
        """Return the revision of an article's last change; 0 when there is none, or it was deleted."""
        return self._database.read(lambda connection: _revision_of(connection, article_id))

    def listed(self, words: Sequence[str] = ()) -> list[ListedArticle]:
        """Return the articles that hold all of these words anywhere, by title."""
        searched = (articles.c.id, articles.c.title, articles.c.section, articles.c.summary, articles.c.body)
        chosen = sa.select(*(articles.c[name] for name in _LISTED), *(searched if words else ())).where(_alive())
        wanted = [word.casefold() for word in words]

        def read(connection: Connection) -> list[ListedArticle]:
            found = []
            for row in connection.execute(chosen).mappings():
                text = "\n".join(row[each.name] or "" for each in searched).casefold() if wanted else ""
                if all(word in text for word in wanted):
                    found.append(ListedArticle(**{name: row[name] for name in _LISTED}))
            return sorted(found, key=lambda each: (each.title.casefold(), each.id))

        return self._database.read(read)

    def digests(self) -> dict[str, str]:
        """Return the digest of every article's contents, by id."""
        chosen = sa.select(articles.c.id, articles.c.sha256).where(_alive())
        return self._database.read(lambda connection: {row.id: row.sha256 for row in connection.execute(chosen)})

    def put(self, article: Article, edit: Edit | None = None) -> WriteResult:
        """Store an article under its id, over what was there."""
        return self._database.write(lambda connection: _put(connection, article, "api", edit))

    def put_over(self, revision: int, article: Article, edit: Edit) -> WriteResult | None:
        """Store an article over the revision that its author has read, 0 for a new one; None where it is another."""

        def together(connection: Connection) -> WriteResult | None:
            if _revision_of(connection, article.id) != revision:
                return None
            return _put(connection, article, "api", edit)

        return self._database.write(together)

    def delete(self, article_id: str, edit: Edit, *, over: int | None = None) -> bool:
        """Delete an article and its text; False when there was none, or not of the revision `over` (None: any)."""

        def together(connection: Connection) -> int:
            is_other = over is not None and _revision_of(connection, article_id) != over
            return 0 if is_other else _delete(connection, {article_id}, edit)

        return self._database.write(together) > 0

    def seeds(self) -> set[Seed]:
        """Return the indexes whose articles were taken over."""
        chosen = sa.select(article_seeds.c.version, article_seeds.c.origin)
        return self._database.read(lambda connection: {Seed(*row) for row in connection.execute(chosen)})

    def seed(self, batch: Iterable[Article], seed: Seed, *, at: datetime) -> int:
        """Take over the articles of an index; what a client put itself is left alone. Returns the revision."""
        found = list(batch)

        def together(connection: Connection) -> int:
            own = _ids(connection, source="api")
            edit = Edit(at=at, by=seed.origin)
            _delete(connection, _ids(connection, source="seed") - {article.id for article in found}, edit)
            for article in found:
                if article.id not in own:
                    _put(connection, article, "seed")
            connection.execute(sa.delete(article_seeds).where(article_seeds.c.version == seed.version))
            row = {"version": seed.version, "at": at, "articles": len(found), "origin": seed.origin}
            connection.execute(sa.insert(article_seeds).values(row))
            records.record_import(connection, seed.version, edit)
            return _revision(connection)

        return self._database.write(together)

    def drop_sample(self, *, at: datetime) -> int:
        """Delete the sample's articles, unless the desk's own index has taken their place; return how many."""

        def together(connection: Connection) -> int:
            origins = set(connection.scalars(sa.select(article_seeds.c.origin)))
            is_sample = origins == {"sample"}
            return _delete(connection, _ids(connection, source="seed"), Edit(at=at, by="sample")) if is_sample else 0

        return self._database.write(together)


def put_all(connection: Connection, batch: Sequence[Article], edit: Edit, *, replace: bool) -> int:
    """Store many articles and return the revision; with `replace` every other article is deleted."""
    for article in batch:
        _put(connection, article, "api", edit)
    if replace:
        _delete(connection, _ids(connection) - {article.id for article in batch}, edit)
    return _revision(connection)


def to_row(article: Article, *, source: Source, revision: int) -> dict[str, Any]:
    """Return the columns of an article."""
    written = {name: getattr(article, name) for name in _WRITTEN}
    written["asked"] = [[each.question, each.heading] for each in article.asked] or None
    return written | {"source": source, "sha256": article.digest, "revision": revision, "deleted_at": None}


def from_row(row: sa.RowMapping) -> Article:
    """Return the article of a row."""
    asked = tuple(KnownQuestion(*each) for each in row["asked"] or ())
    return Article(**{name: row[name] for name in _WRITTEN} | {"asked": asked})


_WRITTEN = tuple(field.name for field in fields(Article))
_LISTED = tuple(field.name for field in fields(ListedArticle))


def _alive() -> sa.ColumnElement[bool]:
    return articles.c.deleted_at.is_(None)


def _revision(connection: Connection) -> int:
    return int(connection.scalar(sa.select(sa.func.max(articles.c.revision))) or 0)


def _revision_of(connection: Connection, article_id: str) -> int:
    chosen = sa.select(articles.c.revision).where(articles.c.id == article_id, _alive())
    return int(connection.scalar(chosen) or 0)


def _ids(connection: Connection, source: Source | None = None) -> set[str]:
    chosen = sa.select(articles.c.id).where(_alive())
    return set(connection.scalars(chosen if source is None else chosen.where(articles.c.source == source)))


def _put(connection: Connection, article: Article, source: Source, edit: Edit | None = None) -> WriteResult:
    revision = _revision(connection)
    row = to_row(article, source=source, revision=revision + 1) | {"key_id": edit.key_id if edit else None}
    there = sa.select(articles).where(articles.c.id == article.id, _alive())
    before = connection.execute(there).mappings().first()
    if before is not None and before["sha256"] == row["sha256"] and before["source"] == source:
        return WriteResult(revision, created=False, changed=False)
    # An id that was deleted has a row as well. Update, then insert: plain SQL, the same on every database.
    if not connection.execute(sa.update(articles).where(articles.c.id == article.id).values(row)).rowcount:
        connection.execute(sa.insert(articles).values(row))
    if edit is not None:
        _record(connection, article.id, edit, before=from_row(before) if before else None, after=article)
    return WriteResult(revision + 1, created=before is None, changed=True)


def _delete(connection: Connection, ids: set[str], edit: Edit) -> int:
    """Leave a mark that the article is gone, and nothing of its text."""
    done = 0
    for article_id in sorted(ids):
        before = connection.execute(sa.select(articles).where(articles.c.id == article_id, _alive())).mappings().first()
        if before is None:
            continue
        gone = {"title": "", "body": "", "summary": None, "deleted_at": edit.at, "key_id": edit.key_id}
        chosen = sa.update(articles).where(articles.c.id == article_id)
        connection.execute(chosen.values(gone | {"revision": _revision(connection) + 1}))
        if before["source"] == "api":  # what came with an index is there to be read
            _record(connection, article_id, edit, before=from_row(before), after=None)
        done += 1
    return done


def _record(
    connection: Connection, article_id: str, edit: Edit, *, before: Article | None, after: Article | None
) -> None:
    old, new = (None if each is None else as_text(each) for each in (before, after))
    records.record(connection, "article", article_id, edit, before=old, after=new)


def as_text(article: Article) -> str:
    """Return every field of an article as JSON, as the change log keeps it."""
    return json.dumps(article.to_record(), ensure_ascii=False)
