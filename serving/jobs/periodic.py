"""Periodic tasks of the process, each in its own thread.

Each run reads the database and does what is due, so the next run makes up for a missed one.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from serving.clock import Clock
from serving.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Watch:
    """A periodic task: what to run with the current instant, and how often."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


class Watches:
    """The threads that run the periodic tasks."""

    def __init__(self, watches: Sequence[Watch], clock: Clock, telemetry: Telemetry) -> None:
        self._clock, self._telemetry = clock, telemetry
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(watch,), name=f"watch-{watch.name}", daemon=True)
            for watch in watches
        ]

    def start(self) -> None:
        """Start every thread; the first round comes after one interval."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads and wait for rounds under way."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _repeat(self, watch: Watch) -> None:
        while not self._stopping.wait(watch.every.total_seconds()):
            self.round(watch)

    def round(self, watch: Watch) -> None:
        """Run a duty once; a failure is counted and the next round tries again."""
        try:
            watch.run(self._clock.now())
        except Exception as error:  # noqa: BLE001 (a watch outlives its errors)
            self._telemetry.watch_faults.labels(watch.name).inc()
            self._telemetry.fault("watch.failed", error, watch=watch.name)
