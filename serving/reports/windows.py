"""The time that a report looks at, and its weeks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from serving.errors import FieldError, InvalidRequest

FIRST = datetime.min.replace(tzinfo=UTC)
LONGEST = timedelta(days=732)
WEEK, TREND = timedelta(days=7), 12
"""A trend has so many weeks, the current one among them."""


@dataclass(frozen=True, slots=True)
class ReportWindow:
    """From `since` up to `until`, as seen at `at`."""

    since: datetime
    until: datetime
    at: datetime

    @property
    def weeks(self) -> list["ReportWindow"]:
        """The weeks of its trend, oldest first: twelve, or as many as it touches; the last ends where it does."""
        first = min(monday(self.since), monday(self.until) - (TREND - 1) * WEEK)
        count = -((first - self.until) // WEEK)
        starts = [first + number * WEEK for number in range(count)]
        return [ReportWindow(start, min(start + WEEK, self.until), self.at) for start in starts]

    def holds(self, at: datetime | None) -> bool:
        """Tell whether an instant lies in it."""
        return at is not None and self.since <= at < self.until


def monday(at: datetime) -> datetime:
    """Return when the week of an instant began, in UTC."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def window(since: datetime | None, until: datetime | None, at: datetime, *, usual: timedelta) -> ReportWindow:
    """Return the window of a report.

    Parameters
    ----------
    since
        Where it begins; by default `usual` before its end.
    until
        Where it ends; by default now.
    at
        Now.
    usual
        How long it is by default.

    Returns
    -------
    ReportWindow

    Raises
    ------
    InvalidRequest
        It ends before it begins, is too long, or lies before the calendar.
    """
    end = until or at
    if end - FIRST < usual:
        raise InvalidRequest([FieldError("until", "Nothing was asked so long ago.")])
    begin = since or end - usual
    if begin >= end:
        raise InvalidRequest([FieldError("since", "It must be before `until`.")])
    if end - begin > LONGEST:
        raise InvalidRequest([FieldError("since", f"The window may have {LONGEST.days} days at most.")])
    return ReportWindow(begin, end, at)


def past_window(since: datetime | None, until: datetime | None, at: datetime, *, usual: timedelta) -> ReportWindow:
    """Return the window of a report on what has happened: it ends now where it would end later.

    Raises `InvalidRequest`, as `window` does, and where it has not begun.
    """
    if since is not None and since >= at:
        raise InvalidRequest([FieldError("since", "It lies in the future.")])
    return window(since, min(until or at, at), at, usual=usual)
