"""The address of the service: the parent reserves it, each worker listens on a socket of its own.

The kernel shares connections out among the sockets of one address (SO_REUSEPORT), by chance; `serving.peers.balance`
evens that out. With one inherited socket a worker
that wakes up first takes every connection of a burst; and what waits for one that died would wait for ever.
"""

import socket
from contextlib import ExitStack

from serving.errors import StartRefused


class PortNotFree(StartRefused):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        self.host, self.port, self.reason = host, port, reason
        super().__init__(f"The service cannot listen on {host}:{port} ({reason}). Is the port in use?")


def reserve(host: str, port: int) -> tuple[list[socket.socket], int]:
    """Bind the address without listening, so that nobody else can, and return the sockets and the port.

    Raises `PortNotFree`: another process has it.
    """
    _look(host, port)
    reserved = listeners(host, port)
    return reserved, int(reserved[0].getsockname()[1])


def listeners(host: str, port: int) -> list[socket.socket]:
    """Return bound sockets for every address of a host; connections come when they listen.

    Raises `PortNotFree`: the address cannot be bound.
    """
    with ExitStack() as opened:
        made = []
        for family, place in _places(host, port):
            one = opened.enter_context(_bound(family, place, shared=True))
            made.append(one)
            if port == 0:  # the system has chosen one: the other addresses of the host need the same
                break
        opened.pop_all()
        return made


def _look(host: str, port: int) -> None:
    """Insist that nobody listens: a socket that shares its port would be let in beside another service's."""
    for family, place in _places(host, port):
        _bound(family, place, shared=False).close()


def _bound(family: socket.AddressFamily, place: tuple[str, int], *, shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(place)
    except OSError as error:
        made.close()
        raise PortNotFree(place[0], place[1], error.strerror or str(error)) from error
    return made


def _places(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise PortNotFree(host, port, error.strerror or str(error)) from error
    except UnicodeError as error:
        raise PortNotFree(host, port, "no name of a host") from error
    return list(dict.fromkeys((family, (str(place[0]), int(place[1]))) for family, _, _, _, place in found))
