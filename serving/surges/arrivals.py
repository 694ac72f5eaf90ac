"""Tickets as surges see them, read from their events: those of the last day and a sample of what was usual."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa

from serving.erasure import MARK
from serving.storage.ids import first_id, padded
from serving.storage.instants import from_text
from serving.storage.job_tables import incident_proposal_tickets, incident_proposals
from serving.storage.tables import articles, ticket_events, ticket_figures, tickets
from triage.reason_codes import ReasonCode
from triage.surges.alarms import LENGTHS, History
from triage.surges.arrival import Arrival
from triage.surges.background import Background
from triage.surges.scan import LONGEST
from triage.surges.season import WEEKS, Season, hour_of
from triage.surges.words import hosts_of
from triage.text.cleaning import model_text

_TEXTS = 4_000  # of the history whose words are read
_BUCKETS = 1_024  # of the last two characters of an id, which are random
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM = 29  # where these begin
_AT_ONCE = 500
_SKEW = timedelta(minutes=5)  # by which a ticket may have been created after its id was made
_MOST_ARTICLES = 2_000


def opened_since(connection: sa.Connection, since: datetime, known: Collection[str], most: int) -> list[str]:
    """Return the ids of the newest tickets whose id was made since, oldest first, without those that are known."""
    asked = sa.select(tickets.c.id).where(tickets.c.id >= first_id("tkt", since)).order_by(tickets.c.id.desc())
    return [each for each in connection.scalars(asked.limit(most)) if each not in known][::-1]


class Read(NamedTuple):
    """A ticket as surges see it, and the text as a model reads it."""

    arrival: Arrival
    text: str


def read(connection: sa.Connection, ticket_ids: Sequence[str]) -> list[Read]:
    """Return tickets; without those that a machine wrote, that lead an incident, or whose text was erased."""
    found = []
    for begin in range(0, len(ticket_ids), _AT_ONCE):
        some = padded(ticket_ids[begin : begin + _AT_ONCE])
        leads = sa.select(incident_proposals.c.incident_id).where(incident_proposals.c.incident_id.in_(some))
        leading = set(connection.scalars(leads))
        rows = connection.execute(
            sa.select(ticket_events.c.ticket_id, ticket_events.c.record)
            .where(ticket_events.c.ticket_id.in_(some), ticket_events.c.type.in_(("ticket_opened", "ticket_tagged")))
            .order_by(ticket_events.c.ticket_id, ticket_events.c.number)
        )
        for ticket_id, events in groupby(rows, key=lambda row: row.ticket_id):
            opened, *tagged = [row.record for row in events]
            if ticket_id not in leading and not _is_quiet(opened) and opened["description"] != MARK:
                found.append(_arrival(ticket_id, opened, tagged))
    return found


def _is_quiet(opened: Mapping[str, Any]) -> bool:
    return bool(opened.get("automatic") or opened.get("needs_nobody"))


def learn(connection: sa.Connection, at: datetime) -> tuple[History, Sequence[Read]]:
    """Return what was usual before the last day, in the last weeks, and tickets of that time."""
    since, until = at - timedelta(weeks=WEEKS), at - LONGEST
    hour = sa.func.substr(tickets.c.created_at, 1, 13, type_=sa.String)
    sender = sa.func.coalesce(tickets.c.email, tickets.c.account, tickets.c.id)
    of_then = _usual(since, until)
    asked = sa.select(hour, sa.func.count(sa.distinct(sender)), sa.func.count()).where(*of_then).group_by(hour)
    rows = connection.execute(asked.select_from(_TICKETS)).all()
    counts = {hour_of(from_text(f"{name}:00:00Z")): people for name, people, _ in rows}
    begin = from_text(f"{min(rows)[0]}:00:00Z") if rows else until
    texts = sum(number for *_, number in rows)
    some = sa.select(tickets.c.id).select_from(_TICKETS).where(*of_then, *_share(texts)).order_by(tickets.c.id)
    ids = list(connection.scalars(some.limit(_TEXTS)))
    own = connection.scalars(sa.select(articles.c.url).where(articles.c.url.is_not(None)).limit(_MOST_ARTICLES))
    hosts = {host for url in own for host in hosts_of(url)}
    usual = read(connection, ids)
    background = Background.of((each.arrival for each in usual), hosts)
    return History(Season.of(counts, begin, until, LENGTHS), background), usual


def _usual(since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Ask for tickets of a time, without those of bursts, unless a person said that these were no incident."""
    burst = (
        sa.select(incident_proposal_tickets.c.ticket_id)
        .join(incident_proposals, incident_proposals.c.id == incident_proposal_tickets.c.proposal_id)
        .where(incident_proposals.c.state != "dismissed")
    )
    return (
        tickets.c.id >= first_id("tkt", since - _SKEW),
        tickets.c.created_at >= since,
        tickets.c.created_at < until,
        sa.func.coalesce(ticket_figures.c.automatic, sa.false()).is_(sa.false()),
        tickets.c.id.not_in(burst),
    )


def _share(texts: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Ask for so many of the tickets as are read, by the end of their ids."""
    if texts <= _TEXTS:
        return ()
    bucket = max(_BUCKETS * _TEXTS // texts, 1)
    first = _DIGITS[bucket // 32] + _DIGITS[bucket % 32]
    return (sa.func.substr(tickets.c.id, _RANDOM, 2, type_=sa.String) < first,)


def _arrival(ticket_id: str, opened: Any, tagged: Sequence[Any]) -> Read:  # noqa: ANN401 (records)
    tags: dict[str, Any] = {}
    for each in tagged:
        tags |= each["tags"]
    codes = {tag.get("reason_code") for tag in tags.values() if tag.get("by", "").startswith("model:")}
    email, account = opened.get("email"), opened.get("account")
    text = model_text(opened["subject"], opened["description"], (email, account))
    arrival = Arrival.of(
        ticket_id,
        from_text(opened["at"]),
        text,
        sender=email or account,
        labels={head: tag.get("label") for head, tag in tags.items()},
        foreign=ReasonCode.OUT_OF_DOMAIN.value in codes if codes else None,
    )
    return Read(arrival, text)


_TICKETS = tickets.outerjoin(ticket_figures, ticket_figures.c.ticket_id == tickets.c.id)
