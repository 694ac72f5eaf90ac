"""Replays that somebody asks for over HTTP: a job makes one at a time, and its result is kept for a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from serving.context import Context
from serving.errors import FieldError, InvalidRequest, UnderWay
from serving.jobs import queue
from serving.jobs.queue import Job
from serving.policy import policies
from serving.replay import store
from serving.replay.asked import trial_of
from serving.replay.errors import PolicyFileUnknown, ThresholdRefused, WindowEmpty, WindowReversed
from serving.replay.replaying import replay
from serving.replay.schemas import ReplayIn, ReplayOut, replay_out
from serving.replay.store import StoredReplay
from serving.replay.trial import Trial, Window
from serving.settings import Settings
from serving.storage.database import Write
from serving.storage.ids import new_id
from triage.errors import FirstlineError

KIND: Final = "replay"
MOST: Final = 50_000
"""Tickets and sessions of a replay; `firstline replay` takes any number, in a process of its own."""
KEPT_CHANGES: Final = 500


class Replays:
    """Asks for replays, makes them, and shows them."""

    def __init__(self, context: Context) -> None:
        self._context, self._database = context, context.database

    def ask(self, asked: ReplayIn, at: datetime, key_id: str | None, write: Write[ReplayOut]) -> ReplayOut:
        """Ask for a replay; a worker makes it.

        Raises `InvalidRequest`: a file or number cannot be used, or nothing or too much happened in the window.
        Raises `UnderWay`: another replay is not done yet.
        """
        n = self._checked(asked, at)
        stored = StoredReplay(
            id=new_id("rpl", at),
            at=at,
            state="waiting",
            tried=msgspec.to_builtins(asked),
            done=0,
            n=n,
            result=None,
            problem=None,
            ended_at=None,
            key_id=key_id,
        )

        def begin(connection: sa.Connection) -> ReplayOut:
            store.tidy(connection, at)
            other = store.unended(connection)
            if other is not None:
                raise UnderWay("replay", other)
            store.add(connection, stored)
            queue.enqueue(connection, KIND, subject=KIND, record={"replay": stored.id}, at=at)
            return replay_out(stored)

        return write(begin)

    def show(self, replay_id: str) -> ReplayOut:
        """Return a replay. Raises `NotFound`."""
        return replay_out(self._database.read(lambda connection: store.load(connection, replay_id)))

    def newest(self, most: int = 20) -> list[ReplayOut]:
        """Return the last replays, the newest first."""
        return [replay_out(each) for each in self._database.read(lambda connection: store.newest(connection, most))]

    def tidy(self, at: datetime) -> None:
        """Forget what is older than a day."""
        self._database.write(lambda connection: store.tidy(connection, at))

    def run(self, job: Job) -> None:
        """Make a replay; one that fails says why."""
        replay_id = str(job.record["replay"])
        stored = self._database.read(lambda connection: store.find(connection, replay_id))
        if stored is None or stored.state in {"done", "failed"}:
            return
        self._note(replay_id, state="running", done=0)
        try:
            record = self._replayed(stored)
        except FirstlineError as error:
            self._note(replay_id, state="failed", problem=str(error)[:500], ended_at=self._context.clock.now())
            return
        ended_at = self._context.clock.now()
        self._note(replay_id, state="done", done=stored.n, result=record, ended_at=ended_at)

    def _replayed(self, stored: StoredReplay) -> dict[str, Any]:
        asked = msgspec.convert(stored.tried, ReplayIn)
        with _trial(self._context.settings, asked) as trial:
            found = replay(
                self._context.settings.stored_in,
                _window(asked, stored.at),
                trial,
                stored.at,
                progress=lambda done: self._note(stored.id, done=done),
            )
            record = found.to_record()
        changes = record["changes"]
        return {**record, "changes": changes[:KEPT_CHANGES], "changes_n": len(changes)}

    def _checked(self, asked: ReplayIn, at: datetime) -> int:
        """Return how much there is to replay; raises `InvalidRequest`."""
        try:
            window = _window(asked, at)
            with _trial(self._context.settings, asked):
                n = self._database.read(lambda connection: store.size(connection, window))
            if not n:
                raise WindowEmpty(window.begins_at, window.ends_at)
        except FirstlineError as refused:
            raise InvalidRequest([FieldError(_field(refused), str(refused).removeprefix("--"))]) from refused
        if n > MOST:
            many = f"{n:,} tickets and sessions are too many for a running service: at most {MOST:,}. "
            raise InvalidRequest([FieldError("since", many + "Choose a later time, or use `firstline replay`.")])
        return n

    def _note(self, replay_id: str, **values: Any) -> None:  # noqa: ANN401 (columns)
        self._database.write(lambda connection: store.change(connection, replay_id, **values))


def _field(refused: FirstlineError) -> str:
    """Return the field of the request that an error is about."""
    if isinstance(refused, ThresholdRefused):
        return refused.name.removeprefix("--").partition(" ")[0].replace("-", "_")
    return "since" if isinstance(refused, WindowReversed | WindowEmpty) else "policy"


def _window(asked: ReplayIn, at: datetime) -> Window:
    return Window(asked.since.astimezone(UTC), (asked.until or at).astimezone(UTC))


@contextmanager
def _trial(settings: Settings, asked: ReplayIn) -> Iterator[Trial]:
    """Read what is tried; policies are read from files, so their texts are written into a folder that goes again."""
    words = {
        "suggest_at": [f"{head}={at}" for head, at in asked.suggest_at.items()],
        "auto_at": [f"{head}={at}" for head, at in asked.auto_at.items()],
        "answer_at": None if asked.answer_at is None else str(asked.answer_at),
        "clarify_at": None if asked.clarify_at is None else str(asked.clarify_at),
        "holdout": str(asked.holdout),
    }
    with TemporaryDirectory(prefix="firstline-replay-") as made:
        for name, text in asked.policy.items():
            if name not in policies.EVERY_FILE:
                raise PolicyFileUnknown(Path(name), policies.EVERY_FILE)
            (Path(made) / name).write_text(text, encoding="utf-8")
        yield trial_of(settings, Path(made) if asked.policy else None, words)
