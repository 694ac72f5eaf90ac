"""Apply taxonomy changes to a fitted head: new names, merged columns, withdrawn labels, kept certificates."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from triage.model.merged_labels import n_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    def columns(self, entry: Mapping[str, Any]) -> list[int] | None:
        """For each column of the weights the place of its label; None where each has its own."""
        before = entry.get("columns") or range(n_columns(entry))
        found = [self.places[place] for place in before]
        return None if found == list(range(len(found))) else found

    def now(self, label: str) -> str:
        """Return the name of a label that the head gave."""
        return self.names[self.before.index(label)] if label in self.before else label

    def why(self) -> str:
        """Say why no certificate is left."""
        said = "; ".join(dict.fromkeys(change.sentence for change in self.deciding)) or "two of its labels became one"
        return f"{said}, so this field answers otherwise than it was measured to; it takes a refit to certify it"


def moved(head: str, entry: Mapping[str, Any], pending: Changes) -> Moved:
    """Put a head's labels through the changes that its bundle has not seen."""
    gone: dict[str, str] = dict(entry.get("withdrawn") or {})
    traces = {label: pending.trace(head, label, BEGINNING) for label in entry["labels"] if label not in gone}
    alive = {trace.label for trace in traces.values() if trace.label}
    names = []
    for label in entry["labels"]:
        name = traces[label].label if label in traces else None
        if name is None:
            name = label if label not in alive else f"{label} (before)"
            gone[name] = gone.pop(label, "") or _end(traces[label])
        names.append(name)
    rare: dict[str, int] = {}
    for label, n in (entry.get("rare") or {}).items():
        now = pending.trace(head, label, BEGINNING).label
        if now is not None:
            rare[now] = rare.get(now, 0) + int(n)
    return Moved(
        head=head,
        before=tuple(entry["labels"]),
        names=tuple(names),
        labels=tuple(dict.fromkeys(names)),
        withdrawn=gone,
        deciding=tuple(dict.fromkeys(each for trace in traces.values() for each in trace.chain if each.decides)),
        rare={label: n for label, n in rare.items() if label not in alive},
    )


def entry_of(before: Mapping[str, Any], after: Moved, taxonomy: str, changes: Sequence[Change]) -> dict[str, Any]:
    """Return the head's entry in the migrated manifest; metrics of a touched head are still those of before."""
    entry = {**before, "labels": list(after.labels), "rare": dict(after.rare)}
    entry |= {"columns": after.columns(before), "withdrawn": dict(after.withdrawn)}
    for key in ("columns", "withdrawn"):
        if not entry[key]:
            del entry[key]
    renamed = dict(zip(before["labels"], after.names, strict=True))
    if after.touched:
        missing = before.get("certificates") or before.get("uncertified") or []
        reason: dict[str, Any] = {"slice": {}, "reason": after.why(), "more_labels": None}
        limits = {key: missing[0][key] for key in ("alpha", "delta") if missing and key in missing[0]}
        return entry | {"certificates": [], "uncertified": [reason | limits], "certifiable": [], "slices": []}
    entry["certificates"] = [_rebound(record, taxonomy, changes) for record in before.get("certificates", [])]
    entry["metrics"] = _renamed_metrics(before["metrics"], renamed)
    trivial = before["trivial"]
    entry["trivial"] = {**trivial, "label": renamed.get(trivial.get("label"), trivial.get("label"))}
    return entry


def _end(trace: Trace) -> str:
    return trace.chain[-1].sentence


def _renamed_metrics(metrics: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """Return the same figures under other names."""
    if "per_class" not in metrics:
        return dict(metrics)
    return {**metrics, "per_class": {renamed.get(name, name): row for name, row in metrics["per_class"].items()}}


def _rebound(record: Mapping[str, Any], taxonomy: str, changes: Sequence[Change]) -> dict[str, Any]:
    """Bind a certificate to the taxonomy after: the head decides as it did, so what was tested still holds."""
    facts = {key: value for key, value in record.items() if key != "id"}
    facts["migrated"] = {
        "certificate": record["id"],
        "taxonomy": record["taxonomy"],
        "changes": [change.id for change in changes],
    }
    facts["taxonomy"] = taxonomy
    return {"id": f"crt_{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]}", **facts}
