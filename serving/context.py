"""The context that every slice gets, and what a slice returns to be plugged in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from serving.clock import Clock
from serving.erasure import Eraser
from serving.jobs.outbox import Listener
from serving.jobs.periodic import PeriodicTask
from serving.jobs.queue import TaskSpec
from serving.keys.api_keys import KeyStore
from serving.keys.console_sessions import ConsoleSessions
from serving.keys.installation_secret import InstallationSecret
from serving.peers.crew import Crew
from serving.policy.policies import Policies
from serving.settings import Settings
from serving.storage.database import Database
from serving.storage.idempotency_receipts import Receipts
from serving.telemetry import Telemetry

Check = Callable[[], str | None]
"""Says what is missing and what to run, or None when all is well."""


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of one web process that belong to no slice."""

    settings: Settings
    clock: Clock
    database: Database
    keys: KeyStore
    sessions: ConsoleSessions
    secret: InstallationSecret
    receipts: Receipts
    telemetry: Telemetry
    policies: Policies
    crew: Crew | None = None  # the workers among which this process is one; None: it serves alone
    brands: dict[str, "Context"] = field(default_factory=dict)  # those that the process serves beside its own home


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a slice adds to the process."""

    handlers: Sequence[Any] = ()  # controllers and route handlers
    dependencies: Mapping[str, object] = field(default_factory=dict)  # what handlers get by name, besides the context's
    checks: Mapping[str, Check] = field(default_factory=dict)  # without these the service is not ready
    notes: Mapping[str, Check] = field(default_factory=dict)  # shown beside readiness, and change nothing
    watches: Sequence[PeriodicTask] = ()
    erase: Eraser | None = None  # takes a customer out of its tables
    tasks: Mapping[str, TaskSpec] = field(default_factory=dict)  # by kind of job
    listeners: Sequence[Listener] = ()  # hear of every event that leaves
    start: Callable[[], None] | None = None  # in the order of the slices
    stop: Callable[[], None] | None = None  # in the reverse order
