"""What customers are told of an incident that goes on, in the words of the person who confirmed or opened it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from rapidfuzz.distance import OSA

from retrieval.index.tokens import stem
from serving.storage.database import Database
from serving.storage.errors import StorageAway
from serving.storage.job_tables import incident_proposals as proposals
from serving.storage.job_tables import opened_incidents as opened
from serving.storage.tables import tickets
from serving.surges.incidents.store import OVER
from serving.surges.outage_questions import asks_of_outage
from serving.ticket_desk import PublicIncident
from triage.surges.words import words_of
from triage.text.nobody.phrase_patterns import STOP, said

_KEPT = timedelta(seconds=2)
_LONG = 5  # letters
_READ = 4_000  # characters of a question


@dataclass(frozen=True, slots=True)
class _Message:
    incident: PublicIncident
    terms: Sequence[frozenset[str]]  # the stems of each; a question has all of one of them
    area: str | None = None

    def about(self, words: frozenset[str], area: str | None) -> PublicIncident | None:
        if any(term and all(_is_among(each, words) for each in term) for term in self.terms):
            return replace(self.incident, instead=True)
        to_all = not self.terms and self.area is None
        return self.incident if to_all or (self.area is not None and self.area == area) else None


def _is_among(word: str, words: frozenset[str]) -> bool:
    """Tell whether a word is among others; a long one also with one slip of the keyboard."""
    if word in words:
        return True
    return len(word) >= _LONG and any(OSA.distance(word, each, score_cutoff=1) <= 1 for each in words)


def _stems_of(text: str) -> frozenset[str]:
    """Return the words of a text without their endings: who is "signing in" signs in.

    Short words and numbers count, because "log in" is no log; of scripts without spaces, pairs of letters.
    """
    latin = {word for word in said(text[:_READ]) if word.isascii() and word != STOP}
    others = {word for word in words_of(text) if not word.isascii()}
    return frozenset(map(stem, latin | others))


class PublicMessages:
    """The messages of incidents that go on; what was read stands for two seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read_at: datetime | None = None
        self._messages: Sequence[_Message] = ()

    def about(self, question: str, area: str | None, at: datetime) -> PublicIncident | None:
        """Return the incident that a question is about: by its terms before the area, the newest first.

        One with neither is for every question; who asks whether there is an outage is told of the newest in any case.
        """
        messages = self._current(at)
        if not messages:
            return None
        words = _stems_of(question)
        found = [one for each in messages if (one := each.about(words, area)) is not None]
        if not found and asks_of_outage(question):
            return messages[0].incident
        return max(found, key=lambda each: each.instead, default=None)

    def _current(self, at: datetime) -> Sequence[_Message]:
        if self._read_at is None or not timedelta(0) <= at - self._read_at < _KEPT:
            try:
                self._messages = self._database.read(_open)
            except StorageAway:
                return self._messages
            self._read_at = at
        return self._messages


def _open(connection: sa.Connection) -> Sequence[_Message]:
    """Return the messages of incidents that go on, whose ticket is neither resolved nor closed, the newest first."""
    goes_on = tickets.c.status.not_in(OVER)
    confirmed = (
        sa.select(
            *(proposals.c.id, proposals.c.public_title, proposals.c.public_message, proposals.c.public_terms),
            *(sa.null().label("area"), proposals.c.began_at),
        )
        .join(tickets, tickets.c.id == proposals.c.incident_id)
        .where(proposals.c.public_message.is_not(None), goes_on)
    )
    by_hand = (
        sa.select(opened.c.id, opened.c.title, opened.c.message, opened.c.terms, opened.c.area, opened.c.opened_at)
        .join(tickets, tickets.c.id == opened.c.ticket_id)
        .where(opened.c.ended_at.is_(None), goes_on)
    )
    rows = [*connection.execute(confirmed), *connection.execute(by_hand)]
    rows.sort(key=lambda row: row[5], reverse=True)
    return [
        _Message(PublicIncident(id_, title, message, since), [_stems_of(term) for term in terms or ()], area)
        for id_, title, message, terms, area, since in rows
    ]
