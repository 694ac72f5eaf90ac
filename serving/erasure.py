"""What the slices share when a customer is erased: whose data, and what was found so far."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import sqlalchemy as sa

from triage.text.mentions import MARK, Mention, is_address, normalised, searchable
from triage.tickets.tombstones import Tombstone

__all__ = ["MARK", "Eraser", "ErasureSubject", "ErasureTrail", "any_of", "may_be_of"]

_AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, kw_only=True)
class ErasureSubject:
    """Whom to erase: exactly one of the four is given; a ticket by its id here or at its helpdesk."""

    email: str | None = None
    visitor: str | None = None
    account: str | None = None
    ticket: str | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).copy().items():
            if value is not None:
                said = normalised(value) if name in {"email", "visitor"} else value.strip()
                object.__setattr__(self, name, said)

    @property
    def person(self) -> str | None:
        """The address or visitor id, None when an account or a ticket is erased."""
        return self.email or self.visitor

    @cached_property
    def mention(self) -> Mention | None:
        """How to find the person in texts of others, None when nobody could say what is meant there."""
        return Mention.of(self.person) if self.person else None

    def is_person(self, value: object) -> bool:
        """Tell whether a stored address or visitor id is this person's."""
        return self.person is not None and isinstance(value, str) and normalised(value) == self.person

    def owns(self, email: object, account: object) -> bool:
        """Tell whether something of this e-mail address and account is theirs; an account may be an address."""
        if self.person is not None:
            by_address = is_address(self.person)
            wrote = self.is_person(email) and (by_address or self.email is not None)
            return wrote or (by_address and self.is_person(account))
        return self.account is not None and isinstance(account, str) and account.strip() == self.account


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


def may_be_of(whose: ErasureSubject, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Ask for rows whose column may name the person or the account; `ErasureSubject` decides."""
    sought = whose.mention.hints if whose.mention else [searchable(whose.person or whose.account or "").lower()]
    return sa.or_(*(sa.func.lower(column).contains(each, autoescape=True) for each in sought))


def any_of(column: sa.ColumnElement[str], values: Iterable[str]) -> Iterator[sa.ColumnElement[bool]]:
    """Ask for rows with any of many values, so many at once as a statement takes."""
    return (column.in_(some) for some in _some(sorted(values)))


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
