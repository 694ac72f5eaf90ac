"""What agents make of audited labels on their tickets, told to the watch over the certificates."""

from collections.abc import Mapping

import sqlalchemy as sa

from serving.inference.watching import answers
from triage.reason_codes import ReasonCode
from triage.tickets.events import AGENT, Tag, TicketClosed, TicketResolved, TicketTagged
from triage.tickets.ticket import Ticket


def answer_audits(connection: sa.Connection, before: Ticket, after: Ticket) -> None:
    """Take what happened to a ticket since a version of it: labels that agents set, and its end.

    An agent who sets the label that an audit suggested confirms it, another label says that it is wrong. A ticket that
    ends with the suggestion as it was is no answer. Labels that were applied and that an agent changed are corrections.
    """
    tags, audited = dict(before.tags), {head for fact in before.events for head in _audited(fact)}
    for fact in after.events[before.version :]:
        if isinstance(fact, TicketTagged):
            for head, tag in fact.tags.items():
                if tag.mode == AGENT:
                    _hear(connection, after.id, head, tag, was=tags.get(head), is_audited=head in audited)
            tags, audited = tags | dict(fact.tags), audited | _audited(fact)
        elif isinstance(fact, TicketResolved | TicketClosed) and (audited or _has_lists(tags)):
            answers.closed(connection, {"ticket_id": after.id}, fact.at)


def _hear(connection: sa.Connection, ticket_id: str, head: str, tag: Tag, *, was: Tag | None, is_audited: bool) -> None:
    at = tag.at
    if at is None:
        return
    several = tag.labels is not None  # of a list some labels may be audited, and others applied
    if several or is_audited:
        answers.answered(connection, {"ticket_id": ticket_id}, {head: tag.said}, tag.by, at)
    if was is not None and (several or not is_audited):
        answers.changed(connection, was, tag.said, at)


def _has_lists(tags: Mapping[str, Tag]) -> bool:
    return any(each.labels for each in tags.values())


def _audited(fact: object) -> set[str]:
    tags = fact.tags if isinstance(fact, TicketTagged) else {}
    return {head for head, tag in tags.items() if tag.reason_code is ReasonCode.AUDITED}
