"""Findings of the doctor, and checks that need only the tickets: labels, repeats, times, languages."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from training.classifiers.cross_fitting import is_small
from training.config import Certificate, Slices
from training.data import label_sources
from training.evaluation.certificates import Target, needed
from triage.tickets.closed_ticket import heads_of
from triage.tickets.label_sources import LabelSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from training.data.labels import HeadLabels
    from training.data_quality.checks import TicketSet
    from triage.tickets.closed_ticket import ClosedTicket

Severity = Literal["fix", "look", "note"]
FEW_SHOT, FITTED = 8, 50
NEWEST = 0.15
_EXAMPLES = 5
_SHOWN = 4
_EARLIEST = 2000
_MISSING_FIX, _MISSING_LOOK, _TREND = 0.2, 0.02, 0.1
_UNSEEN_FIX = 0.5
_MOSTLY = 0.02
_CROSSED = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the tickets: how bad, in words, how many, which for example, and what to do."""

    kind: str
    severity: Severity
    sentence: str
    count: int
    advice: str
    examples: tuple[str, ...] = ()

    def to_record(self) -> dict[str, Any]:
        """Return it for machines."""
        return asdict(self) | {"examples": list(self.examples)}


def ids(tickets: Sequence[ClosedTicket]) -> tuple[str, ...]:
    """Return a few ids, the newest."""
    return tuple(ticket.id for ticket in tickets[-_EXAMPLES:])


def missing(tickets: Sequence[ClosedTicket]) -> list[Finding]:
    """Count tickets without a label, for each head that any ticket has, and whether they become more."""
    found = []
    newest = int(len(tickets) * (1 - NEWEST))
    for head in heads_of(tickets):
        lacks = [head not in ticket.labels and head not in ticket.unseen_labels for ticket in tickets]
        without = [ticket for ticket, lacking in zip(tickets, lacks, strict=True) if lacking]
        if not without or len(without) == len(tickets):
            continue
        share = len(without) / len(tickets)
        late = sum(lacks[newest:]) / max(len(tickets) - newest, 1)
        early = sum(lacks[:newest]) / max(newest, 1)
        trend = f"; {late:.0%} of the newest, {early:.0%} before" if abs(late - early) > _TREND else ""
        severity: Severity = "fix" if max(share, late) > _MISSING_FIX else "look" if share > _MISSING_LOOK else "note"
        sentence = f"{head}: {len(without)} tickets ({share:.1%}) have no label{trend}"
        advice = "Nothing is learnt from them: `make relabel` proposes labels, surest first."
        found.append(Finding("missing", severity, sentence, len(without), advice, ids(without)))
    if not any(ticket.labels or ticket.unseen_labels for ticket in tickets):
        sentence = f"None of the {len(tickets)} tickets has a label"
        advice = f"Label those in label_next.jsonl: from {FEW_SHOT} a label on, a head learns."
        found.append(Finding("missing", "fix", sentence, len(tickets), advice, ids(tickets)))
    return found


def unseen(tickets: Sequence[ClosedTicket]) -> list[Finding]:
    """Count labels that only the model set, and those that people set after its suggestion."""
    found = []
    for head, counts in label_sources.counted(tickets).items():
        if sentence := label_sources.unseen(head, counts):
            n = counts[LabelSource.MODEL_UNSEEN]
            advice = (
                "Let people set or confirm some of these labels, those of label_next.jsonl first. A field that an "
                "agent changes at the helpdesk counts as set by a person."
            )
            examples = ids([ticket for ticket in tickets if head in ticket.unseen_labels])
            severity: Severity = "fix" if n > _UNSEEN_FIX * sum(counts.values()) else "look"
            found.append(Finding("unseen", severity, sentence, n, advice, examples))
        if sentence := label_sources.suggested(head, counts):
            n = counts[LabelSource.PERSON_AFTER_SUGGESTION]
            advice = "An audit asks people who do not see the suggestion: only that shows how many are wrong."
            found.append(Finding("suggested", "note", sentence, n, advice))
    return found


def starved(heads: Sequence[HeadLabels], tickets: Sequence[ClosedTicket]) -> list[Finding]:
    """Say which labels have too few tickets to be learnt or learnt well, and which head for a certificate."""
    found = []
    for head in heads:
        support = Counter(ticket.labels[head.head] for ticket in tickets if head.head in ticket.labels)
        rungs: tuple[tuple[int, Severity, str, int], ...] = (
            (FEW_SHOT, "look", "a few-shot head", 0),
            (FITTED, "note", "a well fitted one", FEW_SHOT),
        )
        for wanted, severity, what, above in rungs:
            short = {
                label: n for label, n in sorted(support.items(), key=lambda x: (x[1], x[0])) if above <= n < wanted
            }
            if short:
                told = _listed([f"{label} {n} (+{wanted - n})" for label, n in short.items()])
                sentence = f"{head.head}: {len(short)} labels have fewer than the {wanted} tickets of {what}: {told}"
                advice = "Label more of them, or merge them with a neighbour in the taxonomy."
                found.append(Finding("starved", severity, sentence, len(short), advice))
        found += _uncertified(head, [*support.elements()], len(heads))
    return found


def _uncertified(head: HeadLabels, labels: Sequence[str], n_heads: int) -> list[Finding]:
    """Compare what measures with what an error-free certificate takes: half of a desk that is cross-fitted measures."""
    wanted, held_out = Certificate(), Slices().hold_out
    least = needed(Target(wanted.alpha, wanted.delta / n_heads))
    is_crossed = is_small(head, head.n * held_out, labels)
    total = round(least / (_CROSSED if is_crossed else held_out))
    if head.n >= total:
        return []
    sentence = (
        f"{head.head}: {head.n} labelled tickets; a certificate of {wanted.alpha:.0%} takes {least} held-out ones "
        f"without an error, so {total} in all ({total - head.n} more)"
    )
    return [Finding("starved", "look", sentence, total - head.n, "Until then tags are suggestions, never automatic.")]


def repeated(desk: TicketSet) -> list[Finding]:
    """Count tickets that repeat others, exactly or nearly, and those that do so under another label."""
    groups: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(desk.repeats.tolist()):
        groups[group].append(row)
    many = [rows for rows in groups.values() if len(rows) > 1]
    if not many:
        return []
    extra = sum(len(rows) - 1 for rows in many)
    exact = len(desk.texts) - len(set(desk.texts))
    largest = max(many, key=len)
    sentence = (
        f"repeats of earlier tickets: {extra} ({exact} word for word), in groups: {len(many)}; the largest has "
        f"{len(largest)} tickets"
    )
    advice = "A refit keeps them on one side of the split; a template or a robot may be worth a rule of its own."
    severity: Severity = "look" if extra > _MOSTLY * len(desk.texts) else "note"
    found = [Finding("duplicates", severity, sentence, extra, advice, ids([desk.tickets[row] for row in largest]))]
    for head in heads_of(desk.tickets):
        against = [rows for rows in many if len({desk.tickets[row].labels.get(head) for row in rows} - {None}) > 1]
        if against:
            told = f"{head}: {len(against)} groups of repeated tickets have different labels"
            examples = ids([desk.tickets[row] for row in against[0]])
            advice = "One of them is wrong, or the label does not depend on the text: see `make relabel`."
            found.append(Finding("conflict", "look", told, len(against), advice, examples))
    return found


def times(tickets: Sequence[ClosedTicket], at: datetime) -> list[Finding]:
    """Find times that cannot be: in the future, before tickets were written by computer, an end before its start."""
    absurd = {
        "were created in the future": [t for t in tickets if t.created_at and t.created_at > at],
        f"were created before {_EARLIEST}": [t for t in tickets if t.created_at and t.created_at.year < _EARLIEST],
        "were closed before they were created": [
            t for t in tickets if t.created_at and t.closed_at and t.closed_at < t.created_at
        ],
        "were answered before they were created": [
            t for t in tickets if t.created_at and t.first_response_at and t.first_response_at < t.created_at
        ],
    }
    advice = "The split by time and all durations depend on them: repair the export (time zone, swapped columns)."
    found = [
        Finding("times", "fix", f"{len(wrong)} tickets {what}", len(wrong), advice, ids(wrong))
        for what, wrong in absurd.items()
        if wrong
    ]
    undated = [ticket for ticket in tickets if ticket.created_at is None]
    if undated:
        sentence = f"{len(undated)} tickets have no created_at: the file's order stands for it"
        told = "Export the times: what is measured on the newest tickets is what counts tomorrow."
        severity: Severity = "look" if len(undated) == len(tickets) else "note"
        found.append(Finding("times", severity, sentence, len(undated), told, ids(undated)))
    return found


def languages(tickets: Sequence[ClosedTicket]) -> list[Finding]:
    """Count languages, and name those with too few tickets to be measured."""
    counts = Counter(ticket.language or "not said" for ticket in tickets)
    if set(counts) == {"not said"}:
        return []
    rare = {name: n for name, n in counts.items() if name != "not said" and n < FITTED}
    told = _listed([f"{name} {n}" for name, n in counts.most_common()])
    about = f"; fewer than {FITTED} in {_listed(sorted(rare))}" if rare else ""
    advice = "Certificates hold for slices with enough tickets only; in rare languages tags stay suggestions."
    return [Finding("languages", "note", f"{len(counts)} languages: {told}{about}", len(counts), advice)]


def _listed(words: Sequence[str]) -> str:
    rest = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + rest
