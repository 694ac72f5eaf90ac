"""Which workers hang: their event loop beats every second from when they listen, and no longer does.

What counts is how long a worker was silent while the parent itself looked. A machine or container that was suspended,
or so busy that the parent hardly ran, ends no worker.
"""

from collections.abc import Iterable

from serving.clock import Clock
from serving.supervising.worker_process import WorkerProcess

LOOKS_EVERY = 1.0  # seconds between two looks of the parent, where nothing happens
_COUNTED_AT_MOST = 2.0  # seconds of one look: when more have passed, the parent did not run either


class HangWatch:
    """Counts the silence of workers that listen."""

    def __init__(self, longest: float, clock: Clock) -> None:
        self._longest, self._clock = longest, clock
        self._looked_at = clock.monotonic()

    def look(self, workers: Iterable[WorkerProcess]) -> list[WorkerProcess]:
        """Return those that have been silent for too long, which then are to leave."""
        now = self._clock.monotonic()
        passed, self._looked_at = min(now - self._looked_at, _COUNTED_AT_MOST), now
        hanging = []
        for worker in workers:
            if worker.listens and not worker.leaves:
                worker.silent_for += passed
                if worker.silent_for > self._longest:
                    worker.hangs = True
                    hanging.append(worker)
        return hanging
