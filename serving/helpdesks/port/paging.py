"""Read a list that is sorted by time of change, page by page, although it changes while it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from serving.helpdesks.port.payloads import instant
from serving.helpdesks.port.port import stamp

_STEP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ByTime:
    """A place in the list: an instant, and the number of the page from there on.

    A ticket that changes while we read moves to the end, and all behind it move forward by one place. With page numbers
    alone one of them would be missed. So each page begins at the last change that was read; page numbers count only
    where a second holds more changes than a page.
    """

    since: datetime
    page: int = 1

    @classmethod
    def read(cls, since: datetime, cursor: str | None) -> "ByTime":
        """Return the place that a cursor names; without one the beginning."""
        at, _, page = (cursor or "").partition("|")
        begun = instant([at], 0)
        return cls(begun, int(page)) if begun and page.isdigit() else cls(since)

    def after(self, changed: Sequence[datetime | None], *, more: bool) -> "ByTime":
        """Return the place behind a page, from the times of change on it."""
        last = max((each for each in changed if each is not None), default=self.since)
        begin = last.replace(microsecond=0) - _STEP  # whether or not the helpdesk counts the instant itself
        if begin > self.since:
            return ByTime(begin)
        return ByTime(self.since, self.page + 1) if more else self

    def cursor(self) -> str:
        """Return the place as a text to keep."""
        return f"{stamp(self.since)}|{self.page}"
