"""Threads that are the first to read a struct do not end the process."""

from __future__ import annotations

import subprocess
import sys

FIRST_READERS = """
import sys, threading, msgspec
from serving.process import look_at_structs
sys.setswitchinterval(1e-6)
def struct(number):
    inner = msgspec.defstruct(f"Inner{number}", [(f"f{k}", int, 0) for k in range(20)])
    return msgspec.defstruct(f"Outer{number}", [(f"a{k}", list[inner] | None, None) for k in range(20)])
structs = [struct(number) for number in range(100)]
look_at_structs(msgspec.Struct)
for each in structs:
    together = threading.Barrier(4)
    def read():
        together.wait()
        msgspec.json.decode(b'{"a19": [{"f1": 2}]}', type=each)
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_threads_that_are_the_first_to_read_a_struct_do_not_crash() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_READERS], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
