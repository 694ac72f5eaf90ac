"""`/live`: tells pages that something changed, as server-sent events; they then fetch their live parts again."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator

import anyio.to_thread
import sqlalchemy as sa

from serving.http.errors import Overloaded
from serving.storage.database import Database
from serving.storage.job_tables import outbox_events

_LOOKS_EVERY = 2.0  # seconds between two looks
_SAYS_EVERY = 7  # looks after which a stream that has nothing to say shows that it lives
_MOST_OF_KEY = 8  # streams; a page opens one while it is looked at, and looks by itself where it gets none

CHANGED, NOTHING = b"event: changed\ndata: 1\n\n", b": nothing\n\n"


class Changes:
    """Looks for new events, for all streams at once; `most` of them may be open."""

    def __init__(self, database: Database, most: int) -> None:
        self._database, self._most, self._lock = database, most, threading.Lock()
        self._looked_at, self._last = float("-inf"), ""
        self._streams: Counter[str] = Counter()

    def last(self) -> str:
        """Return the id of the newest event, at most a look old."""
        with self._lock:
            if time.monotonic() - self._looked_at > _LOOKS_EVERY / 2:
                newest = sa.select(sa.func.max(outbox_events.c.id))
                self._last = self._database.read(lambda connection: connection.scalar(newest)) or ""
                self._looked_at = time.monotonic()
            return self._last

    def refuse_if_full(self, key_id: str) -> None:
        """Raise `Overloaded` where as many streams are open as may be, in all or for a key."""
        if self._streams.total() >= self._most or self._streams[key_id] >= _MOST_OF_KEY:
            raise Overloaded

    async def stream(self, key_id: str) -> AsyncIterator[bytes]:
        """Yield an event after each change, until the browser leaves."""
        self._streams[key_id] += 1
        try:
            seen, quiet = await anyio.to_thread.run_sync(self.last), 0
            yield NOTHING
            while True:
                await asyncio.sleep(_LOOKS_EVERY)
                last = await anyio.to_thread.run_sync(self.last)
                quiet += 1
                if last != seen:
                    seen, quiet = last, 0
                    yield CHANGED
                elif quiet >= _SAYS_EVERY:
                    quiet = 0
                    yield NOTHING
        finally:
            self._streams -= Counter([key_id])  # what falls to 0 is forgotten
