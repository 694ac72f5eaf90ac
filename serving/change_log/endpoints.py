"""`/v1/audit`: the change log, and what a change would do before it is made."""

from typing import Annotated, Any, Literal

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from serving.articles.editing import Editing, article_of, refuse_id
from serving.articles.schemas import ArticleIn
from serving.articles.store import as_text
from serving.change_log.differences import diff
from serving.change_log.log import ChangeLog
from serving.change_log.schemas import (
    ChangesOut,
    ChangeWithTextsOut,
    PreviewOut,
    UndoOut,
    change_out,
    changes_csv,
    undo_out,
    with_texts,
)
from serving.changes.edit import Edit
from serving.evals.running import Evals
from serving.http.auth import allows
from serving.http.fields import Cursor
from serving.http.problems import problem_responses
from serving.http.spreadsheets.answering import WRITTEN_AS, WrittenAs, reported
from serving.keys.api_keys import Scope

Which = Annotated[
    Literal["article", "questions", "policy", "key", "model", "incident"] | None,
    QueryParameter(name="kind", description="Only changes of this kind"),
]
Subject = Annotated[
    str | None, QueryParameter(max_length=200, description="Only of this article, file, key or bundle, by its id")
]
Limit = Annotated[int, QueryParameter(ge=1, le=1_000, description="Changes on a page")]
DryRun = Annotated[bool, QueryParameter(description="Show what would happen, and change nothing")]

Force = Annotated[bool, QueryParameter(description="Take it back even where that overwrites a newer change")]


class ChangeLogController(Controller):
    """The change log; for admins."""

    path = "/v1/audit"
    tags = ["audit"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012
    dependencies = WRITTEN_AS

    @get(summary="List changes", sync_to_thread=True, responses=reported(ChangesOut, "The changes"))
    def page(
        self,
        change_log: NamedDependency[ChangeLog],
        written_as: NamedDependency[WrittenAs],
        which: Which = None,
        subject: Subject = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> Response[Any]:
        """List changes of articles, golden questions, policies, keys, models and incidents, newest first."""
        found = change_log.page(kind=which, subject=subject, before=cursor, most=limit)
        following = found[-1].id if len(found) == limit else None
        shown = ChangesOut(changes=[change_out(each) for each in found], next_cursor=following)
        return written_as.answer(shown, lambda page: changes_csv(page.changes), "changes")

    @get("/{change_id:str}", summary="Read a change", sync_to_thread=True, responses=problem_responses(404))
    def read(self, change_id: FromPath[str], change_log: NamedDependency[ChangeLog]) -> ChangeWithTextsOut:
        """Return a change with the texts before and after it, what differs, and the way back."""
        entry = change_log.find(change_id)
        return with_texts(entry, change_log.undoable(entry))

    @post(
        "/{change_id:str}/undo",
        summary="Take a change back",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(404, 409),
    )
    def undo(
        self,
        change_id: FromPath[str],
        change_log: NamedDependency[ChangeLog],
        edit: NamedDependency[Edit],
        dry_run: DryRun = False,  # noqa: FBT002 (a query parameter)
        force: Force = False,  # noqa: FBT002
    ) -> UndoOut:
        """Bring back an article or the golden questions as they were before a change, as a change of its own.

        Refused where somebody changed it since, unless `force=true`: `newer` in the problem is that change's id.
        """
        undoing = change_log.undoing(change_log.find(change_id))
        made = None if dry_run else change_log.undo(change_id, edit, force=force)
        return undo_out(undoing, made)


class PreviewController(Controller):
    """What a change would do."""

    path = "/v1/articles"
    tags = ["articles"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @post(
        "/{article_id:str}/preview",
        summary="Try an article before it is stored",
        status_code=200,
        sync_to_thread=True,
        opt={"max_body": 5_000_000},
        responses=problem_responses(400),
    )
    def preview(
        self,
        article_id: FromPath[str],
        data: JSONBody[ArticleIn],
        editing: NamedDependency[Editing],
        evals: NamedDependency[Evals],
    ) -> PreviewOut:
        """Return what differs from the stored article, and which golden questions would fail; nothing is stored."""
        refuse_id(article_id)
        article, stored = article_of(article_id, data), editing.store.find(article_id)
        broken = evals.would_break([article])
        return PreviewOut(
            created=stored is None,
            diff=diff("article", None if stored is None else as_text(stored), as_text(article)),
            would_fail=None if broken is None else [each.question.key for each in broken],
        )
