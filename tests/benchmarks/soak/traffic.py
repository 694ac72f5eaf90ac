"""Mixed traffic of a desk: tags, questions of many visitors, outcomes, hand-offs, tickets, articles, bad requests."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.benchmarks.sample_texts import rows_of

Row = dict[str, Any]
ORIGIN = "https://shop.example"
VISITORS = 2_000
BAD: tuple[tuple[str, str, bytes], ...] = (
    ("POST", "/v1/tags", b'{"subject": 1}'),
    ("POST", "/v1/tags", b'{"subject": "a", "descrip'),
    ("POST", "/v1/tags", b"\xff\xfe\x00"),
    ("POST", "/v1/deflections", b'{"question": "a", "unknown": true}'),
    ("POST", "/v1/nothing", b"{}"),
    ("DELETE", "/v1/tags", b""),
    ("GET", "/v1/tickets/tkt_absent", b""),
    ("GET", "/v1/tickets?limit=many", b""),
    ("PUT", "/v1/articles/bad", b'{"title": "t", "body": ""}'),
)


class Traffic:
    """Sends requests at a rate, whether or not earlier ones were answered; counts statuses by kind.

    Texts are those of the sample, and there are two thousand visitors, each with an address: caches by text and counts
    of a day fill ever more slowly, and are nearly full after half an hour. Sessions, tickets and keys of idempotency
    are always new. That those caches and counts have a bound is tested elsewhere.
    """

    def __init__(self, client: httpx.AsyncClient, page_key: str, tickets: list[Row], seed: str) -> None:
        self._client, self._chance, self._rows = client, random.Random(seed), tickets
        self._page = {"Authorization": f"Bearer {page_key}", "Origin": ORIGIN}
        self._sessions: deque[tuple[str, str, str]] = deque(maxlen=200)
        self._tickets: deque[tuple[str, str]] = deque(maxlen=200)  # id and ETag
        self.statuses: Counter[str] = Counter()

    async def run(self, rate: float, until: float) -> None:
        """Send until an instant of the monotonic clock; wait for the last answers."""
        kinds: dict[Callable[[], Awaitable[httpx.Response]], float] = {
            self.tag: 7, self.question: 5, self.outcome: 1, self.handoff: 0.7, self.ticket: 1, self.reply: 1,
            self.transition: 1, self.article: 0.3, self.search: 1, self.read: 1, self.gaps: 0.1, self.bad: 1,
        }  # fmt: skip
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while (now := time.monotonic()) < until:
                for kind in self._chance.choices(
                    list(kinds), list(kinds.values()), k=int(rate * (now - began)) - number
                ):
                    number += 1
                    group.create_task(self._once(kind))
                await asyncio.sleep(0.02)

    async def _once(self, kind: Callable[[], Awaitable[httpx.Response]]) -> None:
        try:
            said = str((await kind()).status_code)
        except httpx.HTTPError as error:
            said = type(error).__name__
        self.statuses[f"{kind.__name__} {said}"] += 1  # type: ignore[attr-defined]

    def _row(self) -> Row:
        return self._chance.choice(self._rows)

    async def tag(self) -> httpx.Response:
        row = self._row()
        return await self._client.post("/v1/tags", json={name: row[name] for name in ("subject", "description")})

    async def question(self) -> httpx.Response:
        """Ask from an address of one's own, as behind a proxy; every second question has an Idempotency-Key."""
        row, chance, visitor = self._row(), self._chance, self._chance.randrange(VISITORS)
        headers = self._page | {"X-Forwarded-For": _address(visitor)}
        if chance.random() < 0.5:
            headers["Idempotency-Key"] = f"{chance.getrandbits(64):x}"
        body = {"question": row["subject"], "visitor": f"v-{visitor}"}
        response = await self._client.post("/v1/deflections", json=body, headers=headers)
        if response.status_code == 201:
            told = response.json()
            self._sessions.append((told["id"], told["client_secret"], _address(visitor)))
        return response

    async def _in_session(self, ending: str, body: Row) -> httpx.Response:
        if not self._sessions:
            return await self.read()
        name, secret, address = self._sessions.pop()
        headers = self._page | {"Firstline-Session": secret, "X-Forwarded-For": address}
        return await self._client.post(f"/v1/deflections/{name}/{ending}", json=body, headers=headers)

    async def outcome(self) -> httpx.Response:
        return await self._in_session("outcome", {"outcome": self._chance.choice(["confirmed", "not_helpful"])})

    async def handoff(self) -> httpx.Response:
        return await self._in_session("ticket", {"email": f"u{self._chance.randrange(10**6)}@example.com"})

    async def ticket(self) -> httpx.Response:
        row = self._row()
        body = {name: row[name] for name in ("subject", "description")} | {
            "account": f"acc-{self._chance.randrange(500)}"
        }
        response = await self._client.post("/v1/tickets", json=body | {"plan": "premium"})
        self._keep(response)
        return response

    def _keep(self, response: httpx.Response) -> None:
        if response.is_success and (tag := response.headers.get("etag")):
            self._tickets.append((response.json()["id"], tag))

    async def _on_ticket(self, ending: str, body: Row) -> httpx.Response:
        if not self._tickets:
            return await self.read()
        name, tag = self._tickets.popleft()
        headers = {"If-Match": tag}
        response = await self._client.post(f"/v1/tickets/{name}/{ending}", json=body, headers=headers)
        self._keep(response)
        return response

    async def reply(self) -> httpx.Response:
        return await self._on_ticket("replies", {"text": self._row()["description"][:2_000], "by": "agent"})

    async def transition(self) -> httpx.Response:
        return await self._on_ticket("transitions", {"to": self._chance.choice(["pending", "resolved", "closed"])})

    async def article(self) -> httpx.Response:
        """Write one of fifty articles, or delete it: their number stays, and the index is built each time."""
        name = f"/v1/articles/soak-{self._chance.randrange(50)}"
        if self._chance.random() < 0.2:
            return await self._client.delete(name)
        row = self._row()
        return await self._client.put(
            name, json={"title": row["subject"], "body": f"# {row['subject']}\n\n{row['description']}"}
        )

    async def search(self) -> httpx.Response:
        return await self._client.post("/v1/articles/search", json={"query": self._row()["subject"]})

    async def read(self) -> httpx.Response:
        paths = ("/v1/tickets?limit=50", "/metrics", "/readyz", "/v1/models", "/v1/webhooks")
        return await self._client.get(self._chance.choice(paths))

    async def gaps(self) -> httpx.Response:
        return await self._client.get("/v1/reports/kb_gaps")

    async def bad(self) -> httpx.Response:
        method, path, body = self._chance.choice(BAD)
        headers = {"Content-Type": "application/json"}
        if self._chance.random() < 0.2:
            headers["Authorization"] = f"Bearer sk_{self._chance.getrandbits(64):x}"
        return await self._client.request(method, path, content=body, headers=headers)


def _address(visitor: int) -> str:
    return f"11.0.{visitor // 250}.{visitor % 250}"


def sample_rows(path: Any) -> list[Row]:
    """Return the sample's tickets with subject and text."""
    return [row for row in rows_of(path) if row.get("subject") and row.get("description")]
