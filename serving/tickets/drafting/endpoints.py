"""`/v1/tickets/{id}/draft-article`: an article from a ticket."""

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope
from serving.tickets.desk import Desk
from serving.tickets.drafting.draft import ArticleDraft, article_draft


class DraftController(Controller):
    """Drafts of articles."""

    path = "/v1/tickets"
    tags = ["tickets"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012

    @post(
        "/{ticket_id:str}/draft-article",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(404),
        summary="Draft an article from a ticket",
    )
    def draft(self, ticket_id: FromPath[str], desk: NamedDependency[Desk]) -> ArticleDraft:
        """Return a draft of the agents' own words, redacted; nothing is stored."""
        return article_draft(desk.load(ticket_id))
