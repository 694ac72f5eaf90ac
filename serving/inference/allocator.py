"""Settings of glibc's allocator for a process that serves for months.

By default glibc gives threads heaps of their own, up to eight for each processor, and keeps what was freed in the
middle of a heap. With forty threads that each hold a text or a matrix for a moment, resident memory grew by gigabytes
an hour while what was in use stayed the same. With two heaps, large blocks mapped one by one and given back when they
are freed, it does not. A heap keeps some pages free at its end until `give_back`: a request that got them anew each
time spent a twentieth of its processor time on that.
"""

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # parameters of mallopt(3)
_HEAPS = 2  # threads that compute in Python take turns anyway
_LARGE = 256 * 1024  # bytes; without it glibc raises its threshold to 32 MB after the first large block
_KEPT_FREE = 2 * 1024 * 1024  # bytes at the end of a heap: more than a long ticket takes and gives back


def give_back() -> None:
    """Return free pages inside the heaps to the system; it takes milliseconds, without the interpreter's lock."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def keep_memory_small() -> bool:
    """Set the allocator up, before threads start; False where the C library is not glibc."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    wanted = {_ARENA_MAX: _HEAPS, _MMAP_THRESHOLD: _LARGE, _TRIM_THRESHOLD: _KEPT_FREE}
    return {mallopt(parameter, value) for parameter, value in wanted.items()} == {1}
