"""Request and response bodies of the erasure routes."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from serving.erasure import Whose
from serving.errors import FieldError, InvalidRequest
from serving.privacy.store import Erasure, Listed

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class ErasureIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to erase: one of the three; a ticket by its id here or at the helpdesk it came from."""

    email: Annotated[str, Meta(min_length=3, max_length=320, examples=["ann@example.com"])] | None = None
    account: Name | None = None
    ticket: Name | None = None

    def whose(self) -> Whose:
        """Return it as the use case takes it.

        Raises `InvalidRequest`: none or several are given.
        """
        if sum(each is not None for each in (self.email, self.account, self.ticket)) != 1:
            raise InvalidRequest([FieldError("", "Give exactly one of email, account and ticket.")])
        return Whose(email=self.email, account=self.account, ticket=self.ticket)


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


def erasure_out(erasure: Erasure) -> ErasureOut:
    """Return an erasure as it is answered."""
    return ErasureOut(id=erasure.id, at=erasure.at, erased=dict(erasure.counts))


def tombstones_out(found: list[Listed], limit: int) -> TombstonesOut:
    """Return a page."""
    rows = [
        TombstoneOut(
            id=each.stone.id, external_id=each.stone.external_id, erasure_id=each.erasure.id, at=each.erasure.at
        )
        for each in found
    ]
    return TombstonesOut(erased=rows, next_after=found[-1].number if len(found) == limit else None)
