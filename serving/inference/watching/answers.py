"""What people say of tags: answers about audited ones are evidence, corrections of applied ones only a hint."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from serving.inference.tags import Tag
from serving.inference.watching import store
from serving.inference.watching.store import AuditedTag, Of, Said, Watch
from serving.jobs import event_types, outbox
from serving.jobs.outbox import NewEvent
from triage.taxonomy.tree import is_kept
from triage.tickets.fact_values import Said as Labels
from triage.tickets.fact_values import Tag as StoredTag

LONGEST = 200  # characters of an answer; of a long list the rest stands in the tagging or the ticket


def answered(connection: sa.Connection, of: Of, labels: Mapping[str, Labels], actor: str, at: datetime) -> None:
    """Take what a person set as the labels of a tagging or a ticket, by head.

    The label that was suggested confirms it, and so does a list with it; any other, or none, says that it is wrong. The
    last answer counts. In the same transaction the certificate ends if the answers refute it, and an event says so.
    """
    for tag in store.asked(connection, of):
        if tag.head not in labels:
            continue
        said = _said(connection, tag, labels[tag.head])
        now = replace(tag, answer=said, answered_at=at, answered_label=_in_words(labels[tag.head]), actor=actor)
        watch = store.answer(connection, tag, now)
        if watch is not None:
            store.save(connection, _ended(connection, watch, now, at))


def _in_words(label: Labels) -> str | None:
    return ", ".join(label)[:LONGEST] if isinstance(label, tuple) else label


def _said(connection: sa.Connection, tag: AuditedTag, label: Labels) -> Said:
    if tag.label in label if isinstance(label, tuple) else is_kept(tag.label, label):
        return "right"
    watch = store.watches(connection, [tag.watch_id])[tag.watch_id]
    # Labels were renamed since: another name may be the same label.
    return "wrong" if watch.certificate == tag.certificate else store.UNCONFIRMED


def closed(connection: sa.Connection, of: Of, at: datetime) -> None:
    """Note that a ticket ended and nobody said anything of its audited tags: that is no answer, and not "right"."""
    for tag in store.asked(connection, of):
        if tag.answer == store.OPEN:
            store.answer(connection, tag, replace(tag, answer=store.UNCONFIRMED, answered_at=at))


def changed(connection: sa.Connection, was: Tag | StoredTag, said: Labels, at: datetime) -> None:
    """Count a correction of each label that was applied under a certificate and that a person takes away."""
    if isinstance(said, tuple):
        for each in was.labels or ():
            if each.mode == "auto" and each.certificate and each.label not in said:
                corrected(connection, each.certificate, at)
    elif was.mode == "auto" and was.certificate and not is_kept(was.label, said):
        corrected(connection, was.certificate, at)


def corrected(connection: sa.Connection, certificate_id: str, at: datetime) -> None:
    """Count a correction of a tag that was applied under a certificate, if it is watched."""
    watch = store.watch_of(connection, certificate_id)
    if watch is not None:
        counts = list(watch.corrected)
        counts[watch.week(at)] += 1
        store.save(connection, replace(watch, corrected=counts))


def _ended(connection: sa.Connection, watch: Watch, last: AuditedTag, at: datetime) -> Watch:
    """Return the watch, ended if its answers say so: that happens once, and no later answer undoes it."""
    if watch.ended_at is not None or not watch.process.is_over:
        return watch
    facts = {
        "id": watch.certificate,
        "head": watch.head,
        "why": "risk",
        "alpha": watch.process.alpha,
        "delta": watch.process.delta,
        "answers": watch.process.right + watch.process.wrong,
        "wrong": watch.process.wrong,
        "issued_at": watch.issued_at,
        "last_audited_tag": last.id,
    }
    outbox.emit(connection, watch.id, [NewEvent(event_types.CERTIFICATE_EXPIRED, facts, at)])
    return replace(watch, ended_at=at)
