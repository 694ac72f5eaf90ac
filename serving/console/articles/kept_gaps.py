"""The last report of gaps, kept for a few minutes: of thousands of questions it takes seconds."""

import threading
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from serving.reports.kb_gaps import KnowledgeGaps
from serving.reports.schemas import GapsOut, gaps_out
from serving.storage.database import Database
from serving.storage.tables import erasures

KEPT_FOR: Final = timedelta(minutes=5)
SHOWN: Final = 20  # groups, the most expensive first


class KeptGaps:
    """Gives the report at hand while the index is the same and nobody was erased since."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._kept: tuple[GapsOut, tuple[str, int]] | None = None

    def report(self, knowledge_gaps: KnowledgeGaps, index_version: str, at: datetime) -> GapsOut:
        """Return the gaps of the last 90 days; one that still reads questions is not kept."""
        counted = sa.select(sa.func.count()).select_from(erasures)
        state = index_version, int(self._database.read(lambda connection: connection.scalar(counted)) or 0)
        with self._lock:
            if self._kept is not None:
                report, of = self._kept
                if of == state and timedelta() <= at - report.generated_at < KEPT_FOR:
                    return report
            report = gaps_out(knowledge_gaps.report(None, None, at=at), SHOWN, at)
            self._kept = None if report.waiting else (report, state)
            return report
