"""Health probe of the database server: while it is down, calls that need it are refused at once.

Without it each request would wait for seconds, and block a thread that requests answered from memory need.
"""

import threading
from collections.abc import Callable

EVERY = 1.0  # seconds between looks
AGAIN = 0.25  # and while it is gone


class HealthProbe:
    """A thread that probes the server, and at once when a request suspects an outage."""

    def __init__(self, look: Callable[[], str | None], lost: Callable[[], None]) -> None:
        self._look, self._lost = look, lost
        self._one_by_one = threading.Lock()  # what a look saw never takes the place of what a later one saw
        self._wake, self._stopping = threading.Event(), False
        self._thread: threading.Thread | None = None
        #: Why the server did not answer at the last look; None when it did.
        self.gone: str | None = None

    def start(self) -> None:
        """Begin to look."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="database-pulse", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the look under way."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def doubt(self) -> None:
        """Let it look at once: somebody got no answer."""
        self._wake.set()

    def look(self) -> str | None:
        """Look now and return why the server does not answer; None when it does."""
        with self._one_by_one:
            said, before = self._look(), self.gone
            self.gone = said
        if said is not None and before is None:
            self._lost()  # who waits for an answer need not wait longer
        return said

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(EVERY if self.gone is None else AGAIN)
            self._wake.clear()
            if not self._stopping:
                self.look()
