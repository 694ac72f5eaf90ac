"""Who owns a home, and who waits for it."""

import fcntl
import subprocess
import sys
import threading
from pathlib import Path

from serving.storage.process_lock import ProcessLock


def test_a_start_waits_for_the_workers_of_a_service_that_was_killed(tmp_path: Path) -> None:
    """A worker inherits the lock, and ends a moment after the process that wrote its id into the file."""
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    path = tmp_path / "firstline.lock"
    path.write_text(str(killed.pid))
    held = path.open("a+")
    fcntl.flock(held, fcntl.LOCK_EX)
    threading.Timer(0.2, held.close).start()

    lock = ProcessLock(path)
    lock.take()

    lock.release()
