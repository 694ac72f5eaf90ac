"""The parent of the worker processes: it owns the home, starts them, replaces those that die or hang, and ends them.

It starts before any thread, opens no database and loads no model, so hardly anything can make it fail. The first worker
starts alone: it brings the schema up to date and says what is wrong with the settings, once.
"""

import os
import secrets
import selectors
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click
from prometheus_client import CollectorRegistry, Counter

from serving.clock import Clock, SystemClock
from serving.peers.crew import FOLDER, FOLDER_OF_BRANDS, SECRET
from serving.peers.metrics import SharedMetrics
from serving.settings import Settings
from serving.storage.file_systems import insist_on_local, mounted
from serving.storage.process_lock import ProcessLock
from serving.supervising.hangs import LOOKS_EVERY, HangWatch
from serving.supervising.sockets import reserve
from serving.supervising.worker_process import Launch, WorkerProcess
from serving.telemetry import Telemetry, log_to

_SHORT_LIFE = 10.0  # seconds: who dies earlier is not replaced at once
_PAUSES = (0.0, 1.0, 5.0, 15.0)  # seconds before the next start, by how many lives in a row were short
_KILL_AFTER = 10.0  # seconds beyond what workers are given for their requests and jobs
_HUNG_MAY_END = 5.0  # seconds that one that hangs has after SIGTERM: nearly always it does not hear it
_REASONS = ("ended", "hung", "outdated")
_ENDED = 0.2  # seconds between two looks while they end


def supervise(settings: Settings, number: int) -> int:
    """Run so many workers until SIGTERM or SIGINT, and return the exit code.

    Raises `HomeInUse`, `FolderNotLocal`, `PortNotFree`: nothing was started.
    """
    clock = SystemClock()
    log_to(None, clock, settings.log_level)
    with ExitStack() as stack:
        inherited = []
        if settings.database_url is None:
            insist_on_local(settings.home, mounted())
            lock = ProcessLock(settings.database_path.with_suffix(".lock"))
            lock.take()
            stack.callback(lock.release)
            inherited.append(lock.fileno())
        sockets, port = reserve(settings.host, settings.port)
        for each in sockets:
            stack.enter_context(each)
        folder = stack.enter_context(_folder(settings))
        click.echo(f"Firstline starts {number} workers in {settings.home.resolve()} …", err=True)
        return Supervisor(Launch(settings, number, port, folder, inherited), clock, Telemetry()).run()


@contextmanager
def _folder(settings: Settings) -> Iterator[Path]:
    """Lend an empty folder for what the workers share: in the home that they own, else anywhere on this machine."""
    if settings.database_url is None:
        folder = settings.home.resolve() / FOLDER
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    else:
        folder = Path(tempfile.mkdtemp(prefix="firstline-"))
    (folder / SECRET).write_bytes(secrets.token_bytes(32))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Supervisor:
    """The loop of the parent."""

    def __init__(self, launch: Launch, clock: Clock, telemetry: Telemetry) -> None:
        self._launch, self._clock, self._telemetry = launch, clock, telemetry
        self._patience = launch.settings.drain_seconds + 2 * launch.settings.shutdown_seconds + _KILL_AFTER
        self._running: list[WorkerProcess] = []
        self._short_lives, self._next_start = 0, 0.0
        self._leaving, self._code = False, 0
        self._watched = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        self._hangs = HangWatch(launch.settings.worker_hang_seconds, clock)
        self._metrics = CollectorRegistry()
        words = "Worker processes replaced because they ended, hung or read other policies"
        self._replaced = Counter("firstline_workers_replaced", words, ["reason"], registry=self._metrics)

    def run(self) -> int:
        """Start the workers, and replace them until a signal comes; return the exit code."""
        self._waker.settimeout(0)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._leave)
        self._watched.register(self._woken, selectors.EVENT_READ)
        for reason in _REASONS:
            self._replaced.labels(reason)
        self._leave_metrics()
        try:
            while not self._leaving:
                self._start_those_that_lack()
                self._replace_those_that_read_other_files()
                due_in = self._next_start - self._clock.monotonic() if self._lacks() else LOOKS_EVERY
                self._listen(min(due_in, LOOKS_EVERY))
                self._end_those_that_hang()
                self._kill_those_that_take_too_long()
        finally:
            self._end_all()
            signal.set_wakeup_fd(-1)
            for each in (self._watched, self._waker, self._woken):
                each.close()
        return self._code

    def _leave(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._leaving = True

    def _lacks(self) -> bool:
        """Whether a worker is to be started now: the first alone, the others when it listens."""
        is_first_up = any(each.listens for each in self._running)
        return len(self._running) < (self._launch.number if is_first_up else 1)

    def _start_those_that_lack(self) -> None:
        while self._lacks() and self._clock.monotonic() >= self._next_start:
            joins = any(each.listens for each in self._running)
            worker = self._launch.start(joins=joins, at=self._clock.monotonic())
            self._running.append(worker)
            self._watched.register(worker.line, selectors.EVENT_READ, worker)
            self._telemetry.event("worker.started", process=worker.id)

    def _replace_those_that_read_other_files(self) -> None:
        """Let all serve by the same policies: where they changed, a worker that died brought the new ones.

        One after the other ends and is replaced, while the others serve.
        """
        if len(self._running) < self._launch.number or any(e.leaves or not e.listens for e in self._running):
            return
        newest = self._running[-1].read
        outdated = next((each for each in self._running if each.read != newest), None)
        if outdated is not None:
            self._telemetry.event("worker.outdated", process=outdated.id)
            self._let_go(outdated, self._patience)

    def _end_those_that_hang(self) -> None:
        for worker in self._hangs.look(self._running):
            self._telemetry.event("worker.hangs", process=worker.id, silent_seconds=round(worker.silent_for, 1))
            self._let_go(worker, _HUNG_MAY_END)

    def _let_go(self, worker: WorkerProcess, seconds: float) -> None:
        """Let a worker end what it does, for so many seconds at most."""
        worker.tell(signal.SIGTERM)
        until = self._clock.monotonic() + seconds
        worker.kill_at = until if worker.kill_at is None else min(worker.kill_at, until)

    def _kill_those_that_take_too_long(self) -> None:
        now = self._clock.monotonic()
        for worker in self._running:
            if worker.kill_at is not None and now > worker.kill_at:
                worker.tell(signal.SIGKILL)

    def _listen(self, seconds: float) -> None:
        for key, _ in self._watched.select(max(0.0, seconds)):
            worker = key.data
            if worker is None:
                self._woken.recv(64)
                continue
            listened = worker.listens
            if not worker.heard():
                self._bury(worker)
            elif not listened:
                self._telemetry.event("worker.listens", process=worker.id)

    def _bury(self, worker: WorkerProcess) -> None:
        """Take a worker away that has ended; where none ever listened there is no service, and its reason is said."""
        self._watched.unregister(worker.line)
        self._running.remove(worker)
        code = worker.end_of()
        for folder in (self._launch.folder, *self._launch.folder.glob(f"{FOLDER_OF_BRANDS}/*")):
            SharedMetrics(folder, worker.id).end()
        if self._leaving:
            return
        self._replaced.labels("hung" if worker.hangs else "outdated" if worker.leaves else "ended").inc()
        self._leave_metrics()
        if worker.leaves and not worker.hangs:
            return
        lived = self._clock.monotonic() - worker.started_at
        self._telemetry.event("worker.ended", process=worker.id, code=code, seconds=round(lived, 1))
        self._short_lives = self._short_lives + 1 if lived < _SHORT_LIFE or not worker.listens else 0
        self._next_start = self._clock.monotonic() + _PAUSES[min(self._short_lives, len(_PAUSES) - 1)]
        if not worker.listens and not self._running:
            self._leaving, self._code = True, code if code > 0 else 1

    def _end_all(self) -> None:
        """Let all end what they do; those that take too long are killed, and nothing that was answered is lost."""
        for worker in self._running:
            self._let_go(worker, self._patience)
        while self._running:
            self._listen(_ENDED)
            self._kill_those_that_take_too_long()

    def _leave_metrics(self) -> None:
        SharedMetrics(self._launch.folder, os.getpid()).leave(self._metrics)
