"""`/articles/import` of the console: take in a folder or a zip, after a look at what it would change."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency, Provide

from serving.articles.editing import Editing
from serving.articles.endpoints import IMPORT_LIMIT
from serving.changes.edit import Edit
from serving.console.articles import addresses
from serving.console.articles.importing import ImportPlan, plan, planned_again
from serving.console.articles.sent_pages import MOST_PAGE, read
from serving.console.controller import ConsoleController, reads
from serving.console.page import Page
from serving.console.uploads import Upload, upload_of
from serving.evals.running import Evals
from serving.http.body_guard import MULTIPART
from serving.inference.own_content import DeskContent
from serving.storage.database import Database

FILES = {"max_body": IMPORT_LIMIT, "media_types": (MULTIPART,)}
NOTHING_SENT = "Choose a folder, files or a zip."


class ImportPages(ConsoleController):
    """The import of articles."""

    path = "/articles/import"
    dependencies = {**ConsoleController.dependencies, "upload": Provide(upload_of)}  # noqa: RUF012

    @reads(sync_to_thread=False)
    def form(self, page: NamedDependency[Page]) -> Response[str]:
        """Show the form."""
        return page.show("articles/import.html", problem=None, most_page=MOST_PAGE, limit=IMPORT_LIMIT)

    @post(status_code=200, sync_to_thread=True, opt=FILES)
    def look(
        self,
        page: NamedDependency[Page],
        upload: NamedDependency[Upload],
        editing: NamedDependency[Editing],
        content: NamedDependency[DeskContent],
        evals: NamedDependency[Evals],
    ) -> Response[str]:
        """Show what the import would do, and which golden questions would fail; nothing is stored."""
        if not upload.files:
            return page.show(
                "articles/import.html", status=400, problem=NOTHING_SENT, most_page=MOST_PAGE, limit=IMPORT_LIMIT
            )
        revision = editing.store.revision()
        found = plan(read(upload.files), revision, editing.store.digests())
        broken = [] if found.questions else evals.would_break(found.to_store)
        return page.show(
            "articles/plan.html", plan=found, is_stale=False, is_sample=content.shows_sample(), broken=broken
        )

    @post("/apply", status_code=303, sync_to_thread=True, opt={**FILES, "max_body": 2 * IMPORT_LIMIT})
    def apply(
        self,
        page: NamedDependency[Page],
        upload: NamedDependency[Upload],
        editing: NamedDependency[Editing],
        database: NamedDependency[Database],
        edit: NamedDependency[Edit],
        evals: NamedDependency[Evals],
    ) -> Response[Any]:
        """Store what the summary showed; show it again where articles were changed meanwhile."""
        revision, questions = editing.store.revision(), upload.form.text("questions")
        packed = upload.form.text("articles")
        if questions and not packed:
            found = ImportPlan(revision)
        else:
            found = planned_again(packed, revision, editing.store.digests())
        found.questions = f"{questions}\n" if questions else None
        if upload.form.text("revision") != str(revision):
            return page.show("articles/plan.html", status=409, plan=found, is_stale=True, is_sample=False, broken=[])
        if found.questions is not None:
            evals.put(found.questions, edit, over=None)
            if not found.to_store:
                return page.after("/articles/evals", "imported")
        imported = editing.save_all(found.to_store, edit, replace=False, write=database.write)
        return page.after(addresses.LIST, "imported" if imported.searchable else "imported_soon")
