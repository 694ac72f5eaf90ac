"""An engine of processes on this machine, each on a core of its own."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.queues import Queue
from typing import Self

from retrieval.chunks.engine import AHEAD, LOSSES, C, R, Work, done
from retrieval.chunks.errors import WorkersLost


class Processes:
    """Works in several processes; a context manager that ends them."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def map(self, work: Work[C, R], chunks: Iterable[C]) -> Iterator[R]:
        """Yield the result of each chunk, in order; chunks of a process that died are done again."""
        rest = iter(chunks)
        flying: deque[tuple[C, Future[R]]] = deque()
        losses = 0
        try:
            while True:
                for chunk in islice(rest, AHEAD * self.workers - len(flying)):
                    flying.append((chunk, self._submit(work, chunk)))
                if not flying:
                    return
                try:
                    result = flying[0][1].result()
                except BrokenProcessPool:
                    losses += 1
                    if losses >= LOSSES:
                        raise WorkersLost(losses) from None
                    self._end()
                    flying = deque((c, f if _is_good(f) else self._submit(work, c)) for c, f in flying)
                    continue
                flying.popleft()
                losses = 0
                yield result
        finally:
            for _, future in flying:
                future.cancel()

    def _submit(self, work: Work[C, R], chunk: C) -> Future[R]:
        try:
            return self._running().submit(done, work, chunk)
        except BrokenProcessPool as problem:  # found when the chunk's turn comes
            lost: Future[R] = Future()
            lost.set_exception(problem)
            return lost

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            cores = available_cores()
            context = multiprocessing.get_context("spawn")
            mine = context.Queue()
            for place in range(self.workers):
                mine.put(cores[place % len(cores)])
            self._pool = ProcessPoolExecutor(self.workers, context, _begin, (mine,))
        return self._pool

    def _end(self) -> None:
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        workers = list((pool._processes or {}).values())  # noqa: SLF001 (Python 3.14 has kill_workers for this)
        pool.shutdown(wait=False, cancel_futures=True)
        for each in workers:  # nobody wants what they still do, and a shutdown that waited for them has hung
            each.kill()
        for each in workers:
            each.join()


def available_cores() -> list[int]:
    """Return the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def _is_good(future: Future[R]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _begin(cores: Queue[int]) -> None:
    """Start in a process of its own, on a core of its own where the system has such."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores.get()})


def _end_with_parent() -> None:
    """End when the process that hands out the chunks has died: nobody else would end this one."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
    os._exit(1)
