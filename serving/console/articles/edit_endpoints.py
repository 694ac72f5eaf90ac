"""`/articles` of the console: write, preview and delete an article."""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from retrieval.articles.article import Article
from retrieval.articles.passages import split
from retrieval.evals.judging import Judgement
from serving.articles.editing import Editing
from serving.changes.edit import Edit
from serving.clock import Clock
from serving.console.articles import addresses
from serving.console.articles.article_form import FIELDS, ArticleForm, ArticleNotAccepted
from serving.console.articles.rendering import rendered
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form, why
from serving.console.page import Page
from serving.errors import NotFound
from serving.evals.running import Evals
from serving.inference.own_content import DeskContent
from serving.tickets.desk import Desk
from serving.tickets.drafting.draft import article_draft

TEMPLATE = "articles/edit.html"
LIMIT = {"max_body": 5_000_000}  # bytes, as those of `PUT /v1/articles/{id}`
FORMATS = {"markdown": "Markdown", "html": "HTML", "text": "Plain text"}
LABELS = {
    "title": "Title",
    "body": "Text",
    "summary": "Summary",
    "url": "Web address",
    "section": "Section",
    "locale": "Language",
    "product_area": "Product area",
    "brand": "Brand",
    "updated_at": "Last updated",
    "format": "Written in",
    "visibility": "Who sees it",
}
OfTicket = Annotated[str | None, QueryParameter(max_length=200, description="Begin with a draft from this ticket")]
TAKEN = "There is an article with this id already: choose another one."


class EditPages(ConsoleController):
    """The form of an article."""

    path = "/articles"

    @reads("/new", sync_to_thread=True)
    def new(
        self,
        page: NamedDependency[Page],
        clock: NamedDependency[Clock],
        content: NamedDependency[DeskContent],
        desk: NamedDependency[Desk],
        ticket: OfTicket = None,
    ) -> Response[str]:
        """Show an empty form, or one that is filled with a draft from a ticket."""
        form = ArticleForm()
        typed = {**form.typed, "updated_at": clock.now().date().isoformat()}
        if ticket is not None:
            draft = msgspec.to_builtins(article_draft(desk.load(ticket)))
            typed |= {name: draft[name] or "" for name in FIELDS if name in draft}
        form = replace(form, typed=typed)
        return _shown(page, form, is_draft=ticket is not None, is_sample=content.shows_sample())

    @post("/new", status_code=200, sync_to_thread=True, opt=LIMIT)
    def draft(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        clock: NamedDependency[Clock],
        content: NamedDependency[DeskContent],
    ) -> Response[str]:
        """Show a form that is filled with a draft; it is internal until its author says otherwise."""
        typed = {**ArticleForm.read(form).typed, "format": "markdown", "visibility": "internal"}
        typed["updated_at"] = clock.now().date().isoformat()
        return _shown(page, ArticleForm(typed=typed), is_draft=True, is_sample=content.shows_sample())

    @reads("/edit", sync_to_thread=True)
    def edit(
        self,
        request: Request[Any, Any, Any],
        page: NamedDependency[Page],
        editing: NamedDependency[Editing],
        content: NamedDependency[DeskContent],
    ) -> Response[str]:
        """Show the form of a stored article."""
        article_id = request.query_params.get("id", "")
        revision = editing.store.revision_of(article_id)  # before the text: what changes in between is a conflict
        article, _ = editing.find(article_id)
        return _shown(page, ArticleForm.of(article, revision), is_sample=content.shows_sample())

    @post("/preview", status_code=200, sync_to_thread=True, opt=LIMIT)
    def preview(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        content: NamedDependency[DeskContent],
        editing: NamedDependency[Editing],
        evals: NamedDependency[Evals],
    ) -> Response[str]:
        """Show how title and text would look, what is wrong with other fields, and which golden questions would fail.

        Nothing is saved.
        """
        typed = ArticleForm.read(form)
        try:
            article, errors = typed.preview()
            broken, shows_sample = _broken(typed, editing, evals), content.shows_sample()
            return _shown(page, typed, preview=article, errors=errors, is_sample=shows_sample, broken=broken)
        except ArticleNotAccepted as refused:
            return _shown(page, typed, errors=refused.errors, status=400)

    @post("/save", status_code=303, sync_to_thread=True, opt=LIMIT)
    def save(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        editing: NamedDependency[Editing],
        edit: NamedDependency[Edit],
    ) -> Response[Any]:
        """Store the article; show the form again where it is not accepted, or where somebody else was faster."""
        typed = ArticleForm.read(form)
        stored = editing.store.find(typed.article_id)
        try:
            article = typed.article(stored.asked if stored else ())
        except ArticleNotAccepted as refused:
            return _shown(page, typed, errors=refused.errors, status=400)
        saved = editing.save(article, why(edit, form), over=typed.revision)
        if saved is not None:
            return page.after(addresses.shown_at(article.id), "saved" if saved[0].searchable else "saved_soon")
        if typed.is_new:
            return _shown(page, typed, errors={"id": TAKEN}, status=409)
        return _conflict(page, typed, editing)

    @reads("/delete", sync_to_thread=True)
    def ask(
        self,
        request: Request[Any, Any, Any],
        page: NamedDependency[Page],
        editing: NamedDependency[Editing],
        evals: NamedDependency[Evals],
    ) -> Response[str]:
        """Ask whether an article is to be deleted."""
        article, _ = editing.find(request.query_params.get("id", ""))
        broken = evals.would_break([], {article.id})
        shown_at = addresses.shown_at(article.id)
        return page.show("articles/delete.html", article=article, shown_at=shown_at, broken=broken)

    @post("/delete", status_code=303, sync_to_thread=True)
    def delete(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        editing: NamedDependency[Editing],
        edit: NamedDependency[Edit],
    ) -> Response[Any]:
        """Delete an article and its text."""
        editing.delete(form.text("id"), why(edit, form))
        return page.after(addresses.LIST, "deleted")


def _broken(typed: ArticleForm, editing: Editing, evals: Evals) -> list[Judgement] | None:
    """Return the golden questions that fail with what was typed; none while it cannot be saved."""
    stored = editing.store.find(typed.article_id)
    try:
        article = typed.article(stored.asked if stored else ())
    except ArticleNotAccepted:
        return []
    return evals.would_break([article])


def _conflict(page: Page, typed: ArticleForm, editing: Editing) -> Response[str]:
    """Show both texts; saving again stores what was typed over what is there now."""
    revision = editing.store.revision_of(typed.id)
    try:
        theirs = ArticleForm.of(editing.find(typed.id)[0], revision)
    except NotFound:
        return _shown(page, replace(typed, revision=0), status=409, is_gone=True)
    differing = [name for name in FIELDS if theirs[name] != typed[name]]
    if theirs.requires_human != typed.requires_human:
        differing.append("requires_human")
    return _shown(page, replace(typed, revision=revision), status=409, theirs=theirs, differing=differing)


def _shown(
    page: Page, form: ArticleForm, *, status: int = 200, preview: Article | None = None, **values: object
) -> Response[str]:
    shown: dict[str, Any] = {
        "form": form,
        "labels": LABELS,
        "formats": FORMATS,
        "errors": {},
        "theirs": None,
        "differing": [],
        "is_gone": False,
        "is_draft": False,
        "is_sample": False,
        "preview": rendered(preview) if preview else None,
        "sections": split(preview) if preview else [],
        "broken": [],
        "is_changed": preview is not None and preview.body != form["body"],
        "back": addresses.LIST if form.is_new else addresses.shown_at(form.id),
    }
    return page.show(TEMPLATE, status=status, **shown | values)
