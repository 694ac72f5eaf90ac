"""PostgreSQL cannot be reached while the desk is at work: what is in memory answers, and nothing is told as kept.

Everybody asks the real service all along, through a network that swallows every word, and then one that refuses.
Each request and its answer is a line of `history.jsonl`; what the service told is compared with what the database
holds when all is over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.crash.operation_history import OperationHistory
from tests.crash.proxy import FaultProxy, proxied
from tests.journeys.service import create_key, serving, take_the_sample_as_its_own
from tests.postgres import Postgres
from tests.waiting import PATIENCE, wait_until

QUESTION = {"question": "How do I reset my password?", "channel": "chat"}
TICKET = {"subject": "Charged twice", "description": "Our card was charged twice."}
PAUSE = 0.08  # seconds between two requests of one of the four that ask: about fifty a second together
AT_WORK = 3.0  # seconds before an outage, and after it
#: Seconds until an outage must be told, and until all is well after it. A free machine needs two; whoever waits for the
#: limit of a request, as all would if nobody looked after the server, needs eighteen.
SEEN = 15.0
KEPT = (200, 201)  # an answer from memory, and one that was also kept
POOL = 7  # connections that one process may hold: the pool, the pulse's and the claims'


@dataclass
class Crowd:
    """They ask without end: for articles, a question, for tags, for a ticket under a new key, whether all is well."""

    address: str
    key: str
    history: OperationHistory
    begun: float = field(default_factory=time.monotonic)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        keys = count()
        asked: dict[str, Callable[[httpx.Client], httpx.Response]] = {
            "search": lambda desk: desk.post("/v1/articles/search", json={"query": QUESTION["question"]}),
            "question": lambda desk: desk.post("/v1/deflections", json=QUESTION),
            "tags": lambda desk: desk.post("/v1/tags", json=TICKET),
            "ticket": lambda desk: desk.post(
                "/v1/tickets", json=TICKET, headers={"Idempotency-Key": f"key-{next(keys)}"}
            ),
            "ready": lambda desk: desk.get("/readyz"),
        }
        threads = [threading.Thread(target=self._ask, args=each, daemon=True) for each in asked.items()]
        for thread in threads:
            thread.start()
        yield
        self._over.set()
        for thread in threads:
            thread.join(timeout=PATIENCE)
            assert not thread.is_alive(), "somebody was never answered"

    def _ask(self, what: str, request: Callable[[httpx.Client], httpx.Response]) -> None:
        with httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {self.key}"}, timeout=60) as desk:
            for number in count():
                if self._over.is_set():
                    return
                key, sent = f"{what}-{number}", time.monotonic() - self.begun
                self.history.sent(what, key, at=sent)
                answer = request(desk)
                took = time.monotonic() - self.begun - sent
                facts = {"status": answer.status_code, "at": sent, "took": took, "id": answer.json().get("id")}
                if answer.is_success:
                    self.history.acknowledged(what, key, **facts)
                else:
                    self.history.failed(what, key, f"{answer.status_code}", **facts)
                time.sleep(PAUSE)

    def now(self) -> float:
        return time.monotonic() - self.begun

    def wait_for(self, since: float, **statuses: tuple[int, ...]) -> None:
        """Wait until each was answered so that is named, having asked after an instant."""
        for what, wanted in statuses.items():
            wait_until(
                lambda: any(row["at"] > since and row["status"] in wanted for row in answers(self.history, what)),  # noqa: B023
                f"{what} was never answered with one of {wanted}",
                pause=0.2,
            )


@dataclass(frozen=True)
class Outage:
    """From when to when nothing passed, in the seconds of the history."""

    fault: str
    lost: float
    healed: float


def answers(history: OperationHistory, what: str) -> list[dict[str, float]]:
    return [row for row in history.rows() if row["operation"] == what and row["what"] != "sent"]


def live_through(crowd: Crowd, proxy: FaultProxy, fault: str, seconds: float) -> Outage:
    time.sleep(AT_WORK)
    proxy.set(**{fault: True})
    lost = crowd.now()  # whoever asks from here on finds nothing that passes
    time.sleep(seconds)
    crowd.wait_for(lost, ready=(503,), ticket=(503,), search=KEPT, question=KEPT, tags=KEPT)
    healed = crowd.now()
    proxy.set()
    crowd.wait_for(healed, ready=(200,), ticket=(201,))
    time.sleep(AT_WORK)
    return Outage(fault, lost, healed)


def check(history: OperationHistory, outage: Outage) -> str:
    """Insist on what was promised while nothing could be kept, and return a line that tells of it."""

    def dark(rows: list[dict[str, float]]) -> list[dict[str, float]]:
        return [row for row in rows if outage.lost <= row["at"] < outage.healed]

    from_memory = [dark(answers(history, what)) for what in ("search", "question", "tags")]
    for rows in from_memory:
        assert {row["status"] for row in rows} <= {*KEPT}, "what is in memory did not answer"
    refused = [row for row in dark(answers(history, "ticket")) if row["at"] + row["took"] < outage.healed]
    assert {row["status"] for row in refused} == {503}, "nobody can have kept these"
    ready = answers(history, "ready")
    told = next(row for row in ready if row["at"] > outage.lost and row["status"] == 503)
    again = next(row for row in ready if row["at"] > outage.healed and row["status"] == 200)
    taken = next(row for row in answers(history, "ticket") if row["at"] > outage.healed and row["status"] == 201)
    assert told["at"] + told["took"] - outage.lost < SEEN
    assert max(again["at"], taken["at"]) - outage.healed < SEEN
    slowest = max(row["took"] for rows in from_memory for row in rows)
    usual = sorted(row["took"] for rows in from_memory for row in rows)
    return (
        f"| {outage.fault} | {outage.healed - outage.lost:.0f} | {sum(map(len, from_memory))} |"
        f" {1_000 * usual[len(usual) // 2]:.0f} | {slowest:.2f} | {len(refused)} |"
        f" {told['at'] + told['took'] - outage.lost:.1f} | {again['at'] - outage.healed:.1f} |"
        f" {taken['at'] + taken['took'] - outage.healed:.1f} |"
    )


def live(postgres: Postgres, tmp_path: Path, seconds: float) -> None:
    url, history = postgres.fresh(), OperationHistory(tmp_path / "history.jsonl")
    home = tmp_path / "home"
    home.mkdir()
    take_the_sample_as_its_own(home)  # its tickets would end the sample
    with proxied(postgres.port) as proxy:
        between = url.replace(f":{postgres.port}/", f":{proxy.port}/")
        key = create_key(home, "admin", FIRSTLINE_DATABASE_URL=url)
        with serving(home, key, FIRSTLINE_DATABASE_URL=between, FIRSTLINE_LOG_LEVEL="warning") as service:
            crowd = Crowd(str(service.client.base_url), key, history)
            with crowd.at_work():
                outages = [live_through(crowd, proxy, fault, seconds) for fault in ("partition", "down")]
            told = {row["id"] for row in answers(history, "ticket") if row["status"] == 201}
            with psycopg.connect(url) as connection:
                kept = {row[0] for row in connection.execute("SELECT id FROM tickets")}
                held = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                ).fetchone()
    print("| fault | s | answers from memory | ms, median | slowest s | tickets refused | told s | ready s | taken s |")
    for outage in outages:
        print(check(history, outage))
    assert told <= kept, "told as kept, and not there"
    assert held is not None
    assert held[0] - 1 <= POOL, "connections leak"


def test_what_is_in_memory_answers_while_the_database_is_away(postgres: Postgres, tmp_path: Path) -> None:
    live(postgres, tmp_path, seconds=8)


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_a_database_that_is_away_for_a_minute(postgres: Postgres, tmp_path: Path) -> None:
    live(postgres, tmp_path, seconds=60)
