"""Job workers: threads that claim jobs, renew their leases, and give back unfinished jobs on shutdown.

A job that makes an outgoing call runs on its own thread, up to a limit, so a slow receiver does not block other jobs.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from serving.clock import Clock
from serving.jobs import queue as jobs
from serving.jobs.queue import Job, RetryLater, TaskSpec
from serving.storage.database import Database
from serving.telemetry import Telemetry

_SOONEST, _LATEST = (
    0.05,
    1.0,
)  # seconds between looks: at once after work, then less often; a commit signal cuts in
_CALLS = 8  # under way for each thread that claims


class Workers:
    """The threads that run the jobs of one process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        telemetry: Telemetry,
        tasks: Mapping[str, TaskSpec],
        *,
        threads: int,
        draw: Callable[[], float],
    ) -> None:
        self._database, self._clock, self._telemetry, self._tasks, self._draw = database, clock, telemetry, tasks, draw
        self._room = threading.BoundedSemaphore(_CALLS * threads)
        self._stopping = threading.Event()
        self._running: dict[str, Job] = {}
        self._lock = threading.Condition()  # of what runs: the heart and the end read it
        names = [f"worker-{number}" for number in range(threads)]
        self._threads = [threading.Thread(target=self._repeat, name=name, daemon=True) for name in names]
        self._heart = threading.Thread(target=self._beat, name="worker-heart", daemon=True)

    def start(self) -> None:
        """Begin to claim."""
        for thread in [*self._threads, self._heart]:
            thread.start()

    def stop(self, within: timedelta) -> None:
        """Claim no more, let what runs end within a span, and give back the leases of the rest."""
        self._stopping.set()
        for _ in self._threads:
            self._database.commit_signal.notify()
        until = self._clock.monotonic() + within.total_seconds()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, min(within.total_seconds(), until - self._clock.monotonic())))
        with self._lock:  # of those that call
            self._lock.wait_for(lambda: not self._running, max(0.0, until - self._clock.monotonic()))
            left = list(self._running.values())
        for job in left:
            self._give_back(job)
        if self._heart.is_alive():
            self._heart.join()

    def beat(self) -> None:
        """Prolong the leases of what runs."""
        with self._lock:
            running = list(self._running.values())
        for job in running:
            self._extend(job)

    def measure(self, at: datetime) -> None:
        """Bring the metrics up to date."""
        by_state, waited = self._database.read(lambda connection: jobs.counts(connection, at))
        for state, number in by_state.items():
            self._telemetry.jobs.labels(state).set(number)
        self._telemetry.jobs_waited.set(waited)

    def _take(self) -> bool:
        """Claim a job and run it, one that calls beside this thread; False when nothing is due."""
        has_room = self._room.acquire(blocking=False)
        kinds = {kind: spec for kind, spec in self._tasks.items() if has_room or not spec.calls}
        job = self._claim(kinds)
        calls = job is not None and self._tasks[job.kind].calls
        if has_room and not calls:
            self._room.release()
        if job is None:
            return False
        self._begin(job)
        if calls:
            threading.Thread(target=self._call, args=(job,), name=f"call-{job.id}", daemon=True).start()
        else:
            self._run(job)
        return True

    def _claim(self, kinds: Mapping[str, TaskSpec]) -> Job | None:
        at, most = self._clock.now(), {kind: spec.concurrency for kind, spec in kinds.items()}
        due = self._database.read(lambda connection: jobs.due(connection, most, at))
        if not due:
            return None

        def operation(connection: sa.Connection) -> Job | None:
            found = (jobs.claim(connection, kind, most=most[kind], at=at) for kind in due)
            return next((job for job in found if job is not None), None)

        return self._database.write(operation)

    def _begin(self, job: Job) -> None:
        with self._lock:
            self._running[job.id] = job

    def _call(self, job: Job) -> None:
        try:
            self._run(job)
        except Exception as error:  # noqa: BLE001 (its lease ends, and another claims it)
            self._telemetry.fault("worker.failed", error)
        finally:
            self._room.release()
            self._database.commit_signal.notify()  # what waited for its end, or for room

    def _run(self, job: Job) -> None:
        try:
            self._try(job)
        finally:
            with self._lock:
                self._running.pop(job.id, None)
                self._lock.notify_all()

    def _extend(self, job: Job) -> None:
        self._write(lambda connection: jobs.extend(connection, job, self._clock.now()))

    def _try(self, job: Job) -> None:
        if job.attempt > self._tasks[job.kind].policy.attempts:  # whoever held it never came to an end with it
            self._again(job, RetryLater(None, "its holders ended before it did"))
            return
        try:
            is_settled = self._tasks[job.kind].task(job)
        except RetryLater as later:
            self._again(job, later)
        except Exception as error:  # noqa: BLE001 (a worker outlives its jobs)
            self._telemetry.fault("job.failed", error, job_id=job.id, kind=job.kind, attempt=job.attempt)
            self._again(job, RetryLater(None, type(error).__name__))
        else:
            if not is_settled:
                self._settled(job, was_ours=self._write(lambda connection: jobs.finish(connection, job)))

    def _again(self, job: Job, later: RetryLater) -> None:
        delay = self._tasks[job.kind].policy.delay(job.attempt, self._draw())
        if later.counted and delay is None:
            self._telemetry.event("job.dead", job_id=job.id, kind=job.kind, attempt=job.attempt)
            self._settled(job, was_ours=self._write(lambda connection: jobs.bury(connection, job, fault=later.reason)))
            return
        at = self._clock.now() + (later.after or delay or timedelta(0))
        self._settled(
            job,
            was_ours=self._write(
                lambda connection: jobs.retry(connection, job, at=at, fault=later.reason, counted=later.counted)
            ),
        )

    def _settled(self, job: Job, *, was_ours: bool) -> None:
        if not was_ours:
            self._telemetry.event("job.lease_lost", job_id=job.id, kind=job.kind, token=job.token)

    def _give_back(self, job: Job) -> None:
        at = self._clock.now()
        self._write(lambda connection: jobs.retry(connection, job, at=at, fault="given back", counted=False))

    def _write(self, operation: Callable[[sa.Connection], bool]) -> bool:
        return self._database.write(operation)

    def _repeat(self) -> None:
        pause = _SOONEST
        while not self._stopping.is_set():
            try:
                worked = self._take()
            except Exception as error:  # noqa: BLE001 (the next look tries again)
                self._telemetry.fault("worker.failed", error)
                worked = False
            pause = _SOONEST if worked else min(2 * pause, _LATEST)
            if not worked:
                self._database.commit_signal.wait(pause)

    def _beat(self) -> None:
        while not self._stopping.wait(jobs.LEASE.total_seconds() / 3):
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 (a lease that is not kept is claimed by another)
                self._telemetry.fault("worker.heart_failed", error)
