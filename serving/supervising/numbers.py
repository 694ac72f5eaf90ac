"""How many worker processes serve."""

from dataclasses import replace

from serving.peers.sqlite_driver import SqliteTooOld, newest_here, shared_driver
from serving.settings import Settings

MOST = 4  # unless somebody asks for more


def how_many(settings: Settings) -> tuple[int, str | None]:
    """Return how many workers serve, and what to say about it at the start.

    Raises `SqliteTooOld`: several were asked for, and no SQLite here may be shared by them.
    """
    chosen = settings.workers or min(settings.processors, MOST)
    if chosen == 1 or settings.database_url is not None or shared_driver() is not None:
        return chosen, None
    too_old = SqliteTooOld(chosen, newest_here())
    if settings.workers:
        raise too_old
    return 1, f"One worker serves. {too_old}"


def share_of(settings: Settings, workers: int) -> Settings:
    """Return the settings of one of so many workers: threads of jobs, of requests and of hand-offs are shared out."""
    return replace(
        settings,
        workers=workers,
        worker_threads=_part(settings.worker_threads, workers),
        handoff_threads=_part(settings.handoff_threads, workers),
        request_threads=max(2, _part(settings.requests_at_once, workers)),
    )


def _part(number: int, workers: int) -> int:
    return -(-number // workers)
