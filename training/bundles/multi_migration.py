"""Apply taxonomy changes to a multi head without a refit: a renamed label keeps its certificate.

A label that was merged, split or retired answers nothing until the next refit: what stands for it was not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from training.bundles.migrated_heads import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.bundles.held_out import HeldOut
    from triage.model.multi.entry import MultiEntry, MultiLabel
    from triage.taxonomy.changes import Changes


def moved(head: str, entry: MultiEntry, pending: Changes, today: str) -> MultiEntry:
    """Return what the manifest says of a head after the changes; `today` is the version of the taxonomy then."""
    gone = dict(entry.withdrawn or {})
    labels, taken = [], set()
    for each in entry.labels:
        trace = pending.trace(head, each.name, BEGINNING)
        kept = each.name not in gone and not any(change.decides for change in trace.chain) and trace.label is not None
        name = str(trace.label) if kept else each.name
        if not kept and each.name not in gone:
            gone[name] = "; ".join(change.sentence for change in trace.chain)
        if name in taken:  # another label has its name now
            name, said = f"{name} (before)", gone.pop(name)
            gone[name] = said
        taken.add(name)
        labels.append(_renamed(each, name, today, certified=kept))
    return structs.replace(entry, labels=tuple(labels), withdrawn=gone or None)


def rows_of(row: HeldOut, heads: Mapping[str, MultiEntry], pending: Changes) -> tuple[dict[str, list[str]], ...]:
    """Return the lists of a held-out ticket, as it was closed and as it was guessed, in today's words."""
    known = {head: {each.name for each in entry.labels} for head, entry in heads.items()}

    def today(head: str, labels: Sequence[str]) -> list[str]:
        found = (pending.trace(head, label, BEGINNING).label for label in labels)
        return [label for label in dict.fromkeys(found) if label is not None and label in known.get(head, set())]

    return tuple(
        {head: today(head, labels) for head, labels in sets.items()} for sets in (row.label_sets, row.guessed_sets)
    )


def _renamed(label: MultiLabel, name: str, today: str, *, certified: bool) -> MultiLabel:
    record = label.certificate if certified else None
    if record is not None:
        first = record.first_label or record.label
        renamed = structs.replace(record, label=name, taxonomy=today, first_label=first if first != name else None)
        record = renamed.sealed()
    return structs.replace(label, name=name, certificate=record)
