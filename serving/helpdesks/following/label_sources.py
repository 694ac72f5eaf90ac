"""Who set the labels of closed tickets at a helpdesk: a person there, or this service alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from serving.helpdesks.port.port import Helpdesk, Value, slug
from serving.helpdesks.port.values import from_row, several
from serving.storage.tables import helpdesk_links
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.closed_ticket import LABELS, SOURCES
from triage.tickets.label_sources import LabelSource, by_a_person, source_of, was_shown
from triage.tickets.ticket import Ticket

ReadsTickets = Callable[[sa.Connection, Sequence[str]], Iterable[Ticket]]
_c = helpdesk_links.c


def with_sources(
    reading: sa.Connection, name: str, there: Helpdesk, records: Sequence[Mapping[str, Any]], tickets: ReadsTickets
) -> list[Mapping[str, Any]]:
    """Return closed tickets of a connection with the sources of their labels, where their ticket is here, too."""
    ids = [_remote_id(record, name) for record in records]
    asked = sa.select(_c.remote_id, _c.ticket_id, _c.written)
    rows = reading.execute(asked.where(_c.connection == name, _c.remote_id.in_(ids), _c.ticket_id.is_not(None))).all()
    ours = {ticket.id: ticket for ticket in tickets(reading, [row.ticket_id for row in rows])}
    links = {row.remote_id: (ours[row.ticket_id], from_row(row.written)) for row in rows if row.ticket_id in ours}
    return [
        {**record, SOURCES: _sources(record, *links[remote_id], there)} if remote_id in links else record
        for record, remote_id in zip(records, ids, strict=True)
    ]


def _remote_id(record: Mapping[str, Any], name: str) -> str:
    return str(record["id"]).removeprefix(f"{name}-")


def _sources(
    record: Mapping[str, Any], ticket: Ticket, written: Mapping[str, Value], there: Helpdesk
) -> dict[str, LabelSource]:
    labels = {head: str(record[head]) for head in LABELS if record.get(head)}
    return {head: _source(ticket, head, label, written, there) for head, label in labels.items()}


def _source(ticket: Ticket, head: str, label: str, written: Mapping[str, Value], there: Helpdesk) -> LabelSource:
    """Return the source of a label that is shown there.

    A label that differs from ours was chosen there. One that is the model's was chosen there, too, where we never wrote
    it: the suggestion stood in the note.
    """
    ours, source = ticket.label(head), source_of(ticket, head)
    if ours is None or source is None or not _is_same(head, ours, label, there):
        return by_a_person(shown=was_shown(ticket, head))
    if source is LabelSource.MODEL_UNSEEN and not _is_written(head, ours, written):
        return LabelSource.PERSON_AFTER_SUGGESTION
    return source


def _is_same(head: str, ours: str, label: str, there: Helpdesk) -> bool:
    if head == "priority" and {ours, label} <= set(PRIORITIES):
        return there.word(head, ours) == there.word(head, label)  # one word there may stand for two of ours
    return slug(ours) == slug(label)


def _is_written(head: str, label: str, written: Mapping[str, Value]) -> bool:
    return head in written or f"{head}_{slug(label)}" in several(written.get("tags"))
