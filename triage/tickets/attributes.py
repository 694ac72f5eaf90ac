"""What routing and deadlines of a ticket depend on, and the conditions that ask about it.

A new attribute is a field here. The records of a ticket, of its facts and of a tagging inherit it; in `serving` it is
named once more for requests and answers (`serving.http.fields`), and once as a column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

from triage.errors import PolicyRefused
from triage.taxonomy.labels import PRIORITIES
from triage.taxonomy.tree import parents_of
from triage.tickets.escalation import TIERS

LABELS = ("priority", "category", "product_area")  # the attributes that are labels of a head


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Which part of the desk a ticket belongs to; an agent may change it later."""

    brand: str | None = None
    region: str | None = None

    @classmethod
    def of(cls, known: object) -> Self:
        """Return these attributes of anything that has them all."""
        return cls(**{each.name: getattr(known, each.name) for each in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class CustomerAttributes(Segment):
    """What a ticket says of its customer when it is opened."""

    plan: str | None = None
    account: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Attributes(CustomerAttributes):
    """All that routing and deadlines depend on; None is not known, and only an escalated ticket has a tier."""

    channel: str | None = None
    priority: str | None = None
    category: str | None = None
    product_area: str | None = None
    tier: str | None = None
    others: tuple[tuple[str, str], ...] = ()
    """Labels of heads that the desk declared itself: only routing rules ask about them."""

    def labelled(self, labels: Mapping[str, str | tuple[str, ...] | None]) -> Self:
        """Return these with the labels of heads; one that has several stands there with each of them."""
        own = {head: label for head in LABELS if not isinstance(label := labels.get(head, ()), tuple)}
        several = {head: label if isinstance(label, tuple) else (label,) for head, label in labels.items()}
        pairs = ((head, each) for head, found in several.items() for each in found if each and head not in LABELS)
        return replace(self, **own, others=tuple(sorted(pairs)))

    @classmethod
    def having(cls, values: Mapping[str, str]) -> Self:
        """Return those that have these values, by the name of the attribute or head."""
        known = {name: value for name, value in values.items() if name in NAMES}
        return cls(**known, others=tuple(sorted((n, value) for n, value in values.items() if n not in NAMES)))

    def is_one_of(self, name: str, values: frozenset[str]) -> bool:
        """Tell whether an attribute, or any label of a head or what is above it in a tree, is one of some values."""
        if name in NAMES:
            return getattr(self, name) in values
        labels = (label for head, label in self.others if head == name)
        return any(not values.isdisjoint((label, *parents_of(label))) for label in labels)


NAMES = tuple(each.name for each in fields(Attributes) if each.name != "others")


@dataclass(frozen=True)
class Conditions:
    """What must hold of a ticket: each attribute has one of these values; what is not known fits none."""

    values: Mapping[str, frozenset[str]]

    def fit(self, attributes: Attributes) -> bool:
        """Tell whether every condition holds."""
        return all(attributes.is_one_of(name, values) for name, values in self.values.items())

    def cover(self, other: Conditions) -> bool:
        """Tell whether these hold wherever the other conditions do."""
        return all(name in other.values and other.values[name] <= values for name, values in self.values.items())


def conditions(
    table: Mapping[object, object], refuse: Callable[[str], PolicyRefused], heads: Sequence[str] = ()
) -> Conditions:
    """Read `{ plan = ["free", "standard"], region = "apac" }`.

    Parameters
    ----------
    table
        Attributes, each with one value or a list of them.
    refuse
        Makes the error of a problem, with the place in the file.
    heads
        Names of heads that may be asked about beside the attributes.

    Returns
    -------
    Conditions
        What was asked for, checked.

    Raises
    ------
    PolicyRefused
        As `refuse` made it: for an unknown attribute, an empty list, a priority or tier that does not exist.
    """
    known = tuple(dict.fromkeys((*NAMES, *heads)))
    return Conditions({str(name): _values(str(name), values, refuse, known) for name, values in table.items()})


def _values(
    name: str, values: object, refuse: Callable[[str], PolicyRefused], known_names: Sequence[str]
) -> frozenset[str]:
    if name not in known_names:
        raise refuse(f"no condition can ask about {name!r}; it can about {', '.join(known_names)}")
    listed = [values] if isinstance(values, str) else values
    if not isinstance(listed, list) or not listed or not all(isinstance(each, str) and each for each in listed):
        raise refuse(f"{name} needs a name or a list of names")
    for kind, plural, known in (("priority", "priorities", PRIORITIES), ("tier", "tiers", TIERS)):
        strange = set(listed) - set(known)
        if name == kind and strange:
            raise refuse(f"{kind} {min(strange)!r} does not exist; {plural} are {', '.join(known)}")
    return frozenset(listed)
