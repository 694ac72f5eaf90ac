"""`/articles` of the console: the list, one article, gaps, and questions that are tried."""

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from retrieval.articles.passages import split
from retrieval.errors import ArticleNotReadable
from serving.articles.editing import Editing
from serving.clock import Clock
from serving.console.articles import addresses
from serving.console.articles.drafts import KINDS, draft_body
from serving.console.articles.edit_endpoints import FORMATS
from serving.console.articles.kept_gaps import KeptGaps
from serving.console.articles.listing import Wanted, listing
from serving.console.articles.liveness import live_index
from serving.console.articles.rendering import rendered
from serving.console.articles.trying import code_in_words, problem_of, tried
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.page import Page
from serving.context import Context
from serving.deflections.asking import Answering
from serving.inference.live_articles import LiveArticles
from serving.reports.article_use import ENOUGH, LOW, ArticleReport
from serving.reports.kb_gaps import KnowledgeGaps

QUESTIONS = 20  # of an article, the newest first
SAID = {
    "deleted": "The article was deleted. Nobody finds it any more.",
    "saved": "Saved, and found from now on.",
    "saved_soon": "Saved. It can be found as soon as the next index is built.",
    "imported": "Imported, and found from now on.",
    "imported_soon": "Imported. The articles can be found as soon as the next index is built.",
}


class ArticlePages(ConsoleController):
    """Articles, and how they do."""

    path = "/articles"

    @reads(sync_to_thread=True)
    def show(
        self,
        request: Request[Any, Any, Any],
        page: NamedDependency[Page],
        editing: NamedDependency[Editing],
        live_articles: NamedDependency[LiveArticles],
        article_report: NamedDependency[ArticleReport],
        clock: NamedDependency[Clock],
    ) -> Response[str]:
        """Show the list."""
        wanted = Wanted.of(request.query_params)
        live, uses = live_index(live_articles, editing.store), article_report.uses(clock.now())
        return page.show(
            "articles/list.html",
            messages=SAID,
            wanted=wanted,
            listing=listing(editing.store, wanted, uses, live.revision),
            live=live,
            uses=uses,
            enough=ENOUGH,
            low=LOW,
            shown_at=addresses.shown_at,
        )

    @reads("/view", sync_to_thread=True)
    def view(
        self,
        request: Request[Any, Any, Any],
        page: NamedDependency[Page],
        editing: NamedDependency[Editing],
        live_articles: NamedDependency[LiveArticles],
        article_report: NamedDependency[ArticleReport],
        context: NamedDependency[Context],
    ) -> Response[str]:
        """Show one article: its text, its sections, and what it answers."""
        article, key_id = editing.find(request.query_params.get("id", ""))
        live = live_index(live_articles, editing.store)
        uses = article_report.uses(page.at)
        try:
            sections = split(article)
        except ArticleNotReadable:
            sections = []
        return page.show(
            "articles/article.html",
            messages=SAID,
            article=article,
            key_id=key_id,
            key_name=next((key.name for key in context.keys.list() if key.id == key_id), None),
            formats=FORMATS,
            live=live,
            is_live=editing.store.revision_of(article.id) <= live.revision,
            unread=live.set_aside.get(article.id),
            rendered=rendered(article),
            sections=sections,
            use=uses.of(article.id),
            uses=uses,
            questions=article_report.questions(uses.of(article.id).sessions[:QUESTIONS]),
            edited_at=addresses.edited_at(article.id),
            deleted_at=addresses.deleted_at(article.id),
        )

    @reads("/{article_id:path}", sync_to_thread=False)
    def lead(self, article_id: FromPath[str]) -> Redirect:
        """Lead to the page of an article."""
        return Redirect(addresses.shown_at(article_id.removeprefix("/")), status_code=303)

    @reads("/gaps", sync_to_thread=True)
    def gaps(
        self,
        page: NamedDependency[Page],
        knowledge_gaps: NamedDependency[KnowledgeGaps],
        kept_gaps: NamedDependency[KeptGaps],
        live_articles: NamedDependency[LiveArticles],
        clock: NamedDependency[Clock],
    ) -> Response[str]:
        """Show what the knowledge base lacks, the most expensive first."""
        report = kept_gaps.report(knowledge_gaps, live_articles.take().index.version, clock.now())
        drafts = [draft_body(each.outline) for each in report.clusters]
        return page.show(
            "articles/gaps.html",
            report=report,
            drafts=drafts,
            kinds=KINDS,
            shown_at=addresses.shown_at,
            edited_at=addresses.edited_at,
        )

    @reads("/try", sync_to_thread=False)
    def ask(self, page: NamedDependency[Page]) -> Response[str]:
        """Show the form that a question is tried with."""
        return page.show("articles/try.html", question="", locale="", brand="", problem=None, trial=None)

    @post("/try", status_code=200, sync_to_thread=True)
    def answer(
        self, page: NamedDependency[Page], form: NamedDependency[Form], answering: NamedDependency[Answering]
    ) -> Response[str]:
        """Show what a question would get."""
        question, locale, brand = form.text("question"), form.text("locale")[:16], form.text("brand")[:200]
        problem = problem_of(question)
        trial = None if problem else tried(answering, question, locale or None, brand or None)
        return page.show(
            "articles/try.html",
            status=400 if problem else 200,
            question=question,
            locale=locale,
            brand=brand,
            problem=problem,
            trial=trial,
            why=code_in_words(trial.reply.reason_code) if trial else None,
            shown_at=addresses.shown_at,
        )
