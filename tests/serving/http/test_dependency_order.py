"""Dependencies are resolved one after another, in the task of the request."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.testing import TestClient

from serving.http.dependency_order import resolve_in_turn


def test_no_dependency_is_resolved_in_a_task_of_its_own_and_each_finds_what_it_needs() -> None:
    tasks: list[object] = []

    async def provide_one() -> int:
        tasks.append(asyncio.current_task())
        return 1

    async def provide_two(one: NamedDependency[int]) -> int:
        tasks.append(asyncio.current_task())
        return one + 1

    async def provide_five() -> int:
        tasks.append(asyncio.current_task())
        return 5

    @get("/")
    async def handler(two: NamedDependency[int], five: NamedDependency[int], one: NamedDependency[int]) -> list[int]:
        tasks.append(asyncio.current_task())
        return [one, two, five]

    provided: dict[str, Any] = {"one": Provide(provide_one), "two": Provide(provide_two), "five": Provide(provide_five)}
    app = Litestar([handler], dependencies=provided)
    resolve_in_turn(app)
    with TestClient(app) as client:
        assert client.get("/").json() == [1, 2, 5]
    assert len(tasks) == 4
    assert len(set(tasks)) == 1
