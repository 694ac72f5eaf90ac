"""Who set the labels of closed tickets at a helpdesk: a person there, or this service alone."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from serving.helpdesks.port.port import Helpdesk, Value
from serving.helpdesks.port.tags import slug
from serving.helpdesks.port.values import from_row, several
from serving.storage.tables import helpdesk_links
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.closed_ticket import LABELS, SOURCES, in_order
from triage.tickets.fact_values import Said
from triage.tickets.label_sources import LabelSource, ShownLabel, by_a_person, source_of, was_shown
from triage.tickets.ticket import Ticket

_c = helpdesk_links.c


@dataclass(frozen=True, slots=True)
class ShownHere:
    """Reads what this service knows of tickets: of its own by their ids, of those it only tagged by external ids."""

    tickets: Callable[[sa.Connection, Sequence[str]], Iterable[Ticket]]
    tagged: Callable[[sa.Connection, Collection[str]], Mapping[str, Mapping[str, ShownLabel]]]


def with_sources(
    reading: sa.Connection, name: str, there: Helpdesk, records: Sequence[Mapping[str, Any]], here: ShownHere
) -> list[Mapping[str, Any]]:
    """Return closed tickets of a connection, with the sources of their labels where this service has seen them."""
    ids = [str(record["id"]).removeprefix(f"{name}-") for record in records]
    shown = _tagged(reading, name, ids, here) | _linked(reading, name, ids, here)
    return [
        {**record, SOURCES: _sources(record, shown[remote_id], there)} if remote_id in shown else record
        for record, remote_id in zip(records, ids, strict=True)
    ]


def _tagged(
    reading: sa.Connection, name: str, ids: Sequence[str], here: ShownHere
) -> dict[str, Mapping[str, ShownLabel]]:
    """Return what was shown of tickets that a client had tagged under the id there, alone or behind our name for it."""
    forms = {form: each for each in ids for form in (f"{name}:{each}", f"{name}-{each}", each)}
    return {forms[external_id]: shown for external_id, shown in here.tagged(reading, forms).items()}


def _linked(
    reading: sa.Connection, name: str, ids: Sequence[str], here: ShownHere
) -> dict[str, Mapping[str, ShownLabel]]:
    asked = sa.select(_c.remote_id, _c.ticket_id, _c.written).where(_c.connection == name, _c.remote_id.in_(ids))
    rows = reading.execute(asked.where(_c.ticket_id.is_not(None))).all()
    ours = {ticket.id: ticket for ticket in here.tickets(reading, [row.ticket_id for row in rows])}
    return {
        row.remote_id: {
            head: _shown(ours[row.ticket_id], head, from_row(row.written))
            for head in in_order({*LABELS, *ours[row.ticket_id].tags})
        }
        for row in rows
        if row.ticket_id in ours
    }


def _shown(ticket: Ticket, head: str, written: Mapping[str, Value]) -> ShownLabel:
    """Return what was shown of a head.

    The model's label was chosen there, too, where we never wrote it: the suggestion stood in the note.
    """
    tag, other = ticket.tags.get(head), by_a_person(shown=was_shown(ticket, head))
    source = source_of(ticket, head) or other
    if tag is not None and tag.labels is not None:
        return ShownLabel(tag.certain, source, other)
    label = ticket.label(head)
    if source is LabelSource.MODEL_UNSEEN and not _is_written(head, label or "", written):
        source = LabelSource.PERSON_AFTER_SUGGESTION
    return ShownLabel(label, source, other)


def _is_written(head: str, label: str, written: Mapping[str, Value]) -> bool:
    return head in written or f"{head}_{slug(label)}" in several(written.get("tags"))


def _sources(record: Mapping[str, Any], shown: Mapping[str, ShownLabel], there: Helpdesk) -> dict[str, LabelSource]:
    labels = {head: record[head] for head in shown if record.get(head)}
    return {
        head: shown[head].same if _is_same(head, shown[head].label, label, there) else shown[head].other
        for head, label in labels.items()
    }


def _is_same(head: str, ours: Said, label: str | list[str], there: Helpdesk) -> bool:
    if isinstance(ours, tuple) or isinstance(label, list):
        return {*map(slug, ours or ())} == {*map(slug, label)}
    if ours is None:
        return False
    if head == "priority" and {ours, label} <= set(PRIORITIES):
        return there.word(head, ours) == there.word(head, label)  # one word there may stand for two of ours
    return slug(ours) == slug(label)
