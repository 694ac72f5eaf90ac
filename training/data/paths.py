"""Labels of trees: paths, joined from the columns of their levels."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from triage.errors import BadClosedTicket
from triage.taxonomy.heads import SEPARATOR, TREE, is_path
from triage.taxonomy.tree import parents_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from triage.taxonomy.heads import Head
    from triage.tickets.closed_ticket import ClosedTicket


def with_paths(record: Mapping[str, Any], heads: Sequence[Head]) -> Mapping[str, Any]:
    """Put the path of each tree into a row, joined from its levels, unless the row has it already.

    Raises `BadClosedTicket`: a part of a path contains what stands between parts, or what the row has is no path.
    """
    paths = {head.name: _path(record, head) for head in heads if head.kind == TREE}
    return {**record, **paths} if paths else record


def leaves_only(tickets: Sequence[ClosedTicket], heads: Iterable[Head]) -> Sequence[ClosedTicket]:
    """Take away the labels that are parents of others: such a ticket does not say which of the children it has."""
    found = tickets
    for head in (head.name for head in heads if head.kind == TREE):
        parents = {parent for ticket in found for parent in parents_of(ticket.final_labels.get(head, ""))}
        if any(ticket.final_labels.get(head) in parents for ticket in found):
            found = [_without(ticket, head) if ticket.final_labels.get(head) in parents else ticket for ticket in found]
    return found


def _path(record: Mapping[str, Any], head: Head) -> Any:  # noqa: ANN401 (what a row has that is no text)
    said = record.get(head.name)
    if said not in (None, ""):
        return _tidied(said, head) if isinstance(said, str) else said
    parts: list[str] = []
    for level in head.levels:
        value = record.get(level)
        if value in (None, ""):
            break
        part = str(value).strip()
        if SEPARATOR in part:
            told = f'contains "{SEPARATOR}", which stands between the parts of {head.name}; map it ([values.{level}])'
            raise BadClosedTicket(level, told)
        parts.append(part)
    return SEPARATOR.join(parts) or None


def _tidied(said: str, head: Head) -> str:
    path = SEPARATOR.join(part.strip() for part in said.split(SEPARATOR))
    if path and not is_path(head, path):
        raise BadClosedTicket(head.name, f"{said[:80]!r} has too many parts for a tree, or an empty one")
    return path


def _without(ticket: ClosedTicket, head: str) -> ClosedTicket:
    kept = {name: label for name, label in ticket.labels.items() if name != head}
    unseen = {name: label for name, label in ticket.unseen_labels.items() if name != head}
    sources = {name: source for name, source in ticket.label_sources.items() if name != head}
    return replace(
        ticket,
        labels=MappingProxyType(kept),
        unseen_labels=MappingProxyType(unseen),
        label_sources=MappingProxyType(sources),
    )
