"""A ticket that is closed on the real service votes soon, in both of its workers, until its customer is erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.peers.sqlite_driver import shared_driver
from tests.crash.worker_service import WorkerService, two_workers
from tests.journeys.service import ROOT, take_the_sample_as_its_own
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shared_driver() is None, reason="no SQLite here may be shared"),
]

SUBJECT = "The wombat gauge hums in a minor key"
BODY = "Since Tuesday the wombat gauge hums in a minor key whenever the moon is out."
AGAIN = "why is our wombat gauge humming in minor when there is a moon?"
SOLVED_BY = "data-residency"
ASKS = 12  # on connections of their own: that one of two workers gets none has a chance of 1 in 2,000


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerService]:
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    home: Path = tmp_path_factory.mktemp("memory") / "home"
    take_the_sample_as_its_own(home)
    with two_workers(home) as running:
        wait_until(lambda: running.ask("GET", "/readyz").status_code == 200, pause=0.2)
        yield running


def first_articles(service: WorkerService) -> set[str]:
    """Return what ranks first, whichever worker is asked."""
    found = [service.ask("POST", "/v1/articles/search", json={"query": AGAIN}).json()["results"] for _ in range(ASKS)]
    return {each[0]["id"] for each in found}


def test_what_solved_a_ticket_is_found_for_the_same_question_in_other_words(service: WorkerService) -> None:
    assert SOLVED_BY not in first_articles(service)
    body = {"subject": SUBJECT, "description": BODY, "email": "ann@example.com"}
    ticket = service.ask("POST", "/v1/tickets", json=body).json()["id"]
    closing = {"to": "resolved", "resolution_type": "solved", "kb_article_id": SOLVED_BY}
    answer = service.ask("POST", f"/v1/tickets/{ticket}/transitions", json=closing)
    assert answer.status_code == 201, answer.text

    wait_until(lambda: first_articles(service) == {SOLVED_BY}, "one of the workers never knew", pause=0.5)
    assert service.counted("firstline_recent_tickets") == 1

    erased = service.ask("POST", "/v1/erasures", json={"ticket": ticket})
    assert erased.json()["erased"]["recent_tickets"] == 1, erased.text
    wait_until(lambda: SOLVED_BY not in first_articles(service), "one of the workers never forgot", pause=0.5)
