"""The guard in front of every parser: what passes, what does not, and that no text makes it slow."""

from __future__ import annotations

import contextlib
import time

import pytest

from serving.http.body_guard import check_text
from serving.http.errors import MalformedBody

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
