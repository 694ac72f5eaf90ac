"""The attributes that promises depend on: the customer and the kind of ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from triage.errors import PolicyRefused
from triage.taxonomy.labels import PRIORITIES


@dataclass(frozen=True)
class Standing:
    """The attributes of a ticket that its promises depend on; None is unknown."""

    plan: str | None = None
    priority: str | None = None
    brand: str | None = None
    region: str | None = None
    channel: str | None = None
    language: str | None = None
    account: str | None = None
    category: str | None = None
    product_area: str | None = None


UNKNOWN = Standing()
CONDITIONS = tuple(each.name for each in fields(Standing))


@dataclass(frozen=True)
class Conditions:
    """Conditions: each attribute must have one of these values; an unknown value matches none."""

    values: Mapping[str, frozenset[str]]

    def fit(self, standing: Standing) -> bool:
        """Tell whether every condition holds."""
        return all(getattr(standing, name) in values for name, values in self.values.items())

    def cover(self, other: Conditions) -> bool:
        """Tell whether these hold wherever the other conditions do."""
        return all(name in other.values and other.values[name] <= values for name, values in self.values.items())


def conditions(table: object, where: str) -> Conditions:
    """Read `{ plan = ["free", "standard"], region = "apac" }`, or refuse it with the place in the policy."""
    if not isinstance(table, Mapping) or not table:
        raise PolicyRefused(where, f"when is missing; name at least one of {', '.join(CONDITIONS)}")
    return Conditions({str(name): _values(str(name), values, where) for name, values in table.items()})


def _values(name: str, values: object, where: str) -> frozenset[str]:
    if name not in CONDITIONS:
        raise PolicyRefused(where, f"no condition can ask about {name!r}; it can about {', '.join(CONDITIONS)}")
    listed = [values] if isinstance(values, str) else values
    if not isinstance(listed, list) or not listed or not all(isinstance(each, str) and each for each in listed):
        raise PolicyRefused(where, f"{name} needs a name or a list of names")
    if name == "priority" and not set(listed) <= set(PRIORITIES):
        raise PolicyRefused(where, f"priorities are {', '.join(PRIORITIES)}")
    return frozenset(listed)
