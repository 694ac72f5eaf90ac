"""Apply taxonomy changes to a fitted head: new names, merged columns, withdrawn labels, kept certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import structs

from triage.model.certificate import MigratedFrom
from triage.model.head_entry import Uncertified
from triage.model.merged_labels import n_columns
from triage.taxonomy.tree import above

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from triage.model.certificate import HeadCertificate
    from triage.model.head_entry import HeadEntry, LevelEntry, Metrics
    from triage.taxonomy.change import Change
    from triage.taxonomy.changes import Changes, Trace

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moved:
    """One head's labels through the changes."""

    head: str
    before: tuple[str, ...]
    names: tuple[str, ...]
    """For each label of the head before, its name after; a withdrawn one keeps its own."""
    labels: tuple[str, ...]
    """The labels after, each once."""
    withdrawn: Mapping[str, str]
    """Labels that answer nothing any more, and why."""
    deciding: tuple[Change, ...]
    """Changes of learnt labels after which tickets are answered otherwise."""
    rare: Mapping[str, int]

    @property
    def touched(self) -> bool:
        """Whether the head answers otherwise than it did when its certificates were earned."""
        return bool(self.deciding) or len(self.labels) < len(self.names)

    @property
    def places(self) -> tuple[int, ...]:
        """For each label before, its place among the labels after."""
        return tuple(self.labels.index(name) for name in self.names)

    def columns(self, entry: HeadEntry) -> tuple[int, ...] | None:
        """For each column of the weights the place of its label; None where each has its own."""
        before = entry.columns or range(n_columns(entry))
        found = tuple(self.places[place] for place in before)
        return None if found == tuple(range(len(found))) else found

    def now(self, label: str) -> str:
        """Return the name of a label that the head gave."""
        return self.names[self.before.index(label)] if label in self.before else label

    def why(self) -> str:
        """Say why no certificate is left."""
        said = "; ".join(dict.fromkeys(change.sentence for change in self.deciding)) or "two of its labels became one"
        return f"{said}, so this field answers otherwise than it was measured to; it takes a refit to certify it"


def moved(head: str, entry: HeadEntry, pending: Changes) -> Moved:
    """Put a head's labels through the changes that its bundle has not seen."""
    gone = dict(entry.withdrawn or {})
    traces = {label: pending.trace(head, label, BEGINNING) for label in entry.labels if label not in gone}
    alive = {trace.label for trace in traces.values() if trace.label}
    names = []
    for label in entry.labels:
        name = traces[label].label if label in traces else None
        if name is None:
            name = label if label not in alive else f"{label} (before)"
            gone[name] = gone.pop(label, "") or _end(traces[label])
        names.append(name)
    rare: dict[str, int] = {}
    for label, n in entry.rare.items():
        now = pending.trace(head, label, BEGINNING).label
        if now is not None:
            rare[now] = rare.get(now, 0) + n
    return Moved(
        head=head,
        before=entry.labels,
        names=tuple(names),
        labels=tuple(dict.fromkeys(names)),
        withdrawn=gone,
        deciding=tuple(dict.fromkeys(each for trace in traces.values() for each in trace.chain if each.decides)),
        rare={label: n for label, n in rare.items() if label not in alive},
    )


def entry_of(before: HeadEntry, after: Moved, taxonomy: str, changes: Sequence[Change]) -> HeadEntry:
    """Return the head's entry in the migrated manifest; metrics of a touched head are still those of before."""
    entry = structs.replace(
        before,
        labels=after.labels,
        rare=after.rare,
        columns=after.columns(before),
        withdrawn=after.withdrawn or None,
    )
    if after.touched:
        missing: list[HeadCertificate | Uncertified] = [*before.certificates, *before.uncertified]
        limits = (missing[0].alpha, missing[0].delta) if missing else (None, None)
        reason = Uncertified(slice={}, alpha=limits[0], delta=limits[1], reason=after.why(), more_labels=None)
        return structs.replace(
            entry, certificates=(), uncertified=(reason,), certifiable=(), slices=(), ladders=(), levels=()
        )
    renamed = dict(zip(before.labels, after.names, strict=True))
    label = before.trivial.label
    return structs.replace(
        entry,
        certificates=tuple(_rebound(each, taxonomy, changes) for each in before.certificates),
        levels=_levels(before, after.names, lambda each: _rebound(each, taxonomy, changes)),
        metrics=_renamed_metrics(before.metrics, renamed),
        trivial=structs.replace(before.trivial, label=renamed.get(label, label) if label else label),
    )


def _levels(
    before: HeadEntry, names: Sequence[str], rebound: Callable[[HeadCertificate], HeadCertificate]
) -> tuple[LevelEntry, ...]:
    """Keep what is certified above the leaves of a tree, if the same leaves have the same parent as before."""
    pairs = [
        (each.level, above(old, each.level), above(new, each.level))
        for each in before.levels
        for old, new in zip(before.labels, names, strict=True)
    ]
    parents = set(pairs), {(level, old) for level, old, _ in pairs}, {(level, new) for level, _, new in pairs}
    if len({len(each) for each in parents}) > 1:
        return ()
    return tuple(
        structs.replace(each, certificate=each.certificate and rebound(each.certificate)) for each in before.levels
    )


def _end(trace: Trace) -> str:
    return trace.chain[-1].sentence


def _renamed_metrics(metrics: Metrics, renamed: Mapping[str, str]) -> Metrics:
    """Return the same figures under other names."""
    if metrics.per_class is None:
        return metrics
    return structs.replace(metrics, per_class={renamed.get(name, name): row for name, row in metrics.per_class.items()})


def _rebound(certificate: HeadCertificate, taxonomy: str, changes: Sequence[Change]) -> HeadCertificate:
    """Bind a certificate to the taxonomy after: the head decides as it did, so what was tested still holds."""
    migrated = MigratedFrom(
        certificate=certificate.id, taxonomy=certificate.taxonomy, changes=tuple(change.id for change in changes)
    )
    return structs.replace(certificate, taxonomy=taxonomy, migrated=migrated).sealed()
