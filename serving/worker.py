"""The composition root of the worker process: background tasks without HTTP."""

import signal
import threading
from contextlib import ExitStack
from dataclasses import replace

import click

from serving.clock import SystemClock
from serving.errors import ServingError
from serving.process import assemble, started
from serving.settings import Settings
from serving.telemetry import log_to
from triage.errors import FirstlineError


def work(settings: Settings) -> None:
    """Run every watch and the jobs, of the deployment's home and its brands, until SIGTERM or SIGINT.

    A brand that cannot start is left out. Raises `HomeInUse`: the service runs on this home and does the same already.
    """
    from serving.composition import slices

    clock = SystemClock()
    log_to(None, clock, settings.log_level)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        context = assemble(replace(settings, worker=True), clock)
        stack.enter_context(started(context, slices(context)))
        for each in settings.of_brands():
            try:
                of_brand = assemble(replace(each, worker=True), clock)
                stack.enter_context(started(of_brand, slices(of_brand)))
            except (ServingError, FirstlineError) as error:  # the others work
                context.telemetry.fault("brand.not_started", error, brand=each.brand)
                click.echo(f"The brand {each.brand} is left out: {error}", err=True)
        click.echo(f"Firstline works on {settings.home.resolve()}; SIGTERM ends it.", err=True)
        ended.wait()
