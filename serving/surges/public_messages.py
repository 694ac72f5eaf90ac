"""What customers are told of an incident that goes on, in the words of the person who confirmed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.storage.database import Database
from serving.storage.errors import StorageAway
from serving.storage.job_tables import incident_proposals as proposals
from serving.storage.tables import tickets
from serving.ticket_desk import PublicIncident
from triage.surges.words import words_of
from triage.tickets.ticket import Status

_KEPT = timedelta(seconds=2)
_OVER = (Status.RESOLVED.value, Status.CLOSED.value)


@dataclass(frozen=True, slots=True)
class _Message:
    incident: PublicIncident
    terms: Sequence[frozenset[str]]  # the words of each; a question has all words of one of them

    def is_about(self, words: frozenset[str]) -> bool:
        return not self.terms or any(term <= words for term in self.terms)


class PublicMessages:
    """The messages of incidents that go on; what was read stands for two seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read_at: datetime | None = None
        self._messages: Sequence[_Message] = ()

    def about(self, question: str, at: datetime) -> PublicIncident | None:
        """Return the newest incident that a question is about, by the terms of its message; without terms all are."""
        messages = self._current(at)
        words = words_of(question) if messages else frozenset()
        return next((each.incident for each in messages if each.is_about(words)), None)

    def _current(self, at: datetime) -> Sequence[_Message]:
        if self._read_at is None or not timedelta(0) <= at - self._read_at < _KEPT:
            try:
                self._messages = self._database.read(_open)
            except StorageAway:
                return self._messages
            self._read_at = at
        return self._messages


def _open(connection: sa.Connection) -> Sequence[_Message]:
    """Return the messages of incidents whose ticket is neither resolved nor closed, the newest first."""
    asked = (
        sa.select(proposals.c.public_title, proposals.c.public_message, proposals.c.public_terms, proposals.c.began_at)
        .join(tickets, tickets.c.id == proposals.c.incident_id)
        .where(proposals.c.public_message.is_not(None), tickets.c.status.not_in(_OVER))
        .order_by(proposals.c.id.desc())
    )
    return [
        _Message(
            PublicIncident(row.public_title, row.public_message, row.began_at),
            [words_of(term) for term in row.public_terms or ()],
        )
        for row in connection.execute(asked)
    ]
