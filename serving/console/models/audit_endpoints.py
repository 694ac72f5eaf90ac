"""`/models/audit` of the console: people check tags that would have been applied."""

import re
from typing import Annotated, Any

from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter

from serving.certificates.answering import AuditAnswering
from serving.clock import Clock
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.models.audit import AuditQueue
from serving.console.page import Page
from serving.errors import NotFound
from serving.inference.labels import KnownLabels
from serving.inference.watching.store import AuditedTag
from serving.keys.api_keys import Caller
from serving.policy.policies import Policies
from serving.storage.database import Database
from serving.tagging.correcting import TagCorrecting
from serving.tickets.desk import Desk

After = Annotated[str | None, QueryParameter(description="The question that was skipped")]
Again = Annotated[str | None, QueryParameter(description="The question to answer once more")]
Last = Annotated[str | None, QueryParameter(description="The question that was answered last")]


_ID = re.compile(r"adt_\w{1,40}", re.ASCII)


def queue_of(
    database: NamedDependency[Database],
    policies: NamedDependency[Policies],
    vocabulary: NamedDependency[KnownLabels],
    desk: NamedDependency[Desk],
    correcting: NamedDependency[TagCorrecting],
    audit_answering: NamedDependency[AuditAnswering],
) -> AuditQueue:
    """Return the queue; the dependency `queue`."""
    return AuditQueue(database, policies, vocabulary, desk, correcting, audit_answering)


class AuditPages(ConsoleController):
    """Checking tags."""

    path = "/models/audit"
    dependencies = ConsoleController.dependencies | {"queue": Provide(queue_of, sync_to_thread=False)}

    @reads(sync_to_thread=True)
    def show(
        self,
        page: NamedDependency[Page],
        queue: NamedDependency[AuditQueue],
        after: After = None,
        again: Again = None,
        last: Last = None,
    ) -> Response[str]:
        """Show the next question, what was answered last, and how far the queue is."""
        repeated = _found(queue, again)
        question = queue.question(repeated) if repeated else queue.following(after)
        return page.show(
            "models/audit.html",
            question=question,
            last=_found(queue, last),
            tally=queue.tally(),
            after=after,
            again=repeated.id if repeated else None,
        )

    @post("/{audited_id:str}", status_code=303, sync_to_thread=True)
    def answer(
        self,
        audited_id: FromPath[str],
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        queue: NamedDependency[AuditQueue],
        caller: NamedDependency[Caller],
        clock: NamedDependency[Clock],
    ) -> Response[Any]:
        """Record an answer and go on with the next question."""
        said = form.label("Choose a label, or say that none is right.")
        queue.answer(audited_id, said, caller, clock.now())
        after = form.text("after")
        return page.after(f"/models/audit?last={audited_id}" + (f"&after={after}" if _ID.fullmatch(after) else ""))


def _found(queue: AuditQueue, last: str | None) -> AuditedTag | None:
    try:
        return queue.tag(last) if last else None
    except NotFound:
        return None
