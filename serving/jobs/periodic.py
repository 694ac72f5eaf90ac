"""Periodic tasks of the web process: one thread knows when each is due, a pool runs it.

Each run reads the database and does what is due, so the next run makes up for a missed one.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from serving.clock import Clock
from serving.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """A periodic task: what to run with the current instant, and how often.

    One that only changes rows is needed `once` among the workers of a service; others keep something in memory.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], object]
    once: bool = False

    def for_who(self, claims: Callable[[str], bool]) -> "PeriodicTask":
        """Return the task as the workers share it: the one runs it that claims its name, until it ends."""
        if not self.once:
            return self
        return replace(self, run=lambda at: self.run(at) if claims(f"periodic task {self.name}") else None)


class Scheduler:
    """Runs the tasks; a slow one delays only itself, because the pool has a place for each."""

    def __init__(self, watches: Sequence[PeriodicTask], clock: Clock, telemetry: Telemetry) -> None:
        self._watches, self._clock, self._telemetry = watches, clock, telemetry
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._schedule, name="watches", daemon=True)

    def start(self) -> None:
        """Start the thread; the first round of each comes after one interval."""
        if self._watches:
            self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for rounds under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _schedule(self) -> None:
        every = [watch.every.total_seconds() for watch in self._watches]
        due, waited = list(every), 0.0
        under_way: dict[int, Future[None]] = {}
        # A thread comes with a round that finds none idle: as a rule there are far fewer of them than watches.
        with ThreadPoolExecutor(len(every), thread_name_prefix="watch") as pool:
            while not self._stopping.wait(min(due) - waited):
                waited = min(due)
                for number, watch in enumerate(self._watches):
                    if due[number] > waited:
                        continue
                    due[number] += every[number]
                    if number not in under_way or under_way[number].done():
                        under_way[number] = pool.submit(self.round, watch)

    def round(self, watch: PeriodicTask) -> None:
        """Run a task once; a failure is counted and the next round tries again."""
        try:
            watch.run(self._clock.now())
        except Exception as error:  # noqa: BLE001 (a watch outlives its errors)
            self._telemetry.watch_faults.labels(watch.name).inc()
            self._telemetry.fault("watch.failed", error, watch=watch.name)
