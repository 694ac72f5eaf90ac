"""How many connections are open: in all, and from one address.

A connection that waits for a request gives way to a new one, the oldest first. So whoever opens a thousand idle
connections closes their own, and probes of the same address still get through. Beyond the cap a few connections are
kept for probes.
"""

import resource
from collections import Counter, OrderedDict
from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from serving.configuration.values import Network
from serving.http.client_address import address_in, counted

_FOR_PROBES = 16  # connections beyond the cap
_OTHER_FILES = 256  # open files that the process needs for everything else


class Connection(Protocol):
    """What the caps know of a connection."""

    address: str

    def give_way(self) -> None:
        """Close: a newer connection needs the place."""


class Admission(Enum):
    """What a new connection may do."""

    REQUESTS = "requests"
    PROBES = "probes"  # only health and readiness
    NOTHING = "nothing"


class ConnectionCaps:
    """Counts the open connections of a process. One event loop uses it, so it has no lock."""

    def __init__(self, most: int, most_per_address: int, exempt: Sequence[Network]) -> None:
        self._most, self._per_address, self._exempt = most, most_per_address, tuple(exempt)
        self._open: set[Connection] = set()
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._by_address: Counter[str] = Counter()

    def admit(self, connection: Connection) -> Admission:
        """Take in a new connection, which waits for a request; close an older one that waits where there is no room."""
        address = connection.address
        if address and self._by_address[address] >= self._per_address:
            self._close(next((each for each in self._waiting if each.address == address), None))
        if len(self._open) >= self._most:
            self._close(next(iter(self._waiting), None))
        beyond = max(len(self._open) - self._most, self._by_address[address] - self._per_address if address else -1)
        if beyond >= _FOR_PROBES:
            return Admission.NOTHING
        self._open.add(connection)
        self._waiting[connection] = None
        self._by_address[address] += 1
        return Admission.REQUESTS if beyond < 0 else Admission.PROBES

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def address_of(self, peer: str | None) -> str:
        """Return what connections are counted by: an IPv4 address, or the /64 of an IPv6 one.

        It is empty for a local socket and for a trusted proxy, of which any number may come.
        """
        found = address_in(peer or "")
        if found is None or any(found in network for network in self._exempt):
            return ""
        return counted(found)

    def waits(self, connection: Connection) -> None:
        """Note that no request of the connection is under way."""
        if connection in self._open:
            self._waiting[connection] = None

    def works(self, connection: Connection) -> None:
        """Note that a request is under way: the connection gives way to nobody."""
        self._waiting.pop(connection, None)

    def leaves(self, connection: Connection) -> None:
        """Note that the connection is closed; it may be said twice."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        self._waiting.pop(connection, None)
        self._by_address[connection.address] -= 1
        if not self._by_address[connection.address]:
            del self._by_address[connection.address]

    def _close(self, connection: Connection | None) -> None:
        if connection is not None:
            self.leaves(connection)
            connection.give_way()


def within_open_files(most: int) -> int:
    """Return how many connections this process can hold, at most `most`; its limit of open files is raised for them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + _FOR_PROBES + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft - _FOR_PROBES - _OTHER_FILES))
