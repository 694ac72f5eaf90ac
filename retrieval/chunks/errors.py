"""Errors of working on several processes or machines.

RetrievalError
├── ClusterNotUsable    the cluster that was named cannot be used, or Dask is not installed
└── WorkersLost         the processes that work on a chunk die again and again
"""

from __future__ import annotations

from retrieval.errors import RetrievalError


class ClusterNotUsable(RetrievalError):
    """The cluster that was named cannot be used."""

    def __init__(self, address: str, problem: str) -> None:
        self.address, self.problem = address, problem
        super().__init__(f"--cluster {address}: {problem}.")


class WorkersLost(RetrievalError):
    """The processes that work on a chunk die again and again."""

    def __init__(self, times: int) -> None:
        self.times = times
        super().__init__(
            f"Processes died {times} times in a row on the same work, perhaps for want of memory; "
            "run the same again with fewer workers."
        )
