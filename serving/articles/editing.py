"""Write articles: stored first, searchable a moment later."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from retrieval.articles.article import Article
from retrieval.articles.passages import split
from retrieval.errors import ArticleNotReadable
from serving.articles.schemas import ArticleIn, ImportedArticle, StoredOut
from serving.articles.store import ArticleStore, WriteResult, put_all
from serving.changes.edit import Edit
from serving.errors import FieldError, InvalidRequest, NotFound
from serving.inference.live_articles import LiveArticles
from serving.storage.database import Write

ID = re.compile(r"[^\s/]{1,200}")
# Long enough for the next index of an ordinary knowledge base, short enough that a big one does not hold the caller.
PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import left behind: how many articles, at which revision, and whether they can be found yet."""

    articles: int
    revision: int
    searchable: bool


@dataclass(frozen=True, slots=True)
class Editing:
    """The use case: authors change the knowledge base."""

    store: ArticleStore
    live: LiveArticles

    def find(self, article_id: str) -> tuple[Article, str | None]:
        """Return an article, and the id of the API key that wrote it.

        Raises `NotFound` when there is none with this id, or it was deleted.
        """
        article = self.store.find(article_id)
        if article is None:
            raise NotFound("article", article_id)
        return article, self.store.written_by(article_id)

    def put(self, article_id: str, given: ArticleIn, edit: Edit) -> tuple[StoredOut, bool]:
        """Store an article; also tells whether it is a new one."""
        refuse_id(article_id)
        kept = self.store.put(article_of(article_id, given), edit)
        return self._searchable(article_id, kept)

    def save(self, article: Article, edit: Edit, *, over: int) -> tuple[StoredOut, bool] | None:
        """Store an article over the revision that its author has read, 0 for a new one; None where it is another."""
        kept = self.store.put_over(over, article, edit)
        return None if kept is None else self._searchable(article.id, kept)

    def put_back(self, article_id: str, article: Article | None, edit: Edit, *, over: int | None) -> bool:
        """Store an article as it was before, None: delete it; False where `over` is not its revision (None: any)."""
        if article is not None:
            kept = self.store.put(article, edit) if over is None else self.store.put_over(over, article, edit)
            if kept is not None:
                self._searchable(article_id, kept)
            return kept is not None
        if not self.store.delete(article_id, edit, over=over):
            return False
        self._gone()
        return True

    def _searchable(self, article_id: str, kept: WriteResult) -> tuple[StoredOut, bool]:
        self.live.withdraw()
        searchable = self.live.wait_for(kept.revision, PATIENCE)
        return StoredOut(id=article_id, stored=True, searchable=searchable), kept.created

    def take_in(
        self,
        given: Sequence[ImportedArticle],
        edit: Edit,
        *,
        replace: bool,
        write: Write[Imported],
        patience: float = PATIENCE,
    ) -> Imported:
        """Store many articles, all or none, and wait until they can be found, or for so many seconds.

        Without patience the result is that of the transaction.
        """
        batch = []
        for number, each in enumerate(given):
            refuse_id(each.id, f"articles[{number}].")
            batch.append(article_of(each.id, each, f"articles[{number}]."))
        times = Counter(article.id for article in batch)
        if twice := [article_id for article_id, found in times.items() if found > 1][:3]:
            raise InvalidRequest([FieldError("articles", f"Ids must differ; found twice: {', '.join(twice)}.")])
        return self.save_all(batch, edit, replace=replace, write=write, patience=patience)

    def save_all(
        self,
        batch: Sequence[Article],
        edit: Edit,
        *,
        replace: bool,
        write: Write[Imported],
        patience: float = PATIENCE,
    ) -> Imported:
        """Store articles that were made and checked before, as `take_in` does."""

        def operation(connection: sa.Connection) -> Imported:
            revision = put_all(connection, batch, edit, replace=replace)
            return Imported(len(batch), revision, self.live.wait_for(revision, 0))

        imported = write(operation)
        self.live.withdraw()
        if imported.searchable or not patience:
            return imported
        return Imported(len(batch), imported.revision, self.live.wait_for(imported.revision, patience))

    def delete(self, article_id: str, edit: Edit) -> None:
        """Delete an article and stop finding it.

        Raises `NotFound` when there is none with this id, or it was deleted before.
        """
        if not self.store.delete(article_id, edit):
            raise NotFound("article", article_id)
        self._gone()

    def _gone(self) -> None:
        self.live.withdraw()
        self.live.wait_for(self.store.revision(), PATIENCE)


def refuse_id(article_id: str, field: str = "") -> None:
    """Refuse an id that no address of the API can name. Raises `InvalidRequest`."""
    if not ID.fullmatch(article_id):
        raise InvalidRequest(
            [FieldError(f"{field}id", "An id is 1 to 200 characters without white space and slashes.")]
        )


def article_of(article_id: str, given: ArticleIn, field: str = "") -> Article:
    """Make an article of what its author wrote: harmless, and known to be readable.

    Raises `InvalidRequest`: its text cannot be read, or a field is empty.
    """
    record = {name: getattr(given, name) for name in ArticleIn.__struct_fields__}
    try:
        article = Article.from_record(record | {"id": article_id})
        split(article)  # what cannot be read is refused before it is stored
    except ArticleNotReadable as error:
        raise InvalidRequest([FieldError(field.rstrip("."), error.reason)]) from error
    return article
