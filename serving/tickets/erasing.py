"""Erase customers' texts from tickets; events, times and labels stay, and so do SLA figures."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from serving.erasure import MARK, ErasureSubject, ErasureTrail, any_of, may_be_of
from serving.jobs import changed_days
from serving.jobs.event_types import CSM_ALERTED, TICKET_CREATED, TICKET_ESCALATED, TICKET_FIELDS_SET
from serving.storage.job_tables import outbox_events
from serving.storage.tables import account_alerts, deflections, ticket_events, tickets
from serving.tickets import store
from serving.tickets.snapshot import closed_ticket
from triage.text.cleaning import model_text
from triage.tickets.ticket import Ticket
from triage.tickets.tombstones import Tombstone

TEXTS = {
    "ticket_opened": ("subject", "description", "transcript", "attachments"),
    "agent_replied": ("text",),
    "customer_replied": ("text",),
    "note_added": ("text",),
    "ticket_resolved": ("root_cause",),
    "ticket_rated": ("comment",),
    "ticket_escalated": ("packet",),
    "csm_alerted": ("account",),
}
"""What each kind of fact quotes; a text becomes a mark."""
PERSONAL = {
    "ticket_opened": ("account", "email", "arr", "health", "fields"),
    "fields_set": ("fields",),
    "fields_found": ("fields",),
    "customer_changed": ("account", "arr", "health"),
}
"""Who it was, and what the text says of declared fields; nothing, then."""
_KEPT = {"at", "by"}  # of a message: who spoke when


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Erase tickets, and alerts about the account; the rows stay as tombstones."""
    trail.tickets |= _whose(connection, trail.whose)
    for some in any_of(tickets.c.id, trail.tickets):
        found = connection.execute(sa.select(tickets.c.id, tickets.c.deflection_id, tickets.c.external_id).where(some))
        for row in found.all():
            trail.deflections |= {row.deflection_id} - {None}
            trail.external_ids |= {row.external_id} - {None}
    for ticket in list(store.load_all(connection, sorted(trail.tickets))):
        if changed := _erase(connection, ticket):
            trail.counts["ticket_events"] += changed
            trail.tombstones.append(_tombstone(ticket))
            trail.counts["tickets"] += 1
    for alert in connection.execute(sa.select(account_alerts.c.id, account_alerts.c.account)).all():
        if trail.whose.owns(None, alert.account):
            connection.execute(account_alerts.delete().where(account_alerts.c.id == alert.id))
            trail.counts["account_alerts"] += 1
    _erase_alerts(connection, trail)


def _erase_alerts(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Take the account out of the alerts that are kept for their receivers: no other event names one."""
    asked = sa.select(outbox_events.c.id, outbox_events.c.subject, outbox_events.c.data)
    for row in connection.execute(asked.where(outbox_events.c.type == CSM_ALERTED)).all():
        if row.subject in trail.tickets or trail.whose.owns(None, row.data["account"]):
            data = row.data | {"account": MARK, "arr": None, "health": None}
            connection.execute(outbox_events.update().where(outbox_events.c.id == row.id).values(data=data))


def _whose(connection: sa.Connection, whose: ErasureSubject) -> set[str]:
    if whose.ticket is not None:
        named = sa.or_(tickets.c.id == whose.ticket, tickets.c.external_id == whose.ticket)
        return set(connection.scalars(sa.select(tickets.c.id).where(named)))
    written = sa.cast(ticket_events.c.record, sa.Text)
    asked = sa.select(ticket_events.c.ticket_id, ticket_events.c.record).where(may_be_of(whose, written))
    found = connection.execute(asked.where(ticket_events.c.type.in_(list(PERSONAL))))
    theirs = {row.ticket_id for row in found if whose.owns(row.record.get("email"), row.record.get("account"))}
    return theirs | _of_sessions(connection, whose)


def _of_sessions(connection: sa.Connection, whose: ErasureSubject) -> set[str]:
    """Return the tickets that sessions of the visitor became, whatever address was given for them."""
    if whose.person is None:
        return set()
    asked = sa.select(deflections.c.ticket_id, deflections.c.visitor).where(deflections.c.ticket_id.is_not(None))
    found = connection.execute(asked.where(may_be_of(whose, deflections.c.visitor)))
    return {row.ticket_id for row in found if whose.is_person(row.visitor)}


def _erase(connection: sa.Connection, ticket: Ticket) -> int:
    """Rewrite the records of one log and its row; return in how many there was anything left to erase."""
    of_ticket = ticket_events.c.ticket_id == ticket.id
    changed = 0
    for row in connection.execute(sa.select(ticket_events.c.number, ticket_events.c.record).where(of_ticket)).all():
        record = without_texts(row.record)
        if record != row.record:
            this = sa.and_(of_ticket, ticket_events.c.number == row.number)
            connection.execute(ticket_events.update().where(this).values(record=record))
            changed += 1
    nobody = {"account": None, "email": None, "subject": MARK}
    changed_days.note_contacts(connection, tickets.c.id == ticket.id)
    connection.execute(tickets.update().where(tickets.c.id == ticket.id).values(nobody))
    _erase_events(connection, ticket.id)
    return changed


def _erase_events(connection: sa.Connection, ticket_id: str) -> None:
    """Rewrite the events that carry a packet or fields: a delivery that is tried again sends the mark, or none."""
    types = outbox_events.c.type.in_([TICKET_ESCALATED, TICKET_CREATED, TICKET_FIELDS_SET])
    carrying = outbox_events.c.subject == ticket_id, types
    for row in connection.execute(sa.select(outbox_events.c.id, outbox_events.c.data).where(*carrying)).all():
        packet, data = row.data.get("packet"), row.data
        if data.get("fields"):
            data = data | {"fields": []}
        if packet:
            fields = {name: each | {"value": MARK} for name, each in packet["fields"].items()}
            data = data | {"packet": packet | {"fields": fields}}
        if data != row.data:
            connection.execute(outbox_events.update().where(outbox_events.c.id == row.id).values(data=data))


def without_texts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact's record without what it quotes and whom it names."""
    texts, personal = TEXTS.get(record["type"], ()), PERSONAL.get(record["type"], ())
    return {
        name: None if name in personal else _marked(value) if name in texts else value for name, value in record.items()
    }


def _marked(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    if isinstance(value, str):
        return MARK
    if isinstance(value, list):
        return [_marked(each) for each in value]
    if isinstance(value, dict):
        return {name: each if name in _KEPT else _marked(each) for name, each in value.items()}
    return value


def _tombstone(ticket: Ticket) -> Tombstone:
    """Hash what training would read of the ticket."""
    taught = closed_ticket(ticket)
    said = (taught.text, model_text(None, taught.resolution, (taught.account,)))
    return Tombstone.over(ticket.id, ticket.external_id, (text for text in said if text != MARK))
