"""Labels with descriptions, from a versioned file that the user owns.

Only priority is fixed: it is ordinal, and SLAs depend on it.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from triage.errors import TaxonomyRefused, UnknownPriority, UnreadableRecord
from triage.reading.bounded_tables import text_of, toml_tables
from triage.taxonomy.heads import SHIPPED, Head, names_of, ordered, read_heads, refuse_no_paths, refuse_undeclared

PRIORITIES = ("P0", "P1", "P2", "P3", "P4")  # most urgent first


def known_priority(priority: str) -> str:
    """Give the priority back, or refuse one that is none of the five."""
    if priority not in PRIORITIES:
        raise UnknownPriority(priority, PRIORITIES)
    return priority


@dataclass(frozen=True)
class Label:
    """A label and its description."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Taxonomy:
    """The labels of each head, in the user's order."""

    heads: Mapping[str, tuple[Label, ...]]
    declared: tuple[Head, ...] = SHIPPED
    """The label fields of the desk; one without labels here has those of its closed tickets."""

    def __post_init__(self) -> None:
        for head, labels in self.heads.items():
            _check(head, [label.name for label in labels])

    @cached_property
    def version(self) -> str:
        """A digest of heads, labels and descriptions; the order of heads and labels does not count."""
        content = {
            head: sorted((each.name, each.description) for each in labels) for head, labels in self.heads.items()
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def names(self) -> tuple[str, ...]:
        """Give the heads that are declared, or that have labels here."""
        return tuple(dict.fromkeys((*self.heads, *(names_of(self.declared) if self.declared != SHIPPED else ()))))

    def labels(self, head: str) -> tuple[str, ...]:
        """Give the names of a head's labels; none for a head that is not there."""
        return tuple(label.name for label in self.heads.get(head, ()))

    def description(self, head: str, label: str) -> str:
        """Give what a label means, or nothing where nobody wrote it down."""
        return next((each.description for each in self.heads.get(head, ()) if each.name == label), "")

    def to_record(self) -> dict[str, list[dict[str, str]]]:
        """Write heads and labels for a bundle's manifest."""
        return {
            head: [{"name": each.name, "description": each.description} for each in labels]
            for head, labels in self.heads.items()
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Iterable[Mapping[str, str]]]) -> Taxonomy:
        """Read what `to_record` wrote."""
        try:
            heads = {
                str(head): tuple(Label(str(each["name"]), str(each.get("description", ""))) for each in labels)
                for head, labels in record.items()
            }
        except (AttributeError, KeyError, TypeError) as problem:
            raise UnreadableRecord("taxonomy", f"{problem!r}; it maps heads to lists of name and description") from None
        return cls(heads)


def seen(labels: Mapping[str, Iterable[str]], known: Taxonomy) -> Taxonomy:
    """Make the taxonomy of labels found in a file of tickets; descriptions stay where they are known."""
    return Taxonomy(
        {head: tuple(Label(name, known.description(head, name)) for name in names) for head, names in labels.items()},
        known.declared,
    )


def parse(text: str) -> Taxonomy:
    """Read a taxonomy from TOML: a table for each head, a line `label = "description"` for each label.

    `[[heads]]` declares the heads, if they are others than those that come with Firstline.
    """
    try:
        tables = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise TaxonomyRefused("taxonomy", f"it is no TOML: {problem}") from None
    declared = read_heads(tables.pop("heads")) if "heads" in tables else SHIPPED
    for head, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(words, str) for words in table.values()):
            raise TaxonomyRefused(f"taxonomy, head {head}", 'write one line label = "description" for each label')
    if declared is not SHIPPED:
        refuse_undeclared(declared, tables)
        refuse_no_paths(declared, tables)
        declared = ordered(declared, tables)
    return Taxonomy({head: tuple(Label(*line) for line in table.items()) for head, table in tables.items()}, declared)


def read(path: Path) -> Taxonomy:
    """Read a taxonomy file."""
    return parse(text_of(path))


def default() -> Taxonomy:
    """Read the taxonomy that comes with Firstline."""
    return parse(resources.files("triage").joinpath("policies/taxonomy.toml").read_text(encoding="utf-8"))


def _check(head: str, names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise TaxonomyRefused(f"taxonomy, head {head}", f"{', '.join(sorted(twice))} stands there twice; keep one")
    if not names or not all(name.strip() for name in names):
        raise TaxonomyRefused(f"taxonomy, head {head}", "it has no label, or one without a name; give each a name")
    if head == "priority" and not set(names) <= set(PRIORITIES):
        raise TaxonomyRefused("taxonomy, head priority", f"priorities are fixed: {', '.join(PRIORITIES)}")
