"""What must hold before a ticket is opened or changed: it says something, and no change overwrites another unseen."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from serving.errors import FieldError, InvalidRequest
from serving.http.errors import VersionDiffers, VersionRequired
from serving.ticket_desk import NewTicket, etag

_CLOCK_SKEW = timedelta(minutes=5)
_TAGS = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


@dataclass(frozen=True, slots=True)
class Expected:
    """The versions that a change may apply to; None is any."""

    tags: frozenset[str] | None = None

    @classmethod
    def read(cls, if_match: str | None, *, required: bool) -> "Expected":
        """Read the header.

        Raises `VersionRequired`: it is missing where it is required. Raises `InvalidRequest`: it is no list of
        ETags.
        """
        if if_match is None:
            if required:
                raise VersionRequired
            return cls()
        if if_match.strip() == "*":
            return cls()
        tags = frozenset(tag.strip() for tag in if_match.split(","))
        if not all(_TAGS.fullmatch(tag) for tag in tags):
            raise InvalidRequest([FieldError("If-Match", 'Send the ETag of the ticket as it came, such as "3".')])
        return cls(tags)

    def check(self, version: int) -> None:
        """Refuse another version than expected; a weak tag never matches (RFC 9110, 13.1.1).

        Raises `VersionDiffers`: the ticket has another version now.
        """
        if self.tags is not None and etag(version) not in self.tags:
            raise VersionDiffers(version)


def refuse_unfit(new: NewTicket, created_at: datetime, at: datetime) -> None:
    """Refuse a new ticket that says nothing, or that comes from the future. Raises `InvalidRequest`."""
    wrong = []
    if not new.subject.strip() and not new.description.strip():
        wrong.append(
            FieldError("description", "Subject and description are both empty: one of them must say something.")
        )
    if created_at > at + _CLOCK_SKEW:
        wrong.append(FieldError("created_at", "This instant lies in the future."))
    if wrong:
        raise InvalidRequest(wrong)
