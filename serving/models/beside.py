"""What is known of the shadow and the canary beside the current model, read in one transaction."""

from dataclasses import dataclass

from sqlalchemy import Connection

from serving.inference.candidates import Candidates, CandidateStatus
from serving.models import store
from serving.models.canary import CanaryCounts, counts_of
from serving.models.store import CanaryRun
from serving.storage.database import Database
from serving.storage.errors import StorageAway
from triage.model.registry import Registry


@dataclass(frozen=True, slots=True)
class Beside:
    """What this process has loaded, the canary's run so far, and the run that went back last."""

    status: CandidateStatus
    run: CanaryRun | None = None
    counts: CanaryCounts | None = None
    reverted: CanaryRun | None = None


def beside(candidates: Candidates, registry: Registry, database: Database) -> Beside:
    """Read it; while the database is away, what the process has loaded."""
    pointer, status = registry.canary(), candidates.status

    def operation(connection: Connection) -> Beside:
        run = store.run_of(connection, pointer.run) if pointer else None
        counts = counts_of(connection, run) if run else None
        return Beside(status, run, counts, store.last_reverted(connection))

    try:
        return database.read(operation)
    except StorageAway:
        return Beside(status)
