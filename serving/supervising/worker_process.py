"""A worker process as its parent sees it."""

import hashlib
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serving.settings import Settings, environment_of

_CHILD = "serving.supervising.child"
_CODE = Path(__file__).parents[2]


class WorkerProcess:
    """A process, and the line on which its event loop beats from when it listens, and on which its end is heard."""

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket, started_at: float, read: str) -> None:
        self.line, self.started_at, self.listens = line, started_at, False
        self.read, self.leaves = read, False
        self.silent_for, self.hangs = 0.0, False
        self.kill_at: float | None = None  # when it leaves and has not ended
        self._process = process

    @property
    def id(self) -> int:
        """The id of the process."""
        return self._process.pid

    def heard(self) -> bool:
        """Note what the worker said; False when it said nothing because it has ended."""
        try:
            said = self.line.recv(64)
        except ConnectionError:
            said = b""
        self.listens = self.listens or bool(said)
        self.silent_for = 0.0
        return bool(said)

    def end_of(self) -> int:
        """Return the exit code of a worker that has ended, below zero the signal that ended it."""
        self.line.close()
        return self._process.wait()

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, after which it ends."""
        self.leaves = True
        self._process.send_signal(number)


@dataclass(frozen=True, slots=True)
class Launch:
    """How workers are started."""

    settings: Settings
    number: int
    port: int
    folder: Path
    inherited: Sequence[int]
    """Descriptors that a worker keeps open: the home's lock is held until the last process that serves has ended."""

    def start(self, *, joins: bool, at: float) -> WorkerProcess:
        """Start a worker, in a process group of its own: a terminal's Ctrl-C is for the parent, which tells it."""
        ours, its = socket.socketpair()
        chosen = {"HOST": self.settings.host, "PORT": self.port, "WORKERS": self.number, "HOME": self.settings.home}
        with its:
            process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-P", "-m", _CHILD, str(self.folder), str(int(joins)), str(its.fileno())],
                env=environment_of(chosen, code=_CODE),
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno(), *self.inherited],
                start_new_session=True,
            )
        return WorkerProcess(process, ours, at, self.files())

    def files(self) -> str:
        """Return a digest of the files that a worker reads when it starts: policies and helpdesks."""
        digest = hashlib.sha256()
        for settings in (self.settings, *self.settings.of_brands()):
            found = sorted(settings.policies.rglob("*")) if settings.policies else []
            for path in [*found, *([settings.helpdesks] if settings.helpdesks else [])]:
                if path.is_file():
                    digest.update(f"{path}\n".encode(errors="surrogateescape"))
                    digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()
