"""What is to be read at helpdesks as jobs, and the poll that mends what a webhook lost."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from serving.clock import Clock
from serving.helpdesks.following.pulling import Pulling
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.store import LinkStore
from serving.jobs.queue import Job, RetryLater, TaskSpec
from triage.errors import FirstlineError

PULL, CHANGED = "helpdesk.pull", "helpdesk.changed"
_AT_A_TIME = 2  # threads of one helpdesk
_PAGES = 50  # of changed tickets that are asked for without a pause: a list may have no end
_OVERLAP = timedelta(minutes=1)  # asked for again: a helpdesk's search may lag behind, and so may its clock


@dataclass(frozen=True, slots=True)
class PullTasks:
    """Finds what is to be read at helpdesks and reads it."""

    pulling: Pulling
    links: LinkStore
    clock: Clock
    polls: timedelta  # between two questions what changed

    def tasks(self) -> dict[str, TaskSpec]:
        """Return what runs each kind of job."""
        return {
            PULL: TaskSpec(self.pull, concurrency=_AT_A_TIME, calls=True),
            CHANGED: TaskSpec(self.changed, concurrency=1, calls=True),
        }

    def look(self, at: datetime) -> None:
        """Make a job of each thread that is to be read; it waits for what is written to the same ticket."""
        due = self.pulling.links.due(self.pulling.followed(), at)
        wanted = [(PULL, f"{row.connection}:{row.ticket_id}", {"link": row.id}) for row in due]
        self.links.plan(wanted, at)

    def poll(self, at: datetime) -> None:
        """Make a job of asking each helpdesk what changed there."""
        due = [name for name in self.pulling.followed() if self._is_due(name, at)]
        self.links.plan([(CHANGED, f"{name}:changed", {"connection": name}) for name in due], at)

    def pull(self, job: Job) -> None:
        """Read one thread; a helpdesk that is down is left alone, with whatever is to be read there."""
        pulling = self.pulling.holding(job)
        until = pulling.pull(job.record["link"], self.clock.now())
        if until is not None:
            pulling.links.hold(job.subject.partition(":")[0], PULL, until)

    def changed(self, job: Job) -> None:
        """Ask for one page of what changed; the next is a job of its own, so that a crash repeats one page."""
        name, at, cursor = job.record["connection"], self.clock.now(), job.record.get("cursor")
        pulling, links = self.pulling.holding(job), replace(self.links, job=job)
        if name not in pulling.connections or (cursor is None and not self._is_due(name, at)):
            return
        begun = cursor is None
        since = links.closed_until(name, at) if begun else datetime.fromisoformat(job.record["since"])
        until = at if begun else datetime.fromisoformat(job.record["until"])
        try:
            cursor = pulling.changed(name, since - _OVERLAP, cursor, at)
        except (FirstlineError, KeyError, TypeError, ValueError) as error:
            wait = error.wait if isinstance(error, DeskRefused) else None
            raise RetryLater(wait or max(self.polls, timedelta(minutes=1)), str(error)[:200], counted=False) from None
        if cursor is None:
            links.advance(name, until)
        else:
            page = job.record.get("page", 1)
            told = {"connection": name, "cursor": cursor, "since": since.isoformat(), "until": until.isoformat()}
            later = at if page % _PAGES else at + timedelta(minutes=1)
            links.go_on(CHANGED, job.subject, {**told, "page": page + 1}, later)

    def _is_due(self, name: str, at: datetime) -> bool:
        return self.links.closed_until(name, at) + self.polls <= at
