"""Fill an empty home with the sample's year, in one transaction: an interrupted run leaves it empty."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from serving.commands.demo.histories import Histories, Session
from serving.commands.demo.sample import Sample
from serving.commands.demo.sessions import Sessions
from serving.deflections import store as sessions
from serving.errors import ServingError
from serving.policy.policies import Policies
from serving.reports.rollups.refreshing import Rollups
from serving.storage.database import Database
from serving.storage.tables import articles, deflections, tickets
from serving.tickets.event_log import EventLog
from triage.tickets.ticket import Ticket

SEED = 18
_SAID_EVERY = 500
Said = Callable[[str], None]


class HomeNotEmpty(ServingError):
    """Somebody works here."""

    def __init__(self) -> None:
        super().__init__(
            "This home has tickets, sessions or articles of its own. The demo's year is only for an empty home: name "
            "another one with --home, or FIRSTLINE_HOME."
        )


def is_empty(database: Database) -> bool:
    """Tell whether nobody has worked here; articles that came with the sample do not count."""
    own = sa.select(articles.c.id).where(articles.c.source == "api")
    asked = (sa.select(tickets.c.id), sa.select(deflections.c.id), own)
    return database.read(lambda c: not any(c.execute(one.limit(1)).first() for one in asked))


def fill(database: Database, policies: Policies, sample: Sample, at: datetime, said: Said) -> None:
    """Write the year up to now.

    Raises `HomeNotEmpty`: there is something already.
    """
    if not is_empty(database):
        raise HomeNotEmpty
    chance = random.Random(SEED)  # noqa: S311 (the same year each time)
    asking, histories = Sessions(sample, chance, at), Histories(policies, chance, at)
    log = EventLog(policies.sla)
    database.write(lambda connection: _write(connection, log, asking, histories, said))
    Rollups(database).refresh(at)


def _write(connection: sa.Connection, log: EventLog, asking: Sessions, histories: Histories, said: Said) -> None:
    leader: Ticket | None = None
    every = asking.sample.tickets
    for number, each in enumerate(every):
        if number % _SAID_EVERY == 0:
            said(f"{number:,} of {len(every):,} tickets")
        asked = asking.of_ticket(each)
        whose = Session(asked.session.id, asked.session.visitor or "visitor")
        incident = leader.id if leader is not None and each.is_outage else None
        leads = leader is None and each.is_outage
        ticket = histories.of(each, whose, incident, is_open=leads)
        leader = ticket if leads else leader
        ended = asked.session.ended or "escalated"
        sessions.insert(connection, replace(asked.session, ticket_id=ticket.id, ended=ended), asked.turns)
        log.enter(connection, ticket)
    if leader is not None:
        log.refresh(connection, [leader.id])
    said(f"{len(every):,} of {len(every):,} tickets; questions that became none")
    for asked in asking.answered_alone():
        sessions.insert(connection, asked.session, asked.turns)
