"""A resolver that does not answer holds no call longer than its time, and no more threads than are allowed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from serving.clock import SystemClock
from serving.outbound.errors import CallFailed
from serving.outbound.http_client import Outgoing
from serving.outbound.name_lookup import NameLookup

SOON = timedelta(seconds=0.2)


class SilentResolver:
    """Answers nobody before it is let go, and counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.let_go = threading.Event()

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        self.let_go.wait(60)
        return ["127.0.0.1"]


@pytest.fixture
def silent() -> Iterator[SilentResolver]:
    resolver = SilentResolver()
    yield resolver
    resolver.let_go.set()


def lookups() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "name-lookup"]


def within(seconds: float) -> Callable[[], float]:
    until = time.monotonic() + seconds
    return lambda: until - time.monotonic()


def test_a_call_ends_in_its_time_although_the_resolver_does_not_answer(silent: SilentResolver) -> None:
    begun = time.monotonic()
    with pytest.raises(CallFailed) as failed:
        Outgoing(SystemClock(), resolve=silent).request(
            "POST", "https://slow.example.com/", headers={}, content=b"", timeout=SOON
        )
    assert failed.value.fault == "timeout"
    assert time.monotonic() - begun < 20  # of 60 that the resolver takes


def test_threads_are_bounded_and_a_name_is_asked_for_once_at_a_time(silent: SilentResolver) -> None:
    before, names = len(lookups()), NameLookup(silent, most=3)

    def ask(number: int) -> str:
        try:
            names.addresses(f"host-{number % 10}.example.com", 443, within(0.2))
        except TimeoutError:
            return "timeout"
        return "answered"

    with ThreadPoolExecutor(20) as callers:
        assert set(callers.map(ask, range(40))) == {"timeout"}
    assert len(lookups()) - before <= 3
    assert len(silent.asked) == len(set(silent.asked)) == 3


def test_slots_are_given_back(silent: SilentResolver) -> None:
    names = NameLookup(silent, most=1)
    with pytest.raises(TimeoutError):
        names.addresses("a.example.com", 443, within(0.01))
    silent.let_go.set()
    assert names.addresses("b.example.com", 443, within(30)) == ["127.0.0.1"]
    assert names.addresses("a.example.com", 443, within(30)) == ["127.0.0.1"]


def test_what_the_resolver_refuses_is_told() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    names = NameLookup(unknown, most=1)
    for _ in range(3):
        with pytest.raises(socket.gaierror):
            names.addresses("none.example.com", 443, within(30))


def test_no_time_left_means_no_answer(silent: SilentResolver) -> None:
    with pytest.raises(TimeoutError):
        NameLookup(silent).addresses("a.example.com", 443, lambda: -1.0)
