"""One worker: `python -m serving.supervising.child FOLDER JOINS LINE`, as the parent starts it.

FOLDER is what the workers share, JOINS is 1 where others serve already, and LINE is a socket whose other end the parent
has: on it the worker says that it listens and then, every second, that its event loop runs; it ends with the
parent.
"""

import asyncio
import gc
import os
import socket
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import click

from serving.errors import ServingError
from serving.inference.allocator import keep_memory_small
from serving.peers.crew import Crew
from serving.settings import Settings, allocator_is_set_up, one_thread_for_each_product
from serving.supervising.numbers import share_of
from serving.supervising.sockets import listeners
from triage.errors import FirstlineError

LISTENS = b"."
_BEATS_EVERY = 1.0  # seconds


def main() -> None:
    """Serve until the parent says, or is, no more."""
    gc.disable()  # until it serves: there is no garbage, and much to look through
    folder, joins, line = sys.argv[1:]
    parent = socket.socket(fileno=int(line))
    threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    one_thread_for_each_product()
    if not allocator_is_set_up():
        keep_memory_small()
    from serving.web import Place, serve

    try:
        settings = Settings.from_environment()
        crew = Crew(Path(folder), settings.workers, joins=joins == "1")
        sockets = listeners(settings.host, settings.port)
        serve(share_of(settings, crew.size), Place(crew, sockets, partial(_beat, parent)))
    except (ServingError, FirstlineError) as error:
        click.echo(f"firstline: {error}", err=True)
        sys.exit(1)


def _beat(parent: socket.socket) -> None:
    """Say that the event loop runs, now and every second in which it does; the first time, that it listens."""
    with suppress(BlockingIOError, ConnectionError):  # the parent is stopped and does not read; or it has ended
        parent.send(LISTENS, socket.MSG_DONTWAIT)
    asyncio.get_running_loop().call_later(_BEATS_EVERY, _beat, parent)


def _end_with(parent: socket.socket) -> None:
    """End at once when the parent does, as it does when it is killed: nobody would forward a signal any more.

    A parent that ends before it has read every beat resets the line instead of closing it.
    """
    with suppress(ConnectionError):
        while parent.recv(1):
            pass
    os._exit(1)


if __name__ == "__main__":
    main()
