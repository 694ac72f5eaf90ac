"""The composition root of the worker process: background tasks without HTTP."""

import signal
import threading
from contextlib import ExitStack
from dataclasses import replace

import click

from serving.clock import SystemClock
from serving.process import assemble, started
from serving.settings import Settings
from serving.telemetry import log_to


def work(settings: Settings) -> None:
    """Run every watch and the jobs, of the deployment's home and its brands, until SIGTERM or SIGINT.

    Raises `HomeInUse`: the service runs on this home and does the same already.
    """
    from serving.composition import slices

    clock = SystemClock()
    log_to(None, clock, settings.log_level)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        for each in (settings, *settings.of_brands()):
            context = assemble(replace(each, worker=True), clock)
            stack.enter_context(started(context, slices(context)))
        click.echo(f"Firstline works on {settings.home.resolve()}; SIGTERM ends it.", err=True)
        ended.wait()
