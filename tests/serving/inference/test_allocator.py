"""glibc's allocator, set up as the service does, beside the same work with its defaults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from serving.settings import allocator_is_set_up

#: Forty threads hold blocks of many sizes for a moment; now and then one keeps a small block.
WORK = """
import ctypes, random, re, sys, threading
from pathlib import Path
if sys.argv[1] == "small":
    from serving.inference.allocator import keep_memory_small
    if not keep_memory_small():
        sys.exit(77)
kept = []
def work(seed):
    chance = random.Random(seed)
    for _ in range(120):
        blocks = [bytearray(chance.randrange(1_000, 200_000)) for _ in range(30)]
        kept.append(bytearray(600))
threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
for each in threads: each.start()
for each in threads: each.join()
libc = ctypes.CDLL("libc.so.6")
libc.fopen.restype = ctypes.c_void_p
libc.fclose.argtypes = [ctypes.c_void_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
stream = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, stream)
libc.fclose(stream)
print(len(re.findall("<heap nr=", Path(sys.argv[2]).read_text())))
"""


def heaps(how: str, folder: Path) -> int:
    """Return how many heaps a process has that works so."""
    done = subprocess.run(
        [sys.executable, "-c", WORK, how, str(folder / how)], capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode == 77:
        pytest.skip("the C library is not glibc")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_forty_threads_share_two_heaps(tmp_path: Path) -> None:
    assert heaps("small", tmp_path) <= 2
    assert heaps("defaults", tmp_path) > 2


@pytest.mark.parametrize("name", ["MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "LD_PRELOAD"])
def test_who_chooses_otherwise_is_left_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for each in ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES", "LD_PRELOAD"):
        monkeypatch.delenv(each, raising=False)
    assert not allocator_is_set_up()
    monkeypatch.setenv(name, "4")
    assert allocator_is_set_up()
