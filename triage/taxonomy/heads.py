"""The heads of a desk: which label fields its closed tickets have, as `[[heads]]` in the taxonomy file declares them.

    [[heads]]
    name = "sentiment"                  # the column of the closed tickets, and the name of the tag
    kind = "single"                     # one label a ticket; the default

    [[heads]]
    name = "severity"
    kind = "ordinal"                    # one label a ticket, and its labels have an order: that of the table [severity]

    [[heads]]
    name = "topic"
    kind = "tree"                       # one path a ticket: "billing/refund"
    levels = ["category", "intent"]     # the columns of which it is made, from parent to child

    [[heads]]
    name = "topics"
    kind = "multi"                      # any number of labels a ticket, such as the tags of a helpdesk

A label of a tree is its whole path, so two parents may have children of one name, and every place that knows labels
knows paths. A path without its last part is a label, too: that of a ticket of which only the parent is known.

A file that declares none has the three that come with Firstline. Priority is always among them: deadlines depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from triage.errors import TaxonomyRefused

PRIORITY = "priority"
SINGLE, ORDINAL, TREE, MULTI = "single", "ordinal", "tree", "multi"
KINDS = (SINGLE, ORDINAL, TREE, MULTI)
KEYS = ("name", "kind", "levels")
LEVELS = (2, 3)
SEPARATOR = "/"
MOST_HEADS = 30
RESERVED = frozenset(
    {
        *("account", "actor", "answers", "arr", "assignee", "brand", "channel", "closed_at", "created_at", "csat"),
        *(
            "deflection_id",
            "description",
            "email",
            "emergencies",
            "external_id",
            "familiar",
            "first_response_at",
            "first_response_by",
            "headers",
        ),
        *("heads", "health", "id", "kb_article_id", "label_sources", "language", "next_response_by", "plan", "region"),
        *("resolution", "resolution_by", "resolution_type", "root_cause", "spam", "status", "subject", "tags", "team"),
        *("tier", "version"),
    }
)
"""What a ticket, a request, a condition of a rule, a value at a helpdesk or a file of a bundle has under this name."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EXAMPLE = '[[heads]]\nname = "intent"'


@dataclass(frozen=True, slots=True)
class Head:
    """A label field: its name, which is its column in closed tickets, and what kind of labels it has."""

    name: str
    kind: str = SINGLE
    levels: tuple[str, ...] = ()
    """Of a tree: the columns of a path's parts, from parent to child."""
    order: tuple[str, ...] = ()
    """Of an ordinal head: its labels, from one end to the other."""


SHIPPED = (Head("category"), Head(PRIORITY), Head("product_area"))


def read_heads(rows: object) -> tuple[Head, ...]:
    """Read the tables `[[heads]]` of a taxonomy file, in their order.

    Parameters
    ----------
    rows
        What TOML makes of them.

    Returns
    -------
    tuple of Head
        Priority is added where it is not declared.

    Raises
    ------
    TaxonomyRefused
        An entry is not as it must be; the message names it and says what to write.
    """
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise TaxonomyRefused("taxonomy, heads", f"write a table for each head, such as\n{_EXAMPLE}")
    heads = tuple(_head(row, number) for number, row in enumerate(rows, start=1))
    names = [head.name for head in heads]
    trees = trees_of(heads)
    if within := [head for head in heads if not trees.isdisjoint(head.levels)]:
        told = "one of its levels is a tree itself; name the columns of that tree instead"
        raise TaxonomyRefused(f"taxonomy, head {within[0].name}", told)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TaxonomyRefused("taxonomy, heads", f"{twice[0]} is declared twice; keep one")
    if len(heads) > MOST_HEADS:
        raise TaxonomyRefused("taxonomy, heads", f"{len(heads)} heads are declared; {MOST_HEADS} is the most")
    return heads if PRIORITY in names else (*heads, Head(PRIORITY))


def refuse_undeclared(heads: Iterable[Head], tables: Iterable[str]) -> None:
    """Refuse tables of labels whose head is not declared. Raises `TaxonomyRefused`."""
    names = {head.name for head in heads}
    if strange := [table for table in tables if table not in names]:
        told = f'it has labels, and no head declares it: add\n[[heads]]\nname = "{strange[0]}"'
        raise TaxonomyRefused(f"taxonomy, [{strange[0]}]", told)


def refuse_no_paths(heads: Iterable[Head], tables: Mapping[str, Iterable[str]]) -> None:
    """Refuse labels of a tree that are no path of it. Raises `TaxonomyRefused`."""
    for head in heads:
        if head.kind == TREE and (strange := [each for each in tables.get(head.name, ()) if not is_path(head, each)]):
            told = (
                f"{strange[0]!r} is no path of {SEPARATOR.join(head.levels)}: a part is empty, too many, or has spaces"
            )
            raise TaxonomyRefused(f"taxonomy, head {head.name}", told)


def ordered(heads: Iterable[Head], tables: Mapping[str, Mapping[str, str]]) -> tuple[Head, ...]:
    """Give ordinal heads the order of their tables of labels. Raises `TaxonomyRefused`."""
    found = []
    for head in heads:
        order = tuple(tables.get(head.name, ())) if head.kind == ORDINAL else ()
        if head.kind == ORDINAL and len(order) < 2:
            told = f'write its labels in their order, a line for each, such as\n[{head.name}]\nlow = ""\nhigh = ""'
            raise TaxonomyRefused(f"taxonomy, head {head.name}", told)
        found.append(replace(head, order=order))
    return tuple(found)


def is_path(head: Head, label: str) -> bool:
    """Tell whether a label can be a path of a tree: no part is empty, too many, or has spaces around it."""
    parts = label.split(SEPARATOR)
    return len(parts) <= len(head.levels) and all(part and part == part.strip() for part in parts)


def names_of(heads: Iterable[Head]) -> tuple[str, ...]:
    """Return the names of heads, in their order."""
    return tuple(head.name for head in heads)


def trees_of(heads: Iterable[Head]) -> frozenset[str]:
    """Return the names of those heads whose labels are paths."""
    return frozenset(head.name for head in heads if head.kind == TREE)


def multis_of(heads: Iterable[Head]) -> tuple[str, ...]:
    """Return the names of those heads of which a ticket has any number of labels."""
    return tuple(head.name for head in heads if head.kind == MULTI)


def can_be_declared(name: str) -> bool:
    """Tell whether a head may have this name."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED


def _head(row: Mapping[str, object], number: int) -> Head:
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        told = f"its name is {name!r}: small letters, digits and _, at most 40, a letter first, such as\n{_EXAMPLE}"
        raise TaxonomyRefused(f"taxonomy, heads, entry {number}", told)
    where = f"taxonomy, head {name}"
    if name in RESERVED:
        told = (
            f"{name} means something else in tickets: choose another name, such as ticket_{name}, and say in the "
            f'mapping (--mapping) which column it is: [columns] ticket_{name} = "{name}"'
        )
        raise TaxonomyRefused(where, told)
    if strange := sorted(set(row) - set(KEYS)):
        hint = f'; a column with another name goes into the mapping: [columns] {name} = "…"' * (strange[0] == "column")
        raise TaxonomyRefused(where, f"{strange[0]} is not known; known are {', '.join(KEYS)}{hint}")
    kind = row.get("kind", SINGLE)
    if not isinstance(kind, str) or kind not in KINDS:
        raise TaxonomyRefused(where, f"kind {kind} is not known; known are {', '.join(KINDS)}")
    if name == PRIORITY and kind != SINGLE:
        raise TaxonomyRefused(where, "priority has an order of its own; leave its kind out")
    return Head(name, kind, _levels(row, kind, name, where))


def _levels(row: Mapping[str, object], kind: str, name: str, where: str) -> tuple[str, ...]:
    """Read the columns of a tree. Raises `TaxonomyRefused`."""
    levels = row.get("levels")
    if kind != TREE:
        if levels is not None:
            raise TaxonomyRefused(where, f'levels belong to kind = "{TREE}"')
        return ()
    if not isinstance(levels, list) or not all(isinstance(each, str) and _NAME.fullmatch(each) for each in levels):
        told = 'a tree needs the columns of its levels, from parent to child: levels = ["category", "intent"]'
        raise TaxonomyRefused(where, told)
    if not LEVELS[0] <= len(levels) <= LEVELS[1]:
        raise TaxonomyRefused(where, f"it has {len(levels)} levels; a tree has {LEVELS[0]} or {LEVELS[1]}")
    if strange := [each for each in levels if levels.count(each) > 1 or each in RESERVED or each == name]:
        told = f"level {strange[0]} cannot be: each level is a column of its own, and none of them is the tree's name"
        raise TaxonomyRefused(where, told)
    return tuple(levels)
