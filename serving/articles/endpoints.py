"""`/v1/articles`: the knowledge base."""

from litestar import Controller, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from serving.articles.editing import PATIENCE, Editing, Imported
from serving.articles.schemas import (
    ArticleIn,
    ArticleOut,
    ImportedOut,
    ImportIn,
    SearchIn,
    SearchOut,
    SetAsideOut,
    StateOut,
    StoredOut,
    article_out,
)
from serving.articles.searching import search
from serving.changes.edit import Edit
from serving.http.auth import allows
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.inference.languages import Languages
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.keys.api_keys import Scope

IMPORT_LIMIT = 20_000_000  # bytes
NEW = {201: ResponseSpec(StoredOut, description="There was no article with this id", generate_examples=False)}

TAKEN_IN = {200: ResponseSpec(ImportedOut, description="The result of the import", generate_examples=False)}


class ArticleController(Controller):
    """Store and search articles."""

    path = "/v1/articles"
    tags = ["articles"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012 (Litestar reads it from the class)

    @get(summary="The state of the knowledge base", sync_to_thread=True, responses=problem_responses(503))
    def state(self, live_articles: NamedDependency[LiveArticles]) -> StateOut:
        """Return how many articles can be found, and which cannot because their text cannot be read."""
        state = live_articles.state()
        set_aside = [SetAsideOut(id=name, reason=reason) for name, reason in sorted(state.set_aside.items())]
        return StateOut(articles=state.found, searchable=state.searchable, set_aside=set_aside)

    @put(
        "/{article_id:str}",
        summary="Store an article",
        sync_to_thread=True,
        opt={"max_body": 5_000_000},
        responses=NEW | problem_responses(400),
    )
    def store(
        self,
        article_id: FromPath[str],
        data: JSONBody[ArticleIn],
        editing: NamedDependency[Editing],
        edit: NamedDependency[Edit],
    ) -> Response[StoredOut]:
        """Store an article under its id; the response says whether it is already searchable."""
        stored, created = editing.put(article_id, data, edit)
        return Response(stored, status_code=201 if created else 200)

    @get("/{article_id:str}", summary="Read an article", sync_to_thread=True, responses=problem_responses(404))
    def read(self, article_id: FromPath[str], editing: NamedDependency[Editing]) -> ArticleOut:
        """Return a stored article."""
        return article_out(*editing.find(article_id))

    @delete("/{article_id:str}", summary="Delete an article", sync_to_thread=True, responses=problem_responses(404))
    def remove(self, article_id: FromPath[str], editing: NamedDependency[Editing], edit: NamedDependency[Edit]) -> None:
        """Delete an article and its text; the change log can bring it back while it keeps texts."""
        editing.delete(article_id, edit)

    @post(
        "/import",
        summary="Store many articles",
        status_code=200,
        sync_to_thread=True,
        opt=CREATES | {"max_body": IMPORT_LIMIT},
        responses=TAKEN_IN | problem_responses(400, 409, 422),
    )
    def take_in(
        self,
        data: JSONBody[ImportIn],
        editing: NamedDependency[Editing],
        edit: NamedDependency[Edit],
        receipt: NamedDependency[Receipt],
    ) -> ImportedOut:
        """Store several articles, all or none; with `replace` they replace the whole knowledge base.

        With an Idempotency-Key the response does not wait until they are searchable, so that retries are the same.
        """
        patience = 0 if receipt.is_kept else PATIENCE
        write = receipt.keeping(_imported)
        imported = editing.take_in(data.articles, edit, replace=data.replace, write=write, patience=patience)
        return _imported(imported)

    @post(
        "/search", summary="Find articles", status_code=200, sync_to_thread=True, responses=problem_responses(400, 503)
    )
    def search(
        self,
        data: JSONBody[SearchIn],
        live_articles: NamedDependency[LiveArticles],
        live_models: NamedDependency[LiveModels],
        languages: NamedDependency[Languages],
    ) -> SearchOut:
        """Find articles for an agent."""
        return search(data, live_articles, live_models, languages)


def _imported(imported: Imported) -> ImportedOut:
    return ImportedOut(articles=imported.articles, searchable=imported.searchable)
