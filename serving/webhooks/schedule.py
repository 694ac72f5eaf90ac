"""When a delivery is tried, what an answer means, and when an endpoint is left alone. `docs/webhooks.md` tells it."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from serving.jobs import RetryPolicy

_HOUR = timedelta(hours=1)
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
POLICY = RetryPolicy(DELAYS, jitter=0.2)

TIMEOUT = timedelta(seconds=15)  # of one attempt, with everything
IN_FLIGHT = 2  # attempts at one endpoint at a time
SECRET_OVERLAP = 24 * _HOUR
DISABLED_AFTER = timedelta(days=5)  # of nothing but failures
KEPT = timedelta(days=30)  # deliveries that are settled, and events

BREAKS_AFTER = 5  # failures in a row
PROBE_EVERY = timedelta(minutes=1)
LONGEST_WAIT = 24 * _HOUR  # that a Retry-After may ask for

GONE = 410
THROTTLED = {429, 502, 503, 504}


def retry_after(text: str | None, at: datetime) -> timedelta | None:
    """Read a Retry-After, in seconds or as a date; None when it says nothing that can be read."""
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
