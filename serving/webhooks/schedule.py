"""When a delivery is retried, what a response means, and when an endpoint is disabled. See `docs/webhooks.md`."""

from datetime import timedelta

from serving.jobs.queue import RetryPolicy
from serving.outbound import retry_after as waits

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

GONE = 410
THROTTLED = {429, 502, 503, 504}

retry_after = waits.retry_after  # that an endpoint asks for, at most `waits.LONGEST_WAIT`
