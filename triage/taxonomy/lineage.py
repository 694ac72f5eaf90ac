"""A bundle's lineage: the taxonomy changes applied to its tickets, and earlier taxonomy versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.errors import UnknownTaxonomy, UnreadableRecord
from triage.taxonomy.change import Change
from triage.taxonomy.changes import Changes, Trace

MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier taxonomy: its labels, and the ids of the changes applied before it."""

    version: str
    labels: Mapping[str, tuple[str, ...]]
    made: frozenset[str]

    def to_record(self) -> dict[str, Any]:
        """Write it for a manifest."""
        labels = {head: list(names) for head, names in self.labels.items()}
        return {"version": self.version, "labels": labels, "changes": sorted(self.made)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Version:
        """Read what `to_record` wrote."""
        labels = {str(head): tuple(map(str, names)) for head, names in record["labels"].items()}
        return cls(str(record["version"]), labels, frozenset(map(str, record["changes"])))


@dataclass(frozen=True, slots=True)
class Lineage:
    """Changes, and the versions before today's, oldest first."""

    changes: Changes = Changes()  # noqa: RUF009 - immutable
    versions: tuple[Version, ...] = ()
    today: str | None = None
    """Today's version of the taxonomy."""

    @classmethod
    def from_record(cls, record: Mapping[str, Any] | None, today: str) -> Lineage:
        """Read what `to_record` wrote; None: the labels never changed. Raises `UnreadableRecord`."""
        if record is None:
            return cls(today=today)
        try:
            changes = Changes.of(map(Change.from_record, record["changes"]))
            versions = tuple(map(Version.from_record, record["versions"]))
        except (AttributeError, KeyError, TypeError) as problem:
            raise UnreadableRecord("lineage", repr(problem)) from None
        return cls(changes, versions, today)

    def to_record(self) -> dict[str, Any] | None:
        """Write it for a manifest; None where there is nothing to tell."""
        if not self.changes.all and not self.versions:
            return None
        return {
            "changes": [{"id": change.id, **change.to_record()} for change in self.changes.all],
            "versions": [version.to_record() for version in self.versions],
        }

    def followed_by(self, changes: Changes, today: str, spoken: Mapping[str, tuple[str, ...]]) -> Lineage:
        """Return the lineage of a bundle that speaks version `today` and follows one with this lineage.

        Parameters
        ----------
        changes
            All changes that the new bundle's labels went through.
        today
            The version of its taxonomy.
        spoken
            The labels of the bundle before it, by head.

        Returns
        -------
        Lineage
            With the taxonomy of the bundle before it among the earlier ones.
        """
        before = Version(str(self.today), spoken, frozenset(change.id for change in self.changes.all))
        earlier = (*(each for each in self.versions if each.version != before.version), before)
        return Lineage(changes, tuple(each for each in earlier if each.version != today)[-MOST_VERSIONS:], today)

    def trace(self, head: str, label: str, since: datetime | None = None) -> Trace:
        """Follow a label to today; see `triage.taxonomy.changes.Changes.trace`."""
        return self.changes.trace(head, label, since)

    def now(self, head: str, label: str) -> str | None:
        """Return what a label is today; None where it was split or retired without an answer."""
        return self.changes.now(head, label)

    def explains(self, head: str, label: str) -> str | None:
        """Say what became of a label that is no more; None where no change ended it."""
        chain = self.changes.trace(head, label).chain
        return "; ".join(change.sentence for change in chain) or None

    def deciding(self, head: str, than: Lineage) -> tuple[Change, ...]:
        """Return the merges, splits and retirements of a head that another lineage has not."""
        there = {change.id for change in than.changes.all}
        own = (change for change in self.changes.all if change.head == head and change.decides)
        return tuple(change for change in own if change.id not in there)

    def known_versions(self) -> tuple[str, ...]:
        """Return the versions that a client may speak, today's last."""
        return (*(each.version for each in self.versions), *((self.today,) if self.today else ()))

    def name_in(self, version: str, head: str, label: str) -> str:
        """Return what a client of an older taxonomy calls today's label. Raises `UnknownTaxonomy`."""
        if version == self.today:
            return label
        spoken = next((each for each in self.versions if each.version == version), None)
        if spoken is None:
            raise UnknownTaxonomy(version, self.known_versions())
        return self.changes.back(head, label, made=spoken.made, known=frozenset(spoken.labels.get(head, ())))
