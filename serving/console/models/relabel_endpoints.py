"""`/models/relabel` of the console: people decide on labels of closed tickets that are probably wrong."""

from typing import Annotated, Any
from urllib.parse import quote

from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from serving.clock import Clock
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.models.relabel import LabelReview
from serving.console.page import Page
from serving.context import Context
from serving.inference.labels import KnownLabels
from serving.keys.api_keys import Caller

Skipped = Annotated[str, QueryParameter(name="skipped", description="How many were skipped")]
Again = Annotated[str | None, QueryParameter(description="What to decide once more: head:ticket")]
_MOST = 9_999


def review_of(context: NamedDependency[Context], vocabulary: NamedDependency[KnownLabels]) -> LabelReview:
    """Return the review; the dependency `review`."""
    return LabelReview(context.settings.home, vocabulary)


class RelabelPages(ConsoleController):
    """Reviewing labels."""

    path = "/models/relabel"
    dependencies = ConsoleController.dependencies | {"review": Provide(review_of, sync_to_thread=False)}

    @reads(sync_to_thread=True)
    def show(
        self,
        page: NamedDependency[Page],
        review: NamedDependency[LabelReview],
        caller: NamedDependency[Caller],
        skipped: Skipped = "0",
        again: Again = None,
    ) -> Response[str]:
        """Show the next label that nobody has decided on."""
        passed = _number(skipped)
        return page.show(
            "models/relabel.html", review=review.show(passed, again, caller), skipped=passed, messages=DONE
        )

    @post(status_code=303, sync_to_thread=True)
    def decide(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        review: NamedDependency[LabelReview],
        caller: NamedDependency[Caller],
        clock: NamedDependency[Clock],
    ) -> Response[Any]:
        """Record a decision and go on."""
        said = form.label("Choose a label.")
        review.decide(form.text("ticket"), form.text("head"), said, caller, clock.now())
        return page.after(f"/models/relabel?skipped={_number(form.text('skipped'))}")

    @post("/undo", status_code=303, sync_to_thread=True)
    def undo(
        self,
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        review: NamedDependency[LabelReview],
        caller: NamedDependency[Caller],
        clock: NamedDependency[Clock],
    ) -> Response[Any]:
        """Take a decision back, and ask again."""
        ticket_id, head = form.text("ticket"), form.text("head")
        review.take_back(ticket_id, head, caller, clock.now())
        return page.after(f"/models/relabel?again={quote(f'{head}:{ticket_id}')}", "undone")


DONE = {"undone": "This was decided last. Decide again."}


def _number(text: str) -> int:
    return min(int(text), _MOST) if text.isascii() and text.isdigit() else 0
