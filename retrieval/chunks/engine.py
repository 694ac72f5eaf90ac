"""The interface: work that is prepared once in each process, and an engine that maps it over chunks.

An engine yields the results in the order of the chunks. It takes a chunk from the iterator only when it has a process
for it: at most `AHEAD` chunks for each worker are on their way, whatever the size of the input. A chunk whose process
died is done again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol, TypeVar

#: Chunks for each worker that are worked on or wait, at most.
AHEAD: Final = 2
#: How often in a row processes may die before a run ends.
LOSSES: Final = 3
#: Works that a process keeps prepared: a worker of a cluster outlives many runs.
_KEPT: Final = 3

C_contra = TypeVar("C_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
C = TypeVar("C")
R = TypeVar("R")


class Work(Protocol[C_contra, R_co]):
    """What is done with every chunk. It is sent to the processes, so it holds paths and names, not models."""

    @property
    def key(self) -> str:
        """The same for the same work: a process prepares it once."""
        ...

    def prepare(self) -> Callable[[C_contra], R_co]:
        """Load what is needed, in the process that works, and return what does a chunk."""
        ...


class Engine(Protocol):
    """Where chunks are worked on."""

    @property
    def workers(self) -> int:
        """How many chunks are worked on at once."""
        ...

    def map(self, work: Work[C, R], chunks: Iterable[C]) -> Iterator[R]:
        """Yield the result of each chunk, in order. Raises what the work raises, and `WorkersLost`."""
        ...


class Serial:
    """Works in this process."""

    workers = 1

    def map(self, work: Work[C, R], chunks: Iterable[C]) -> Iterator[R]:
        """Yield the result of each chunk, in order."""
        do: Callable[[C], R] | None = None
        for chunk in chunks:
            do = do or work.prepare()
            yield do(chunk)


_PREPARED: Final[OrderedDict[str, Callable[[Any], Any]]] = OrderedDict()
_TURN: Final = threading.Lock()


def done(work: Work[C, R], chunk: C) -> R:
    """Do a chunk in a process that belongs to an engine, preparing the work where it is new here."""
    with _TURN:
        do = _PREPARED.get(work.key)
        if do is None:
            do = _PREPARED[work.key] = work.prepare()
        _PREPARED.move_to_end(work.key)
        while len(_PREPARED) > _KEPT:
            _PREPARED.popitem(last=False)
    result: R = do(chunk)
    return result
