"""The manifest of a bundle as one typed record: everything that is known of a fitted model.

Written as `manifest.json` by `triage.model.bundle_files`, which adds the files with their hashes, and the id. A field
with a default is left out of the file where it does not apply; `UNSET` stands for "left out" where None has a meaning
of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from triage.model.answers_entry import Answers
from triage.model.cascade.entry import CascadeEntry, FirstStageEntry
from triage.model.critical import CriticalEntry
from triage.model.foreign_text import ForeignTextGate
from triage.model.head_entry import HeadEntry
from triage.model.multi.entry import MultiEntry
from triage.model.promotion.overrides import Override
from triage.model.refit_record import Care, Comparison, CurvePoint, TicketData
from triage.taxonomy.heads import SHIPPED, Head
from triage.taxonomy.labels import Label, Taxonomy
from triage.taxonomy.lineage import Lineage

FORMAT = "firstline-bundle/3"


class SealedFile(Struct, frozen=True, kw_only=True):
    """A file of the bundle."""

    path: str
    sha256: str
    bytes: int


class EncoderRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An encoder: the first, on which the heads were fitted, or the second, which reads more languages."""

    name: str
    fingerprint: str
    dim: int
    read_by_heads: bool = False
    """Of the second: the heads read its states beside the first one's."""


class TaxonomyRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The labels that the bundle speaks, with their descriptions."""

    version: str
    labels: Mapping[str, tuple[Label, ...]]
    heads: tuple[Head, ...] | None = None
    """As the desk declared them; None: those that come with Firstline."""

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> Self:
        """Return the record of a taxonomy."""
        declared = None if taxonomy.declared == SHIPPED else taxonomy.declared
        return cls(version=taxonomy.version, labels=taxonomy.heads, heads=declared)


class RuleRecord(Struct, frozen=True, kw_only=True):
    """By which words a ticket belongs to a part of a split."""

    to: str
    words: tuple[str, ...]


class ChangeRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change of the taxonomy; see `triage.taxonomy.change`."""

    id: str
    at: str
    head: str
    kind: str
    before: tuple[str, ...] = field(name="from")
    after: tuple[str, ...] = field(name="to")
    sentence: str
    descriptions: Mapping[str, str] | None = None
    rules: tuple[RuleRecord, ...] | None = None


class VersionRecord(Struct, frozen=True, kw_only=True):
    """An earlier taxonomy: its labels, and the ids of the changes that it had already."""

    version: str
    labels: Mapping[str, tuple[str, ...]]
    changes: tuple[str, ...]


class LineageRecord(Struct, frozen=True, kw_only=True):
    """The changes that the labels went through, and the taxonomies before today's."""

    changes: tuple[ChangeRecord, ...]
    versions: tuple[VersionRecord, ...]

    @classmethod
    def of(cls, lineage: Lineage) -> Self | None:
        """Return the record of a lineage; None where there is nothing to tell."""
        record = lineage.to_record()
        return None if record is None else msgspec.convert(record, cls)


class Manifest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that is known of a fitted model."""

    created_at: str
    parent: str | None
    """The bundle that served when this one was made."""
    migrated_from: str | None = None
    code_version: str
    encoder: EncoderRecord
    second_encoder: EncoderRecord | None = None
    """None: questions in every language are read by the one encoder."""
    languages: str | None = None
    """What was decided on a second encoder, in a sentence; None where nothing asks for one."""
    taxonomy: TaxonomyRecord
    data: TicketData
    comparison: Comparison | UnsetType | None = UNSET
    """None: no bundle served. Left out, as are care, answers and learning curves, where there were no tickets."""
    lineage: LineageRecord | None
    overrides: tuple[Override, ...] = ()
    """Gates that a person overrode when the bundle was promoted."""
    care: Care | None = None
    answers: Answers | UnsetType | None = UNSET
    """None: no articles were given, or nothing was learnt."""
    critical: CriticalEntry | None = None
    """None: no critical head was learnt."""
    learning_curves: Mapping[str, tuple[CurvePoint, ...]] | None = None
    foreign_text: ForeignTextGate | None = None
    """None: the tickets are too few to tell what is unlike them."""
    cascade: CascadeEntry | None = None
    """None: every ticket is read by the encoder."""
    heads: Mapping[str, HeadEntry]
    multi: Mapping[str, MultiEntry] = {}
    """Heads of which a ticket has any number of labels."""
    files: tuple[SealedFile, ...] = ()
    id: str = ""
    """Empty until the bundle is sealed, as are the files."""

    def file(self, path: str) -> SealedFile | None:
        """Return one of the files; None where the bundle has no such file."""
        return next((each for each in self.files if each.path == path), None)

    @property
    def heads_read_second(self) -> bool:
        """Whether the heads read the states of the second encoder, too."""
        return self.second_encoder is not None and self.second_encoder.read_by_heads

    @property
    def first_stage(self) -> FirstStageEntry | None:
        """The first stage of the cascade; None without one."""
        return self.cascade.first_stage if self.cascade else None

    def label_history(self) -> Lineage:
        """Return what became of earlier labels. Raises `UnreadableRecord`."""
        record = None if self.lineage is None else msgspec.to_builtins(self.lineage)
        return Lineage.from_record(record, self.taxonomy.version)

    def spoken_labels(self) -> dict[str, tuple[str, ...]]:
        """Return today's labels by head: what the heads answer, and what changes have added."""
        found: dict[str, dict[str, None]] = {}
        for head, entry in self.heads.items():
            found[head] = dict.fromkeys(label for label in entry.labels if label not in (entry.withdrawn or ()))
        for head, each in self.multi.items():
            found[head] = dict.fromkeys(label for label in each.names if label not in (each.withdrawn or ()))
        for head, labels in self.taxonomy.labels.items():
            found.setdefault(head, {}).update(dict.fromkeys(each.name for each in labels))
        return {head: tuple(names) for head, names in found.items()}

    def unsealed(self) -> Self:
        """Return it without files and id, which another sealing gives."""
        return msgspec.structs.replace(self, files=(), id="")


def to_record(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as it is written: dicts, lists, strings and numbers. Raises `ValueError`: NaN, infinity."""
    plain = {"format": FORMAT, **msgspec.to_builtins(manifest)}
    record: dict[str, Any] = json.loads(json.dumps(plain, allow_nan=False))
    return record


def from_record(record: Mapping[str, Any]) -> Manifest:
    """Read what `to_record` wrote. Raises `msgspec.ValidationError`, which names the field."""
    return msgspec.convert(record, Manifest)
