"""Resolve host names within a call's deadline.

The system's resolver cannot be stopped once it was asked. So it is asked in a thread of its own, and a caller leaves
when its time is over. Callers that want the same name at the same time share one thread, and no more than so many
threads wait for the resolver at once.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

Resolve = Callable[[str, int], Sequence[str]]
MOST = 16  # threads


class NameLookup:
    """Asks a resolver, and waits no longer than is allowed."""

    def __init__(self, resolve: Resolve, most: int = MOST) -> None:
        self._resolve = resolve
        self._slots = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, int], Future[Sequence[str]]] = {}

    def addresses(self, host: str, port: int, left: Callable[[], float]) -> Sequence[str]:
        """Return the addresses of a host.

        Raises `TimeoutError`: none were known in time. Raises `OSError`: the resolver says so.
        """
        with self._lock:
            asked = self._asked.get((host, port))
        if asked is None:
            asked = self._ask(host, port, left)
        return asked.result(_seconds(left))

    def _ask(self, host: str, port: int, left: Callable[[], float]) -> "Future[Sequence[str]]":
        if not self._slots.acquire(timeout=_seconds(left)):
            raise TimeoutError
        answer: Future[Sequence[str]] = Future()
        with self._lock:
            first = self._asked.setdefault((host, port), answer)
        if first is not answer:  # another caller was faster
            self._slots.release()
            return first
        threading.Thread(target=self._run, args=(host, port, answer), name="name-lookup", daemon=True).start()
        return answer

    def _run(self, host: str, port: int, answer: "Future[Sequence[str]]") -> None:
        try:
            answer.set_result(self._resolve(host, port))
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            answer.set_exception(error)
        finally:
            with self._lock:
                del self._asked[host, port]
            self._slots.release()


def _seconds(left: Callable[[], float]) -> float:
    return max(0.0, min(left(), threading.TIMEOUT_MAX))
