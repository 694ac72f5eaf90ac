"""Draft an article from a ticket: sentences and steps of agents' replies, word for word and without personal data."""

from typing import Literal

from msgspec import Struct

from retrieval.gaps.markdown import as_markdown
from retrieval.gaps.outlines import outline
from retrieval.gaps.replays import Replay
from serving.erasure import MARK
from serving.errors import FieldError, InvalidRequest
from serving.tickets.snapshot import anonymous
from triage.tickets.events import AgentReplied
from triage.tickets.ticket import Ticket

NOTHING_SAID = "No agent has written anything here that an article could quote: reply to the ticket first."
LONGEST_TITLE = 500


class ArticleDraft(Struct, kw_only=True):
    """An article for `PUT /v1/articles/{id}`, once somebody has read it; internal until its author says otherwise."""

    title: str
    body: str
    format: Literal["markdown"] = "markdown"
    visibility: Literal["internal"] = "internal"
    locale: str | None
    product_area: str | None
    ticket_id: str  # whose agents wrote it


def article_draft(ticket: Ticket) -> ArticleDraft:
    """Return a draft; nothing in it is made up or by the customer, but the title: the ticket's subject.

    Raises `InvalidRequest`: no agent has written anything that could be quoted.
    """
    replies = [fact.text for fact in ticket.events if isinstance(fact, AgentReplied) and fact.text != MARK]
    said = "\n".join(anonymous(each, ticket) for each in replies)
    found = outline("", (), [Replay(id=ticket.id, text="", resolution=said)])
    body = as_markdown([each.text for each in found.steps], [each.text for each in found.facts])
    if not body:
        raise InvalidRequest([FieldError("", NOTHING_SAID)])
    return ArticleDraft(
        title=anonymous(ticket.subject, ticket)[:LONGEST_TITLE],
        body=body,
        locale=ticket.language,
        product_area=ticket.label("product_area"),
        ticket_id=ticket.id,
    )
