"""What the slices share when a customer is erased: whose data, and what was found so far."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from triage.tickets.tombstones import Tombstone

MARK = "[erased]"
_AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureSubject:
    """Whom to erase: exactly one of the three is given; a ticket by its id here or at its helpdesk."""

    email: str | None = None
    account: str | None = None
    ticket: str | None = None

    def owns(self, email: object, account: object) -> bool:
        """Tell whether something of this e-mail address and account is theirs."""
        if self.email is not None:
            return isinstance(email, str) and email.casefold() == self.email.casefold()
        return self.account is not None and account == self.account


@dataclass(slots=True)
class ErasureTrail:
    """What was found so far: the ids lead from a ticket to its session, tags and receipts."""

    whose: ErasureSubject
    tickets: set[str] = field(default_factory=set)
    deflections: set[str] = field(default_factory=set)
    taggings: set[str] = field(default_factory=set)
    external_ids: set[str] = field(default_factory=set)
    tombstones: list[Tombstone] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def ids(self) -> set[str]:
        """Every id of ours that an answer may have carried."""
        return self.tickets | self.deflections | self.taggings


Eraser = Callable[[sa.Connection, ErasureTrail], None]
"""Erases one slice's part, adds what it found to the trail, and counts what it changed; again, it changes nothing."""


def any_of(column: sa.ColumnElement[str], values: Iterable[str]) -> Iterator[sa.ColumnElement[bool]]:
    """Ask for rows with any of many values, so many at once as a statement takes."""
    return (column.in_(some) for some in _some(sorted(values)))


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
