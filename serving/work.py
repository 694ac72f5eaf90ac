"""Running jobs: threads that claim, a heart that keeps their leases, and an end that gives back what is not done."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from serving import jobs
from serving.clock import Clock
from serving.database import Database
from serving.jobs import Job, RetryLater, TaskSpec
from serving.telemetry import Telemetry

_SOONEST, _LATEST = 0.05, 1.0  # seconds between looks: at once after work, then ever more seldom


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
        self._most = {kind: spec.concurrency for kind, spec in tasks.items()}
        self._stopping = threading.Event()
        self._running: dict[str, Job] = {}
        self._lock = threading.Lock()  # of what runs: the heart and the end read it
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
        until = self._clock.monotonic() + within.total_seconds()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, min(within.total_seconds(), until - self._clock.monotonic())))
        with self._lock:
            left = list(self._running.values())
        for job in left:
            self._give_back(job)
        if self._heart.is_alive():
            self._heart.join()

    def run_one(self) -> bool:
        """Claim a job and run it; False when nothing is due."""
        job = self._claim()
        if job is None:
            return False
        with self._lock:
            self._running[job.id] = job
        try:
            self._run(job)
        finally:
            with self._lock:
                self._running.pop(job.id, None)
        return True

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

    def _claim(self) -> Job | None:
        at = self._clock.now()
        if not self._database.read(lambda connection: jobs.is_due(connection, self._most, at)):
            return None

        def operation(connection: sa.Connection) -> Job | None:
            found = (jobs.claim(connection, kind, most=most, at=at) for kind, most in self._most.items())
            return next((job for job in found if job is not None), None)

        return self._database.write(operation)

    def _extend(self, job: Job) -> None:
        self._write(lambda connection: jobs.extend(connection, job, self._clock.now()))

    def _run(self, job: Job) -> None:
        if job.attempt > self._tasks[job.kind].policy.attempts:  # whoever held it never came to an end with it
            self._again(job, RetryLater(None, "its holders ended before it did"))
            return
        try:
            self._tasks[job.kind].task(job)
        except RetryLater as later:
            self._again(job, later)
        except Exception as error:  # noqa: BLE001 (a worker outlives its jobs)
            self._telemetry.fault("job.failed", error, job_id=job.id, kind=job.kind, attempt=job.attempt)
            self._again(job, RetryLater(None, type(error).__name__))
        else:
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
                worked = self.run_one()
            except Exception as error:  # noqa: BLE001 (the next look tries again)
                self._telemetry.fault("worker.failed", error)
                worked = False
            pause = _SOONEST if worked else min(2 * pause, _LATEST)
            if not worked:
                self._stopping.wait(pause)

    def _beat(self) -> None:
        while not self._stopping.wait(jobs.LEASE.total_seconds() / 3):
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 (a lease that is not kept is claimed by another)
                self._telemetry.fault("worker.heart_failed", error)
