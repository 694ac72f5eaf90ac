"""The threads that handlers run on: the one that got idle last takes the next request.

The standard library's idle threads wait on one queue. There each task wakes a second thread too, which asks the first
for the interpreter's lock to find nothing; and all take turns, each with cold caches.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any


class RequestThreads(ThreadPoolExecutor):  # asyncio takes nothing else as the executor of a loop
    """A pool for one event loop, whose futures are the loop's own."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._most, self._guard, self._has_ended = most, threading.Lock(), False
        self._started: list[threading.Thread] = []
        self._idle: list[SimpleQueue[_Task | None]] = []  # of each idle thread, where it waits for its next task
        self._waiting: deque[_Task] = deque()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "asyncio.Future[Any]":  # type: ignore[override]  # noqa: ANN401
        """Call the function on a thread; called in the event loop.

        Raises `RuntimeError`: the pool has ended.
        """
        task = _Task(partial(fn, *args, **kwargs))
        with self._guard:
            if self._has_ended:
                raise RuntimeError("The threads of the requests have ended.")
            if self._idle:
                self._idle.pop().put(task)
            elif len(self._started) < self._most:
                self._start(task)
            else:
                self._waiting.append(task)
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 (as there)
        """End the threads, after what they were given."""
        with self._guard:
            self._has_ended = True
            while self._idle:
                self._idle.pop().put(None)
        for each in self._started if wait else ():
            each.join()

    def _start(self, task: "_Task") -> None:
        name = f"request_{len(self._started)}"
        self._started.append(threading.Thread(target=self._run, args=(task,), name=name, daemon=True))
        self._started[-1].start()

    def _run(self, task: "_Task | None") -> None:
        given: SimpleQueue[_Task | None] = SimpleQueue()
        while task is not None:
            task.run()
            with self._guard:
                following = self._waiting.popleft() if self._waiting else None
                ends = following is None and self._has_ended
                if following is None:
                    self._idle.append(given)  # before the answer, which may bring the next request at once
            task.answer()
            if ends:
                return
            task = following  # let go of the answer while idle
            task = task or given.get()


class _Task:
    """A function to call, and the future that waits for it in the event loop."""

    __slots__ = ("_error", "_loop", "_result", "_work", "future")

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work, self._loop = work, asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self._loop.create_future()
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Call it, unless nobody waits for it any more."""
        if self.future.cancelled():
            return
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 (whoever waits raises it)
            self._error = error

    def answer(self) -> None:
        """Give what came of it to the event loop."""
        with suppress(RuntimeError):  # the loop was closed meanwhile
            self._loop.call_soon_threadsafe(self._give)

    def _give(self) -> None:
        error, self._error = self._error, None  # the error knows frames that know this: kept, it would stay for long
        if self.future.cancelled():
            return
        if error is None:
            self.future.set_result(self._result)
        else:
            self.future.set_exception(error)
