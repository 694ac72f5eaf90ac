"""Request and response bodies of the erasure routes."""

from datetime import datetime

from msgspec import Struct

from serving.erasure import ErasureSubject
from serving.errors import FieldError, InvalidRequest
from serving.http.fields import Reference, StoredEmail
from serving.privacy.store import Erasure, ListedTombstone


class ErasureIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to erase: one of the four; a ticket by its id here or at the helpdesk it came from."""

    email: StoredEmail | None = None
    visitor: Reference | None = None
    account: Reference | None = None
    ticket: Reference | None = None

    def whose(self) -> ErasureSubject:
        """Return it as the use case takes it.

        Raises `InvalidRequest`: none or several are given.
        """
        whose = ErasureSubject(email=self.email, visitor=self.visitor, account=self.account, ticket=self.ticket)
        if len(given := [each for each in vars(whose).values() if each is not None]) != 1 or not given[0]:
            raise InvalidRequest([FieldError("", "Give exactly one of email, visitor, account and ticket.")])
        return whose


class ErasureOut(Struct, kw_only=True):
    """Counts of what was erased."""

    id: str
    at: datetime
    erased: dict[str, int]


class TombstoneOut(Struct, kw_only=True):
    """An erased ticket."""

    id: str
    external_id: str | None
    erasure_id: str
    at: datetime


class TombstonesOut(Struct, kw_only=True):
    """A page of erased tickets, oldest first; repeat with `after=next_after` until it is null."""

    erased: list[TombstoneOut]
    next_after: int | None


AFTERWARDS = frozenset({"files", "files_not_searched", "keys"})


def erasure_out(erasure: Erasure, *, files: bool = True) -> ErasureOut:
    """Return an erasure as it is answered; what is counted after its transaction no repeat can say (`files`)."""
    counts = {name: count for name, count in erasure.counts.items() if files or name not in AFTERWARDS}
    return ErasureOut(id=erasure.id, at=erasure.at, erased=counts)


def tombstones_out(found: list[ListedTombstone], limit: int) -> TombstonesOut:
    """Return a page."""
    rows = [
        TombstoneOut(
            id=each.stone.id, external_id=each.stone.external_id, erasure_id=each.erasure.id, at=each.erasure.at
        )
        for each in found
    ]
    return TombstonesOut(erased=rows, next_after=found[-1].number if len(found) == limit else None)
