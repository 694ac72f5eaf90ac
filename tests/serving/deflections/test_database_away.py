"""While the database is away, what is in memory answers, and nothing is promised that would have to be kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from serving.storage.tables import deflections
from tests.crash.proxy import FaultProxy, proxied
from tests.postgres import Postgres
from tests.serving.conftest import Client

KNOWN = "CSV export is empty, a filter hides every row?"
UNKNOWN = "Do penguins migrate in winter?"
MONDAY = "2026-03-02T10:00:00Z"


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[FaultProxy]:
    with proxied(postgres.port) as between:
        yield between


@pytest.fixture
def database_url(postgres: Postgres, template: str, proxy: FaultProxy) -> str:
    return postgres.fresh(template).replace(f":{postgres.port}/", f":{proxy.port}/")


@pytest.fixture
def cut_off(knowing: Client, proxy: FaultProxy) -> Client:
    """A service that knows articles, and lost its database."""
    assert knowing.post("/v1/deflections", json={"question": KNOWN}).status_code == 201
    proxy.set(down=True)
    assert knowing.get("/readyz").status_code == 503
    return knowing


def test_an_answer_comes_without_an_id_and_creates_nothing(cut_off: Client, proxy: FaultProxy) -> None:
    answer = cut_off.post("/v1/deflections", json={"question": KNOWN, "visitor": "v1"})

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["id"], told["decision"], told["answer"]["sources"][0]["article_id"]) == (None, "answer", "export")
    metrics = cut_off.get("/metrics").text
    assert "firstline_answers_unrecorded_total 1.0" in metrics
    assert 'firstline_deflections_total{decision="answer"} 1.0' in metrics
    proxy.set()
    database = cut_off.app.state.context.database
    assert database.unreachable() is None
    assert len(database.read(lambda c: c.execute(deflections.select()).all())) == 1


@pytest.mark.parametrize("asked", [{"question": UNKNOWN}, {"question": KNOWN, "human_requested": True}])
def test_a_hand_off_is_not_promised(cut_off: Client, asked: dict[str, object]) -> None:
    answer = cut_off.post("/v1/deflections", json=asked)

    assert answer.status_code == 503, answer.text
    assert answer.json()["type"] == "urn:firstline:problem:database-unavailable"
    assert int(answer.headers["Retry-After"]) > 0


def test_an_answer_under_a_key_is_refused_as_a_repeat_could_not_be_promised_the_same(cut_off: Client) -> None:
    answer = cut_off.post("/v1/deflections", json={"question": KNOWN}, headers={"Idempotency-Key": "once"})

    assert answer.status_code == 503, answer.text


def test_articles_are_found_and_deadlines_reckoned(cut_off: Client) -> None:
    found = cut_off.post("/v1/articles/search", json={"query": KNOWN})
    due = cut_off.post("/v1/sla/deadlines", json={"plan": "standard", "priority": "P1", "created_at": MONDAY})

    assert (found.status_code, found.json()["results"][0]["id"]) == (200, "export")
    assert due.status_code == 200, due.text


def test_all_is_kept_again_as_soon_as_the_database_is_back(cut_off: Client, proxy: FaultProxy) -> None:
    proxy.set()

    assert cut_off.get("/readyz").json()["missing"].get("database") is None
    answer = cut_off.post("/v1/deflections", json={"question": KNOWN})
    assert (answer.status_code, answer.json()["id"][:4]) == (201, "dfl_")
