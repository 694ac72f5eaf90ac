"""What shadows said, what persons corrected, and the runs of canaries, in the database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from serving.erasure import any_of
from serving.storage.ids import first_id
from serving.storage.model_tables import canary_runs, shadow_tags
from serving.storage.tables import tag_corrections, taggings, ticket_events, tickets
from triage.tickets.fact_values import AGENT

_BY_MODEL = "model:"


@dataclass(frozen=True, slots=True)
class CanaryRun:
    """A start of a canary, and why it went back, if it has."""

    run: str
    version: str
    current: str
    share: float
    began_at: datetime
    reverted_at: datetime | None = None
    reason: str | None = None
    explanation: str | None = None


@dataclass(frozen=True, slots=True)
class JudgedTag:
    """A label that a model gave and a person then set, perhaps the same one."""

    subject: str  # a tagging or a ticket
    ticket: str  # what a repeat of the ticket has, too
    head: str
    model: str
    label: str | None
    person: str


@dataclass(frozen=True, slots=True)
class Combination:
    """So many tickets of which the two models said this of a head."""

    head: str
    label: str | None
    mode: str
    shadow_label: str | None
    shadow_mode: str
    n: int


@dataclass(frozen=True, slots=True)
class ListPair:
    """So many tickets of which the two models gave these lists of a multi head; `subject` is one of them."""

    head: str
    labels: tuple[str, ...]
    applied: tuple[str, ...]
    shadow_labels: tuple[str, ...]
    shadow_applied: tuple[str, ...]
    n: int
    subject: str


def add_tags(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what a shadow said; of a ticket that is there already the first stays."""
    insert = _insert(connection, shadow_tags)
    connection.execute(insert.on_conflict_do_nothing(), list(rows))


def forget_tags(connection: Connection, before: datetime) -> int:
    """Delete what shadows said before an instant; return how many rows."""
    return connection.execute(shadow_tags.delete().where(shadow_tags.c.at < before)).rowcount


def erase_tags(connection: Connection, subjects: set[str]) -> int:
    """Delete what shadows said of some tickets and taggings; return how many rows."""
    named = any_of(shadow_tags.c.subject, subjects)
    return sum(connection.execute(shadow_tags.delete().where(some)).rowcount for some in named)


def last_pair(connection: Connection, shadow: str | None, model: str | None) -> tuple[str, str] | None:
    """Return the shadow and the model that were compared last; None when nothing was."""
    asked = sa.select(shadow_tags.c.shadow, shadow_tags.c.model).order_by(shadow_tags.c.at.desc()).limit(1)
    asked = asked if shadow is None else asked.where(shadow_tags.c.shadow == shadow)
    row = connection.execute(asked if model is None else asked.where(shadow_tags.c.model == model)).first()
    return None if row is None else (row.shadow, row.model)


def window(connection: Connection, shadow: str, model: str) -> tuple[datetime | None, datetime | None, int]:
    """Return the first and the last instant of a comparison, and the number of its tickets."""
    table = shadow_tags.c
    asked = sa.select(sa.func.min(table.at), sa.func.max(table.at), sa.func.count(table.subject.distinct()))
    first, last, n = connection.execute(asked.where(*_pair(shadow, model))).one()
    return first, last, n


def differing(connection: Connection, shadow: str, model: str) -> int:
    """Return on how many tickets of a comparison at least one head has two labels."""
    table = shadow_tags.c
    asked = sa.select(sa.func.count(table.subject.distinct())).where(*_pair(shadow, model))
    labels, shadow_labels = table.labels, table.shadow_labels
    differs = sa.or_(table.label.is_distinct_from(table.shadow_label), labels.is_distinct_from(shadow_labels))
    return connection.scalar(asked.where(differs)) or 0


def combinations(connection: Connection, shadow: str, model: str) -> list[Combination]:
    """Return how often the two models said what, head by head."""
    table = shadow_tags.c
    said = (table.head, table.label, table.mode, table.shadow_label, table.shadow_mode)
    single = (table.labels.is_(None), table.shadow_labels.is_(None))
    asked = sa.select(*said, sa.func.count()).where(*_pair(shadow, model), *single).group_by(*said).order_by(*said)
    return [Combination(*row) for row in connection.execute(asked)]


def list_pairs(connection: Connection, shadow: str, model: str) -> list[ListPair]:
    """Return how often the two models gave which lists, of each multi head."""
    table = shadow_tags.c
    said = (table.labels, table.applied, table.shadow_labels, table.shadow_applied)
    several = sa.or_(table.labels.is_not(None), table.shadow_labels.is_not(None))
    asked = sa.select(table.head, *said, sa.func.count().label("n"), sa.func.max(table.subject).label("subject"))
    asked = asked.where(*_pair(shadow, model), several).group_by(table.head, *said).order_by(table.head, *said)
    return [
        ListPair(
            head=row.head,
            labels=_read(row.labels),
            applied=_read(row.applied),
            shadow_labels=_read(row.shadow_labels),
            shadow_applied=_read(row.shadow_applied),
            n=row.n,
            subject=row.subject,
        )
        for row in connection.execute(asked)
    ]


def _read(labels: str | None) -> tuple[str, ...]:
    return tuple(json.loads(labels or "[]"))


def said_of(connection: Connection, shadow: str, model: str, subjects: set[str]) -> dict[tuple[str, str], Any]:
    """Return the labels of the two models by subject and head."""
    table = shadow_tags.c
    asked = sa.select(table.subject, table.head, table.label, table.shadow_label).where(*_pair(shadow, model))
    rows = (row for some in any_of(table.subject, subjects) for row in connection.execute(asked.where(some)))
    return {(row.subject, row.head): row for row in rows}


def judged(connection: Connection, since: datetime) -> Iterator[JudgedTag]:
    """Return the tags since an instant that a model gave and a person then set."""
    yield from _judged_taggings(connection, since)
    yield from _judged_tickets(connection, since)


def _judged_taggings(connection: Connection, since: datetime) -> Iterator[JudgedTag]:
    table, of = tag_corrections.c, taggings.c
    asked = (
        sa.select(of.id, of.external_id, of.model, table.head, table.was, table.label)
        .join(taggings, of.id == table.tagging_id)
        .where(of.created_at >= since, table.at >= since, table.label.not_like("[%"))  # no lists of labels
        .order_by(of.id, table.head, table.id)
    )
    for (id_, head), rows in groupby(connection.execute(asked), key=lambda row: (row.id, row.head)):
        first, *later = rows  # the first replaced the model's label, the last is what the person says now
        yield JudgedTag(id_, first.external_id or id_, head, first.model, first.was, (later or [first])[-1].label)


def _judged_tickets(connection: Connection, since: datetime) -> Iterator[JudgedTag]:
    table, earliest = ticket_events.c, first_id("tkt", since)
    record = sa.type_coerce(table.record, sa.Text)
    by_person = sa.select(table.ticket_id).where(table.ticket_id >= earliest, record.contains(f'"mode":"{AGENT}"'))
    asked = (
        sa.select(table.ticket_id, tickets.c.external_id, table.record)
        .join(tickets, tickets.c.id == table.ticket_id)
        .where(table.ticket_id.in_(by_person), record.contains('"tags":'))
        .order_by(table.ticket_id, table.number)
    )
    for (id_, external_id), rows in groupby(connection.execute(asked), key=lambda row: (row[0], row[1])):
        given: dict[str, tuple[str, str | None]] = {}
        persons: dict[str, str] = {}
        for row in rows:
            for head, tag in row.record.get("tags", {}).items():
                if tag["mode"] == AGENT and tag["label"] is not None:
                    persons[head] = tag["label"]
                elif head not in persons and str(tag["by"]).startswith(_BY_MODEL):
                    given[head] = tag["by"].removeprefix(_BY_MODEL), tag["label"]
        for head, label in persons.items():
            if head in given:
                model, own = given[head]
                yield JudgedTag(id_, external_id or id_, head, model, own, label)


def run_of(connection: Connection, run: str) -> CanaryRun | None:
    """Return a run; None while no process has noted it."""
    row = connection.execute(sa.select(canary_runs).where(canary_runs.c.run == run)).first()
    return None if row is None else CanaryRun(*row)


def last_reverted(connection: Connection) -> CanaryRun | None:
    """Return the run that went back last."""
    asked = sa.select(canary_runs).where(canary_runs.c.reverted_at.is_not(None))
    row = connection.execute(asked.order_by(canary_runs.c.reverted_at.desc()).limit(1)).first()
    return None if row is None else CanaryRun(*row)


def note_run(connection: Connection, run: CanaryRun) -> CanaryRun:
    """Note a run and return it as the first process noted it."""
    row = {name: getattr(run, name) for name in ("run", "version", "current", "share", "began_at")}
    connection.execute(_insert(connection, canary_runs).values(row).on_conflict_do_nothing())
    return run_of(connection, run.run) or run


def revert(connection: Connection, run: str, reason: str, explanation: str, at: datetime) -> bool:
    """Note that a run went back; False if that was noted before."""
    table = canary_runs.c
    changed = canary_runs.update().where(table.run == run, table.reverted_at.is_(None))
    values = {"reverted_at": at, "reason": reason, "explanation": explanation[:500]}
    return connection.execute(changed.values(values)).rowcount == 1


def tagged_since(connection: Connection, model: str, since: datetime) -> int:
    """Return how many tickets a model has tagged since an instant."""
    given = sa.select(sa.func.count(sa.func.coalesce(taggings.c.external_id, taggings.c.id).distinct()))
    given = given.where(taggings.c.created_at >= since, taggings.c.model == model)
    opened = sa.select(sa.func.count()).select_from(tickets)
    opened = opened.where(tickets.c.id >= first_id("tkt", since), tickets.c.model == _BY_MODEL + model)
    return (connection.scalar(given) or 0) + (connection.scalar(opened) or 0)


def _pair(shadow: str, model: str) -> tuple[sa.ColumnElement[bool], ...]:
    return shadow_tags.c.shadow == shadow, shadow_tags.c.model == model


def _insert(connection: Connection, table: sa.Table) -> Any:  # noqa: ANN401 (each dialect has a type of its own)
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
