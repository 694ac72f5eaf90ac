"""`/articles/import` of the console: take in a folder or a zip, after a look at what it would change."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency, Provide

from serving.articles.editing import Editing
from serving.articles.endpoints import IMPORT_LIMIT
from serving.clock import Clock
from serving.console.articles import addresses
from serving.console.articles.importing import plan, planned_again
from serving.console.articles.sent_pages import MOST_PAGE, read
from serving.console.controller import ConsoleController, reads
from serving.console.page import Page
from serving.console.uploads import Upload, upload_of
from serving.context import Context
from serving.http.body_guard import MULTIPART
from serving.inference.own_content import DeskContent
from serving.keys.api_keys import Caller

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
    ) -> Response[str]:
        """Show what the import would do; nothing is stored."""
        if not upload.files:
            return page.show(
                "articles/import.html", status=400, problem=NOTHING_SENT, most_page=MOST_PAGE, limit=IMPORT_LIMIT
            )
        revision = editing.store.revision()
        found = plan(read(upload.files), revision, editing.store.digests())
        return page.show("articles/plan.html", plan=found, is_stale=False, is_sample=content.shows_sample())

    @post("/apply", status_code=303, sync_to_thread=True, opt={**FILES, "max_body": 2 * IMPORT_LIMIT})
    def apply(
        self,
        page: NamedDependency[Page],
        upload: NamedDependency[Upload],
        editing: NamedDependency[Editing],
        clock: NamedDependency[Clock],
        caller: NamedDependency[Caller],
        context: NamedDependency[Context],
    ) -> Response[Any]:
        """Store what the summary showed; show it again where articles were changed meanwhile."""
        revision = editing.store.revision()
        found = planned_again(upload.form.text("articles"), revision, editing.store.digests())
        if upload.form.text("revision") != str(revision):
            return page.show("articles/plan.html", status=409, plan=found, is_stale=True, is_sample=False)
        imported = editing.save_all(
            found.to_store, replace=False, at=clock.now(), key_id=caller.key_id, write=context.database.write
        )
        return page.after(addresses.LIST, "imported" if imported.searchable else "imported_soon")
