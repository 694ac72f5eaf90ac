"""Bodies that were announced and do not come: what they hold of the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from litestar.types import Message, Receive, Scope, Send

from serving.http.server.admission import Admission, Entrance
from serving.http.server.unread_bodies import UnreadBodies
from serving.settings import Settings
from tests.waiting import PATIENCE


def test_who_sent_half_of_a_body_holds_no_place_once_it_is_answered(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.http.server.unread_bodies._LINGER", PATIENCE)
    entrance = Entrance(replace(settings, request_threads=1))
    scope: Any = {"type": "http", "method": "GET", "path": "/v1/slow", "headers": [(b"content-length", b"5")]}
    heard: list[Message] = []

    async def refuse(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        assert entrance.ordinary._free == 0
        await send({"type": "http.response.body", "body": b"no", "more_body": False})

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Message) -> None:
        heard.append(message)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(UnreadBodies(Admission(refuse, entrance)), scope, receive, send)
            with anyio.fail_after(PATIENCE):
                while len(heard) < 2:
                    await anyio.lowlevel.checkpoint()
            assert entrance.ordinary._free == 1
            group.cancel_scope.cancel()
        assert entrance.ordinary._free == 1

    anyio.run(run)
