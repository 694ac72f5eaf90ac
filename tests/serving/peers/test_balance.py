"""Connections are shared out evenly among workers, and none is lost on its way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from serving.peers.balance import ConnectionBalance
from serving.peers.crew import Crew


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[ConnectionBalance, ConnectionBalance]]:
    first, second = (ConnectionBalance(tmp_path, place, 2) for place in range(2))
    for each in (first, second):
        each.note(0)
    yield first, second
    for each in (first, second):
        each.close()


def test_of_a_burst_that_one_worker_gets_the_other_has_half(
    workers: tuple[ConnectionBalance, ConnectionBalance],
) -> None:
    first, second = workers
    kept = 0
    with ExitStack() as stack:
        for _ in range(8):
            ours, theirs = (stack.enter_context(each) for each in socket.socketpair())
            if not first.passes_on(theirs.fileno(), kept):
                kept += 1
                first.note(kept)
            ours.sendall(b"asked")
        came = [stack.enter_context(each) for each in second.taken()]
        assert (kept, len(came)) == (4, 4)
        second.note(4)
        ours, theirs = (stack.enter_context(each) for each in socket.socketpair())
        assert not first.passes_on(theirs.fileno(), kept)  # none is on its way any more, and both have four
        assert {each.recv(9) for each in came} == {b"asked"}  # nothing was read before


def test_who_does_not_listen_yet_or_leaves_gets_none(workers: tuple[ConnectionBalance, ConnectionBalance]) -> None:
    first, second = workers
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert first.passes_on(theirs.fileno(), 5)
        second.leave()
        second.note(0)  # its last connection has ended
        assert not first.passes_on(theirs.fileno(), 5)
        for each in second.taken():  # what came before is still taken
            each.close()
            break
        else:
            pytest.fail("a connection was lost")


def test_who_has_ended_or_never_takes_any_gets_no_more(
    workers: tuple[ConnectionBalance, ConnectionBalance], tmp_path: Path
) -> None:
    first, second = workers
    ours, theirs = socket.socketpair()
    with ours, theirs:
        passed = sum(first.passes_on(theirs.fileno(), 1_000) for _ in range(600))
        assert 0 < passed < 600  # the system holds only so many for who does not come
        second.close()
        assert not first.passes_on(theirs.fileno(), 1_000)
        after = ConnectionBalance(tmp_path, 1, 2)  # the next one in its place is owed nothing
        after.note(0)
        assert first.passes_on(theirs.fileno(), 1)
        taken = list(after.taken())
        assert len(taken) == 1
        after.close()
        for each in taken:
            each.close()


def test_works_in_a_folder_with_a_long_name_and_elsewhere_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    found = ConnectionBalance.of(Crew(folder, 2, joins=False))
    assert found is not None
    found.close()
    assert ConnectionBalance.of(Crew(folder, 0, joins=False)) is None
