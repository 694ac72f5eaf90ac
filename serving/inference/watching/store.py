"""Watches over certificates and audited tags in the database; every function runs in the caller's transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np
import sqlalchemy as sa

from serving.storage.ids import new_id
from serving.storage.model_tables import audited_tags, certificate_watches
from serving.storage.tables import taggings, tickets
from triage.model.assessment import Assessment
from triage.model.certificate import LASTS, Audit, Certificate
from triage.model.watching.e_process import EProcess, Question, week_of, weeks_of
from triage.model.watching.shares import audited_share, correction_evidence

Said = Literal["open", "right", "wrong", "unconfirmed"]
Of = Mapping[Literal["tagging_id", "ticket_id"], str]
"""What was tagged: a ticket of another helpdesk, or one of the desk's own."""
OPEN: Said = "open"
UNCONFIRMED: Said = "unconfirmed"
_ANSWERS: tuple[Said, ...] = ("right", "wrong")
_WEEKS = weeks_of(LASTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is known of one certificate since it was issued."""

    id: str
    certificate: str
    head: str
    issued_at: datetime
    process: EProcess
    applied: Sequence[int]
    corrected: Sequence[int]
    ended_at: datetime | None = None
    lapsed_at: datetime | None = None

    @classmethod
    def begin(cls, head: str, certificate: Certificate, at: datetime) -> "Watch":
        """Return the watch over a certificate that nobody has answered about."""
        issued_at = certificate.issued_at or at
        weeks = weeks_of(certificate.expires_at - issued_at) if certificate.expires_at else _WEEKS
        return cls(
            id=certificate.watched_as or certificate.id,
            certificate=certificate.id,
            head=head,
            issued_at=issued_at,
            process=EProcess.begin(certificate.alpha, certificate.delta, weeks),
            applied=[0] * weeks,
            corrected=[0] * weeks,
        )

    def week(self, at: datetime) -> int:
        """Return the week of an instant in the certificate's life."""
        return week_of(at, self.issued_at, self.process.weeks)

    def share(self, base: float) -> float:
        """Return the share of tags that people check now."""
        corrections = correction_evidence(np.array(self.applied), np.array(self.corrected), self.process.alpha)
        evidence = max(self.process.evidence, float(corrections))
        return float(audited_share(base, self.process.right + self.process.wrong, evidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedTag:
    """A label that would have been applied and was put to a person; the answer is `open` until there is one."""

    id: str
    at: datetime
    watch_id: str
    certificate: str
    tagging_id: str | None
    ticket_id: str | None
    head: str
    label: str
    confidence: float
    probability: float
    weight: float
    answer: Said
    answered_at: datetime | None = None
    answered_label: str | None = None
    actor: str | None = None


def watches(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Watch]:
    """Return the watches with these ids, of those that began."""
    found = connection.execute(sa.select(certificate_watches).where(certificate_watches.c.id.in_(list(ids))))
    return {row["id"]: _watch(row) for row in found.mappings()}


def watch_of(connection: sa.Connection, certificate_id: str) -> Watch | None:
    """Return the watch over a certificate by the id that it has now."""
    asked = sa.select(certificate_watches).where(certificate_watches.c.certificate == certificate_id)
    row = connection.execute(asked).mappings().first()
    return None if row is None else _watch(row)


def began(connection: sa.Connection, head: str, certificate: Certificate, at: datetime) -> Watch:
    """Return the watch over a certificate, begun now if it was not."""
    fresh = Watch.begin(head, certificate, at)
    found = watches(connection, [fresh.id]).get(fresh.id)
    if found is None:
        connection.execute(certificate_watches.insert().values(id=fresh.id, **_row(fresh)))
        return fresh
    if found.certificate != certificate.id:
        found = replace(found, certificate=certificate.id)
        save(connection, found)
    return found


def save(connection: sa.Connection, watch: Watch) -> None:
    """Store a watch as it is now."""
    connection.execute(certificate_watches.update().where(certificate_watches.c.id == watch.id).values(**_row(watch)))


def ask(
    connection: sa.Connection,
    assessments: Mapping[str, Assessment],
    of: Of,
    at: datetime,
) -> None:
    """Store those labels of a tagging or a ticket that were put to a person."""
    for head, label, confidence, audit in _put_to_a_person(assessments):
        watch = began(connection, head, audit.certificate, at)
        question = Question(watch.week(at), audit.weight)
        save(connection, replace(watch, process=watch.process.with_question(question)))
        row = {
            "id": new_id("adt", at),
            "at": at,
            "watch_id": watch.id,
            "certificate": audit.certificate.id,
            "head": head,
            "label": label,
            "confidence": confidence,
            "probability": audit.probability,
            "weight": audit.weight,
            "answer": OPEN,
        }
        connection.execute(audited_tags.insert().values({**row, **of}))


def _put_to_a_person(assessments: Mapping[str, Assessment]) -> Iterator[tuple[str, str | None, float, Audit]]:
    """Yield head, label, confidence and audit; of a multi head each label by itself."""
    for head, each in assessments.items():
        if each.audit is not None:
            yield head, each.label, each.confidence, each.audit
        for shown in each.labels or ():
            if shown.audit is not None:
                yield head, shown.label, shown.probability, shown.audit


def asked(connection: sa.Connection, of: Of) -> list[AuditedTag]:
    """Return the audited tags of a tagging or a ticket, oldest first."""
    ((column, id_),) = of.items()
    found = sa.select(audited_tags).where(audited_tags.c[column] == id_).order_by(audited_tags.c.id)
    return [AuditedTag(**row) for row in connection.execute(found).mappings()]


def find(connection: sa.Connection, id_: str) -> AuditedTag | None:
    """Return an audited tag."""
    row = connection.execute(sa.select(audited_tags).where(audited_tags.c.id == id_)).mappings().first()
    return None if row is None else AuditedTag(**row)


def tally(connection: sa.Connection) -> dict[str, int]:
    """Return how many audited tags have which answer."""
    counted = sa.select(audited_tags.c.answer, sa.func.count().label("n")).group_by(audited_tags.c.answer)
    return {row.answer: row.n for row in connection.execute(counted)}


def page(connection: sa.Connection, answer: Said, after: str | None, limit: int) -> list[tuple[AuditedTag, str | None]]:
    """Return a page of audited tags with an answer, oldest first, with the ids that their tickets have elsewhere."""
    elsewhere = sa.func.coalesce(taggings.c.external_id, tickets.c.external_id).label("elsewhere")
    found = sa.select(audited_tags, elsewhere).where(audited_tags.c.answer == answer)
    found = found.outerjoin(taggings, taggings.c.id == audited_tags.c.tagging_id)
    found = found.outerjoin(tickets, tickets.c.id == audited_tags.c.ticket_id)
    if after is not None:
        found = found.where(audited_tags.c.id > after)
    rows = [dict(row) for row in connection.execute(found.order_by(audited_tags.c.id).limit(limit)).mappings()]
    return [(AuditedTag(**row), external_id) for row in rows for external_id in [row.pop("elsewhere")]]


def counts(connection: sa.Connection, ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """Return how many audited tags of each watch are open, and how many stayed unconfirmed."""
    tags = audited_tags.c
    asked_of = sa.select(tags.watch_id, tags.answer, sa.func.count()).group_by(tags.watch_id, tags.answer)
    found: dict[str, dict[str, int]] = {}
    for watch_id, answer, n in connection.execute(asked_of.where(tags.watch_id.in_(list(ids)))):
        found.setdefault(watch_id, {})[answer] = n
    return found


def answer(connection: sa.Connection, before: AuditedTag, after: AuditedTag) -> Watch | None:
    """Store an answer in place of what was said before; return the watch where the evidence changed."""
    changes = {name: getattr(after, name) for name in ("answer", "answered_at", "answered_label", "actor")}
    connection.execute(audited_tags.update().where(audited_tags.c.id == after.id).values(**changes))
    if after.answer == before.answer or not {before.answer, after.answer} & set(_ANSWERS):
        return None
    watch = watches(connection, [after.watch_id])[after.watch_id]
    process, question = watch.process, Question(watch.week(before.at), before.weight)
    if before.answer in _ANSWERS:
        process = process.without_answer(question, is_wrong=before.answer == "wrong")
    if after.answer in _ANSWERS:
        process = process.with_answer(question, is_wrong=after.answer == "wrong")
    return replace(watch, process=process)


def _watch(row: sa.RowMapping) -> Watch:
    process = EProcess(
        alpha=row["alpha"],
        delta=row["delta"],
        sums=np.array(row["sums"], dtype=float),
        unanswered=np.array(row["unanswered"], dtype=float),
        asked=row["asked"],
        right=row["right_answers"],
        wrong=row["wrong_answers"],
    )
    return Watch(
        process=process,
        **{name: row[name] for name in _KEPT},
    )


def _row(watch: Watch) -> dict[str, object]:
    process = watch.process
    return {name: getattr(watch, name) for name in _KEPT if name != "id"} | {
        "alpha": process.alpha,
        "delta": process.delta,
        "sums": process.sums.tolist(),
        "unanswered": process.unanswered.tolist(),
        "asked": process.asked,
        "right_answers": process.right,
        "wrong_answers": process.wrong,
    }


_KEPT = ("id", "certificate", "head", "issued_at", "applied", "corrected", "ended_at", "lapsed_at")
