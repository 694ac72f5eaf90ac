"""How long a job waits after an attempt that failed."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from serving.jobs.queue import RetryPolicy


@given(attempt=st.integers(1, 5), draw=st.floats(0, 1, exclude_max=True))
def test_a_delay_stays_within_its_jitter(attempt: int, draw: float) -> None:
    policy = RetryPolicy(tuple(timedelta(seconds=10**n) for n in range(4)))
    delay = policy.delay(attempt, draw)
    if attempt > 4:
        assert delay is None
    else:
        assert delay is not None
        assert 0.8 <= delay / policy.delays[attempt - 1] <= 1.2


def test_two_that_failed_together_do_not_come_back_together() -> None:
    policy = RetryPolicy((timedelta(seconds=100),))
    assert policy.delay(1, 0.0) == timedelta(seconds=80)
    assert policy.delay(1, 0.5) == timedelta(seconds=100)
    assert policy.delay(1, 1.0) == timedelta(seconds=120)
