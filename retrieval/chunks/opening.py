"""Open the engine that a command's options ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from retrieval.chunks.engine import Engine, Serial

CLUSTER_HELP = "Work on a Dask cluster: tcp://HOST:PORT or tls://HOST:PORT of its scheduler, or `local`."


@contextmanager
def engine(cluster: str | None, workers: int | None = None) -> Iterator[Engine]:
    """Give the engine of a cluster's address, or of so many processes here (by default one for each core).

    Raises `ClusterNotUsable`.
    """
    from retrieval.chunks.processes import Processes, available_cores  # a command that only prints help needs no pool

    number = workers or len(available_cores())
    if cluster is not None:
        from retrieval.chunks.dask_cluster import Cluster

        with Cluster(cluster, number) as on_cluster:
            yield on_cluster
    elif number == 1:
        yield Serial()
    else:
        with Processes(number) as processes:
            yield processes
