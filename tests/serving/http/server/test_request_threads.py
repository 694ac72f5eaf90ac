"""The threads of requests: few, the last one first, and none is asked for what nobody waits for."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from serving.http.server.request_threads import RequestThreads


def test_results_and_errors_come_back_to_the_loop() -> None:
    async def go() -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(RequestThreads(2))
        with pytest.raises(LookupError, match="nothing there"):
            await asyncio.to_thread(_fail)
        return await asyncio.to_thread(int, "7")

    assert asyncio.run(go()) == 7


def _fail() -> None:
    raise LookupError("nothing there")


def test_the_thread_that_got_idle_last_takes_the_next_task() -> None:
    async def go() -> set[int]:
        asyncio.get_running_loop().set_default_executor(RequestThreads(4))
        together = threading.Barrier(4)
        await asyncio.gather(*(asyncio.to_thread(together.wait, 60) for _ in range(4)))
        return {await asyncio.to_thread(threading.get_ident) for _ in range(8)}

    assert len(asyncio.run(go())) == 1


def test_more_tasks_than_threads_wait_and_all_are_done() -> None:
    async def go() -> tuple[list[int], int]:
        threads = RequestThreads(3)
        asyncio.get_running_loop().set_default_executor(threads)

        def work(number: int) -> tuple[int, int]:
            time.sleep(0.001)
            return number, threading.get_ident()

        done = await asyncio.gather(*(asyncio.to_thread(work, number) for number in range(40)))
        return [number for number, _ in done], len({thread for _, thread in done})

    assert asyncio.run(go()) == (list(range(40)), 3)


def test_a_task_that_nobody_waits_for_any_more_is_not_begun() -> None:
    begun: list[int] = []

    async def go() -> None:
        asyncio.get_running_loop().set_default_executor(RequestThreads(1))
        goes_on = threading.Event()
        first = asyncio.ensure_future(asyncio.to_thread(goes_on.wait, 60))
        second = asyncio.ensure_future(asyncio.to_thread(begun.append, 1))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        goes_on.set()
        assert await first

    asyncio.run(go())  # which waits for the threads
    assert begun == []


def test_the_end_waits_for_what_runs_and_takes_nothing_more() -> None:
    ended: list[int] = []

    def work() -> None:
        time.sleep(0.05)
        ended.append(1)

    async def go() -> None:
        threads = RequestThreads(1)
        running = threads.submit(work)
        threads.shutdown()
        assert ended == [1]
        with pytest.raises(RuntimeError):
            threads.submit(work)
        await running

    asyncio.run(go())
