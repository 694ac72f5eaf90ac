"""`ETag` and `If-Match`: no change of a ticket overwrites another unseen."""

import re
from dataclasses import dataclass

from serving.errors import FieldError, InvalidRequest
from serving.http.errors import VersionDiffers, VersionRequired
from serving.ticket_desk import etag

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
