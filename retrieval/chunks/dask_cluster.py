"""An engine on a Dask cluster: a scheduler that runs somewhere, or one on this machine for the time of a run.

Dask sends functions and values between its processes by pickle: whoever reaches the scheduler runs code on every worker
and here. So only commands that a person starts come here, never the service, and only an address that the person names
is called. Dask's own settings (`DASK_DISTRIBUTED__COMM__TLS__…`) give certificates for a `tls://` address.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import islice
from typing import Any, Final, Self

from retrieval.chunks.engine import AHEAD, C, R, Work, done
from retrieval.chunks.errors import ClusterNotUsable, WorkersLost

LOCAL: Final = "local"
_ADDRESS: Final = re.compile(r"(tcp|tls)://[^/\s?#]+:\d+")
#: Seconds until a scheduler must have answered and have a worker.
PATIENCE: Final = 60
#: Chunks between two looks at how many workers there are.
_LOOK: Final = 50


class Cluster:
    """Works on the workers of a Dask scheduler; a context manager that leaves it, or ends the one it started."""

    def __init__(self, address: str, workers: int) -> None:
        """Connect.

        `workers` are those of a cluster on this machine; another cluster has its own. Raises `ClusterNotUsable`.
        """
        if address != LOCAL and not _ADDRESS.fullmatch(address):
            raise ClusterNotUsable(address, "is neither tcp://HOST:PORT, nor tls://HOST:PORT, nor local")
        try:
            import distributed
        except ImportError:
            raise ClusterNotUsable(address, "needs Dask; pip install 'firstline[cluster]'") from None
        self._address = address
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised here
        self._lost: type[Exception] = distributed.KilledWorker
        self._own: Any = None
        if address == LOCAL:
            self._own = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # None listens on every address
                memory_limit=0,
                silence_logs=logging.CRITICAL,
            )
        self._client: Any = None
        try:
            self._client = _client(distributed)(self._own or address, timeout=PATIENCE, set_as_default=False)
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except Exception as problem:  # another server may answer anything, and Dask raises whatever comes of it
            self._close()
            fault = str(problem) or type(problem).__name__
            raise ClusterNotUsable(address, f"no scheduler with a worker answers there ({fault})") from problem
        self.workers = self._count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def map(self, work: Work[C, R], chunks: Iterable[C]) -> Iterator[R]:
        """Yield the result of each chunk, in order; Dask does the chunks of a worker that died again.

        Raises `WorkersLost`, and `ClusterNotUsable` when the scheduler is gone.
        """
        rest = iter(chunks)
        flying: deque[Any] = deque()
        number = 0
        try:
            while True:
                for chunk in islice(rest, max(0, AHEAD * self.workers - len(flying))):
                    flying.append(self._client.submit(done, work, chunk, pure=False))
                if not flying:
                    return
                try:
                    result: R = flying[0].result()
                except self._lost as problem:
                    raise WorkersLost(1 + getattr(problem, "allowed_failures", 0)) from problem
                except CancelledError as problem:
                    fault = "the connection to its scheduler was lost; run the same again"
                    raise ClusterNotUsable(self._address, fault) from problem
                flying.popleft()
                yield result
                number += 1
                if number % _LOOK == 0:
                    self.workers = self._count()
        finally:
            self._client.cancel(list(flying))

    def _count(self) -> int:
        """Return how many chunks the workers do at once; one, while there is none."""
        return max(1, sum(int(each) for each in self._client.nthreads().values()))

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
        if self._own is not None:
            self._own.close()


def _client(distributed: Any) -> Any:  # noqa: ANN401 (Dask is only imported where it is used)
    """Return Dask's client without what it does when it is collected.

    Of a client that never connected that takes seconds and prints a traceback. Here each is closed.
    """
    return type("Client", (distributed.Client,), {"__del__": lambda _: None})
