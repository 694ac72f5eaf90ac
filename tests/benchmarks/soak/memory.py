"""What memory a process holds, read from /proc and, inside the process, from glibc, its caches and tracemalloc."""

from __future__ import annotations

import ctypes
import gc
import json
import re
import sys
import threading
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

_SIZES = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)
FIELDS = ("VmRSS", "RssAnon", "RssFile", "Threads")


class _Arenas(ctypes.Structure):
    """What glibc's `mallinfo2` returns: sizes over all arenas, in bytes."""

    _fields_ = [(name, ctypes.c_size_t) for name in _SIZES]


def resident(pid: int) -> dict[str, float]:
    """Return resident memory in MB: all, anonymous and of files; and the number of threads."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE).group(1)) for name in FIELDS}  # type: ignore[union-attr]
    return {name: number if name == "Threads" else round(1024 * number / 1e6, 3) for name, number in found.items()}


def allocated() -> dict[str, float]:
    """Return what glibc's arenas hold, in MB: used, free but kept, and mapped one by one. Empty without glibc."""
    try:
        ask = ctypes.CDLL("libc.so.6").mallinfo2
    except (OSError, AttributeError):
        return {}
    ask.restype = _Arenas
    found = ask()
    sizes = {"malloc_used": found.uordblks, "malloc_free": found.fordblks, "malloc_mapped": found.hblkhd}
    return {name: round(size / 1e6, 3) for name, size in sizes.items()}


def cached() -> dict[str, float]:
    """Return what the caches with a bound hold, in MB by name: results by text, vectors for reports, counts, SQLite."""
    sizes: dict[str, int] = {}
    for each in gc.get_objects():
        kind = type(each).__name__
        if kind == "_lru_cache_wrapper":
            name = f"{each.__module__}.{getattr(each, '__qualname__', 'statements')}"
            sizes[name] = sizes.get(name, 0) + _size_of_results(each)
        elif kind in _KEPT_IN:
            sizes[kind] = _size_of_entries(getattr(each, _KEPT_IN[kind]))
    with suppress(OSError, AttributeError):
        used = ctypes.CDLL("libsqlite3.so.0").sqlite3_memory_used
        used.restype = ctypes.c_int64
        sizes["SQLite"] = used()
    return {name: round(size / 1e6, 3) for name, size in sizes.items() if size > 10_000}


_KEPT_IN = {"Readings": "_kept", "MemoryCounters": "_counts"}


def _size_of_entries(kept: dict[Any, Any]) -> int:
    entries = list(kept.items())
    parts = (part for key, value in entries for part in (key, value, *gc.get_referents(value)))
    return sys.getsizeof(kept) + sum(sys.getsizeof(each) for each in parts if not isinstance(each, type))


def _size_of_results(cache: Any) -> int:
    """Return the size of a cache's dictionary, its keys and results, and of the link that holds each of them."""
    parts = {id(each): each for each in gc.get_referents(cache) if type(each) in _OF_RESULTS}
    return sum(sys.getsizeof(each) for each in parts.values()) + _LINK * int(cache.cache_info().currsize)


_LINK = 80
_OF_RESULTS = (str, bytes, tuple, frozenset, dict)


def last_cached(written: Path) -> float:
    """Return what all caches held when the process last wrote it, in MB; 0 before it did."""
    lines = written.read_text().rpartition("\n")[0].splitlines() if written.exists() else []
    return float(sum(json.loads(lines[-1])["caches"].values())) if lines else 0.0


def watch(into: Path, every: float, *, frames: int) -> None:
    """Write what this process allocates to a file, a line each time; with frames also where what grew was allocated."""
    if frames:
        tracemalloc.start(frames)
    threading.Thread(target=_write, args=(into, every, bool(frames)), name="memory", daemon=True).start()


def _write(into: Path, every: float, traced: bool) -> None:
    first: tracemalloc.Snapshot | None = None
    began = time.monotonic()
    with into.open("w") as lines:
        while True:
            time.sleep(every)
            said: dict[str, Any] = {"seconds": round(time.monotonic() - began, 1)} | allocated()
            said["caches"] = cached()
            if traced:
                now = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])
                said["traced"] = round(tracemalloc.get_traced_memory()[0] / 1e6, 3)
                if first is None and said["seconds"] > 120:  # warm
                    first = now
                elif first is not None:
                    said["grew"] = [str(each) for each in now.compare_to(first, "lineno")[:25]]
            lines.write(json.dumps(said) + "\n")
            lines.flush()
