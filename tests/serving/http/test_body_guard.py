"""The guard in front of every parser: what passes, what does not, and that no text makes it slow."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from serving.http.body_guard import BEFORE_BODY, BodyGuard, check_text
from serving.http.errors import BodyIncomplete, MalformedBody

SOUND = {
    "an emoji as a pair": b'{"a": "\\ud83d\\ude00"}',
    "two pairs in a row": b'"\\ud83d\\ude00\\ud83d\\ude00"',
    "a backslash before what looks like an escape": b'"\\\\u0000 \\\\ud800"',
    "brackets inside a text": b'"' + b"[" * 1_000 + b'"',
    "brackets after an escaped quote": b'"\\"' + b"{" * 1_000 + b'"',
    "many lists beside each other": b"[" + b"[],".ljust(3) * 500 + b"[]]",
    "32 levels": b"[" * 32 + b"]" * 32,
}


@pytest.mark.parametrize("body", SOUND.values(), ids=SOUND)
def test_what_is_sound_passes(body: bytes) -> None:
    check_text(body)


def test_a_level_more_than_allowed_is_refused() -> None:
    with pytest.raises(MalformedBody, match="Nothing was stored"):
        check_text(b"[" * 33 + b"]" * 33)


@pytest.mark.parametrize("tail", [b"", b"a", b"\\n", b"\\ude"])
def test_a_high_half_needs_its_low_half_at_once(tail: bytes) -> None:
    with pytest.raises(MalformedBody):
        check_text(b'"\\ud83d' + tail + b'"')


SLOW_FOR_A_NAIVE_SCANNER = {
    "an open string of escaped quotes": b'"' + b'\\"' * 1_000_000 + b"[" * 40,
    "a lone backslash at the end": b"[" * 40 + b'"' + b"\\\\" * 1_000_000 + b"\\",
    "quotes alone": b"[" * 31 + b'"' * 2_000_000 + b"[" * 4,
    "escapes alone": b'"' + b"\\u0041" * 300_000 + b'"',
}


@pytest.mark.parametrize("body", SLOW_FOR_A_NAIVE_SCANNER.values(), ids=SLOW_FOR_A_NAIVE_SCANNER)
def test_two_megabytes_made_to_be_slow_are_not(body: bytes) -> None:
    """A quadratic scan of these takes hours; ten seconds of work is far above what a slow machine needs."""
    began = time.process_time()
    with contextlib.suppress(MalformedBody):
        check_text(body)
    assert time.process_time() - began < 10


class Sender:
    """Sends messages, all but the first slowly, and then nothing for ever."""

    def __init__(self, messages: Sequence[dict[str, object]], pause: float = 0.0) -> None:
        self.left, self.asked, self._pause = list(messages), 0, pause

    async def receive(self) -> Any:
        if self.asked:
            await anyio.sleep(self._pause)
        self.asked += 1
        if not self.left:
            await anyio.sleep_forever()
        return self.left.pop(0)


def part(body: bytes, *, more: bool) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": more}


def guarded(sender: Sender, seconds: float, limit: int = 1_000_000, **opt: object) -> list[bytes]:
    """Run the guard before an app that notes its bodies, and return them."""
    bodies: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        bodies.append((await receive())["body"])

    headers = [(b"content-type", b"application/json")]
    scope: Any = {"type": "http", "method": "POST", "headers": headers, "route_handler": SimpleNamespace(opt=opt)}
    anyio.run(BodyGuard(app, limit, seconds), scope, sender.receive, None)
    return bodies


@pytest.mark.parametrize("sent", [[], [part(b"{", more=True)], [part(b"{}", more=True)]])
def test_a_body_that_does_not_come_to_an_end_has_a_deadline(sent: list[dict[str, object]]) -> None:
    with pytest.raises(BodyIncomplete):
        guarded(Sender(sent), 0.01)


def test_a_body_whose_sender_left_is_not_taken_for_a_whole_one() -> None:
    with pytest.raises(BodyIncomplete):
        guarded(Sender([part(b'{"text": "All of it."}', more=True), {"type": "http.disconnect"}]), 60)


def test_a_large_body_that_keeps_coming_has_more_time() -> None:
    """It is late for a tenth of a second, and each part of 128 kB gives it two more."""
    text = b'"' + b"a" * 128_000
    parts = [part(text, more=True)] + [part(b"a" * 128_000, more=True)] * 5 + [part(b'"', more=False)]
    assert len(guarded(Sender(parts, pause=0.2), 0.1)[0]) == 6 * 128_000 + 2


def test_a_route_may_refuse_before_the_body_is_asked_for() -> None:
    def refuse(scope: object) -> None:
        raise LookupError

    sender = Sender([part(b"{}", more=False)])
    with pytest.raises(LookupError):
        guarded(sender, 60, **{BEFORE_BODY: refuse})
    assert sender.asked == 0
