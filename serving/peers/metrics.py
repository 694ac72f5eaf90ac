"""Metrics of all worker processes in one answer.

Each worker leaves its samples in a file: when it is asked for metrics, and every few seconds. Whoever is asked adds
them up. What was once reported is therefore in a file, and a counter never falls when a worker dies: its counters stay,
its gauges go.
"""

import fcntl
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_TRIES, _PAUSE = 200, 0.005
_ENDED = "ended.metrics"
_CREATED = "_created"


class _Sample(msgspec.Struct, array_like=True):
    name: str
    labels: dict[str, str]
    value: float


class _Family(msgspec.Struct, array_like=True):
    name: str
    kind: str
    words: str
    samples: list[_Sample]


Families = list[_Family]


class SharedMetrics:
    """The samples of the workers of one service, in a folder."""

    def __init__(self, folder: Path, worker: int) -> None:
        self._folder, self._file = folder, folder / f"{worker}.metrics"

    @classmethod
    def mine(cls, folder: Path) -> "SharedMetrics":
        """Return those that this process takes part in."""
        return cls(folder, os.getpid())

    def leave(self, registry: CollectorRegistry) -> None:
        """Write the samples of this worker, for the others to read."""
        with self._locked():
            _write(self._file, collected(registry))

    def collected(self, registry: CollectorRegistry) -> Families:
        """Return the metrics of all workers."""
        with self._locked():
            _write(self._file, collected(registry))
            return _added([_read(path) for path in sorted(self._folder.glob("*.metrics"))])

    def text(self, registry: CollectorRegistry) -> bytes:
        """Return the metrics of all workers in Prometheus' text form."""
        return text_of(self.collected(registry), {})

    def end(self) -> None:
        """Keep the counters of a worker that has ended, and forget its gauges."""
        with self._locked():
            if self._file.exists():
                left = [each for each in _read(self._file) if each.kind != "gauge"]
                _write(self._folder / _ENDED, _added([_read(self._folder / _ENDED), left]))
                self._file.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time in, but wait for none that hangs.

        Without the lock an answer may count a worker that just ended twice; each file is whole in any case.
        """
        with (self._folder / "metrics.lock").open("w") as file:
            for _ in range(_TRIES):
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(_PAUSE)
            yield


class _Fixed(Collector):
    """Samples that stand."""

    def __init__(self, families: Sequence[_Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return them as the library has them."""
        for each in self._families:
            metric = Metric(each.name, each.words, each.kind)
            for sample in each.samples:
                metric.add_sample(sample.name, sample.labels, sample.value)
            yield metric


def collected(registry: CollectorRegistry) -> Families:
    """Return the metrics of this process."""
    return [_family(each) for each in registry.collect()]


def text_of(own: Families, brands: Mapping[str, Families]) -> bytes:
    """Return metrics in Prometheus' text form; those of a brand have it as a label."""
    for name, families in brands.items():
        for sample in (each for family in families for each in family.samples):
            sample.labels["brand"] = name
    added = CollectorRegistry()
    added.register(_Fixed(_added([own, *brands.values()])))
    return generate_latest(added)


def _family(metric: Metric) -> _Family:
    samples = [_Sample(each.name, dict(each.labels), each.value) for each in metric.samples]
    return _Family(metric.name, metric.type, metric.documentation, samples)


def _added(all_families: Sequence[Families]) -> Families:
    """Add counters and histograms; of gauges, which all workers read from the same tables, the largest stands."""
    families: dict[str, _Family] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for family in (each for one in all_families for each in one):
        families.setdefault(family.name, family)
        known = values.setdefault(family.name, {})
        for sample in family.samples:
            key = sample.name, tuple(sample.labels.items())
            known[key] = _together(sample, family.kind, known[key]) if key in known else sample.value
    return [
        _Family(each.name, each.kind, each.words, [_Sample(n, dict(ls), v) for (n, ls), v in values[name].items()])
        for name, each in families.items()
    ]


def _together(sample: _Sample, kind: str, before: float) -> float:
    if sample.name.endswith(_CREATED):
        return min(before, sample.value)
    return max(before, sample.value) if kind == "gauge" else before + sample.value


def _read(path: Path) -> Families:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Families)
    except (FileNotFoundError, msgspec.DecodeError):  # none yet; or its worker died while it wrote
        return []


def _write(path: Path, families: Families) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(msgspec.json.encode(families))
    unfinished.replace(path)
