"""Logs as JSON lines with ids and counts, never texts; Prometheus metrics.

Each app has its own registry, so that the metrics of two apps in one process (tests) are not added.
"""

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from queue import SimpleQueue
from typing import IO

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from serving.clock import Clock

OURS = "firstline"
_VALUES = re.compile(r"[<({\[\"':=%\n]")
_LONGEST_SENTENCE = 120
_QUEUED = 10_000  # lines that wait to be written
_FLUSHED_IN = 5.0  # seconds
_PAUSE = 0.05  # seconds: under load a thread that woke up for each line would interrupt each request
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class JsonLines(logging.Formatter):
    """One JSON object per line, with the event's name and its facts."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of an exception only its type and place, because its message may quote a customer."""
        line: MutableMapping[str, object] = {
            "at": self._clock.now(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _said(record),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["where"] = _frames(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def _said(record: logging.LogRecord) -> str:
    """Return our name of an event; of a library's sentence only what stands before the values that it quotes."""
    if record.name.partition(".")[0] == OURS:
        return record.getMessage()
    return _VALUES.split(str(record.msg), maxsplit=1)[0].strip()[:_LONGEST_SENTENCE] or "…"


def _frames(error: BaseException) -> list[str]:
    frames, step = [], error.__traceback__
    while step is not None:
        frames.append(f"{step.tb_frame.f_globals.get('__name__')}:{step.tb_lineno}")
        step = step.tb_next
    return frames[-8:]


class Telemetry:
    """The events and the metrics of one app; those of a brand's name it."""

    def __init__(self, brand: str = "") -> None:
        self._whose = {"brand": brand} if brand else {}
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "firstline_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "firstline_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.watch_faults = Counter(
            "firstline_watch_faults", "Rounds of a watch that failed", ["watch"], registry=self.registry
        )
        self.tickets = Counter("firstline_tickets_opened", "Tickets opened", ["channel"], registry=self.registry)
        self.overdue = Gauge("firstline_tickets_overdue", "Tickets with a deadline in the past", registry=self.registry)
        self.jobs = Gauge("firstline_jobs", "Jobs by state", ["state"], registry=self.registry)
        self.jobs_waited = Gauge(
            "firstline_jobs_waited_seconds", "How long the job that is longest due has waited", registry=self.registry
        )
        self._log = logging.getLogger(OURS)

    def event(self, name: str, **facts: object) -> None:
        """Log what happened, with ids, counts and times; never a text that a customer wrote."""
        self._log.info(name, extra={"facts": self._whose | facts})

    def fault(self, name: str, error: BaseException, **facts: object) -> None:
        """Log an error of ours with the places it came through, not its message."""
        self._log.error(name, exc_info=error, extra={"facts": self._whose | facts})


class _Behind(logging.Handler):
    """Hands records to a thread that formats and writes them.

    So the event loop never waits for a slow standard error, nor for a thread that holds the log and waits for the
    interpreter's lock. It has no lock of its own: putting into the queue is one step.
    """

    def __init__(self, written_by: logging.Handler) -> None:
        super().__init__()
        self._written_by, self._dropped = written_by, 0
        self._closes = threading.Event()
        self._records: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def createLock(self) -> None:  # noqa: N802 (logging's own name)
        """Make no lock."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the record; drop it while nobody takes thousands of earlier ones."""
        if self._records.qsize() < _QUEUED:
            self._records.put(record)
        else:
            self._dropped += 1

    def close(self) -> None:
        """Write what is queued."""
        self._closes.set()
        self._records.put(None)
        self._thread.join(_FLUSHED_IN)
        super().close()

    def _write(self) -> None:
        while (record := self._records.get()) is not None:
            self._written_by.handle(record)
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                line = logging.LogRecord(OURS, logging.WARNING, "", 0, "log.dropped", None, None)
                line.facts = {"lines": dropped}
                self._written_by.handle(line)
            if self._records.empty():
                self._closes.wait(_PAUSE)  # the next lines are written together


def write_logs_behind() -> None:
    """Let a thread write the logs from now on; what is queued is written at the end of the process."""
    root = logging.getLogger()
    root.handlers[:] = [_Behind(each) for each in root.handlers]  # `logging` closes them at exit


def log_to(stream: IO[str] | None, clock: Clock, level: str) -> None:
    """Send the logs of the whole process to the stream as JSON lines; called once, by the command line."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(clock))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
