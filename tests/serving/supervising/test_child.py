"""A worker ends with its parent, however that ended."""

import socket
from unittest.mock import Mock

import pytest

from serving.supervising import child


@pytest.mark.parametrize("unread", [b"", child.LISTENS], ids=["every beat was read", "a beat was not read"])
def test_a_worker_ends_when_its_parent_was_killed(monkeypatch: pytest.MonkeyPatch, unread: bytes) -> None:
    parent, line = socket.socketpair()
    line.sendall(b"..." + unread)
    parent.recv(3)
    parent.close()  # with a beat unread the kernel resets the line
    ended = Mock()
    monkeypatch.setattr("os._exit", ended)
    with line:
        child._end_with(line)
    ended.assert_called_once_with(1)
