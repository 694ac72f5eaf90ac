"""Parse Retry-After, in seconds or as a date, with an upper limit."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(hours=24)


def retry_after(text: str | None, at: datetime) -> timedelta | None:
    """Read a Retry-After; None when it says nothing that can be read."""
    if text is None:
        return None
    try:
        if text.strip().isdigit():
            asked = timedelta(seconds=min(int(text[:12]), LONGEST_WAIT.total_seconds()))
        else:
            asked = parsedate_to_datetime(text) - at
    except (TypeError, ValueError):
        return None
    return max(timedelta(0), min(asked, LONGEST_WAIT))
