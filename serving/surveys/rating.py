"""The use case: a customer rates how a ticket was resolved, once, by the link of that resolution."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from serving.erasure import MARK
from serving.errors import NotFound
from serving.keys.survey_links import SurveyLinks
from serving.ticket_desk import TicketDesk, number_of
from triage.text.redaction import redact
from triage.tickets import survey
from triage.tickets.survey import LONGEST_COMMENT, RATINGS, SurveyState
from triage.tickets.ticket import Ticket

Stand = SurveyState | Literal["unknown", "thanks", "no_rating", "too_long"]


@dataclass(frozen=True, slots=True)
class Survey:
    """What its page shows: how far it is, of which ticket, in the customer's language."""

    stand: Stand
    number: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a form sent; a rating that is none is None."""

    rating: int | None
    comment: str


class _NotOpenAnyMore(Exception):
    """The survey was open when it was looked at, and is not now."""


@dataclass(frozen=True, slots=True)
class Surveys:
    """Looks at surveys, and takes ratings."""

    desk: TicketDesk
    links: SurveyLinks | None

    def look(self, token: str, at: datetime) -> Survey:
        """Return how far a survey is; nothing is changed."""
        return self._found(token, at)[0]

    def rate(self, token: str, answer: Answer, at: datetime) -> Survey:
        """Take a rating, if the survey is open; the comment is kept redacted."""
        found, ticket, resolution = self._found(token, at)
        if found.stand != "open" or ticket is None:
            return found
        rating = answer.rating
        if rating is None or rating not in RATINGS:
            return Survey("no_rating", found.number, found.language)
        if len(answer.comment) > LONGEST_COMMENT:
            return Survey("too_long", found.number, found.language)
        comment = redact(answer.comment, _known(ticket)).text or None

        def check(_: sa.Connection, now: Ticket) -> None:
            if survey.state(now, resolution, at) != "open":
                raise _NotOpenAnyMore

        def change(now: Ticket) -> Ticket:
            return survey.rated(now, resolution, rating, comment, at)

        try:
            self.desk.change(ticket.id, change, at=at, check=check)
        except _NotOpenAnyMore:
            return self.look(token, at)
        return Survey("thanks", found.number, found.language)

    def _found(self, token: str, at: datetime) -> tuple[Survey, Ticket | None, int]:
        read = self.links.read(token) if self.links is not None else None
        if read is None:
            return Survey("unknown"), None, 0
        ticket_id, resolution = read
        try:
            ticket = self.desk.load(ticket_id)
        except NotFound:  # a database that was restored from before
            return Survey("unknown"), None, 0
        stand = survey.state(ticket, resolution, at)
        if stand is None:
            return Survey("unknown"), None, 0
        if ticket.subject == MARK:  # erased: nothing is written to it any more
            stand = "expired"
        return Survey(stand, number_of(ticket.id), ticket.language), ticket, resolution


def _known(ticket: Ticket) -> list[str]:
    return [each for each in (ticket.email, ticket.account) if each]
