"""Two replicas on one PostgreSQL and one models folder: the same ticket gets the same model, and a canary ends once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from litestar.testing import TestClient

from serving.app import create_app
from serving.keys.api_keys import Scope
from serving.process import opened_keys
from serving.settings import Settings
from serving.storage.job_tables import outbox_events
from serving.storage.model_tables import canary_runs
from tests.fakes import FrozenClock
from tests.postgres import Postgres
from tests.serving.models.conftest import TriedDesk, filed
from tests.waiting import wait_until
from triage.model.registry import Registry


@pytest.fixture
def both(
    postgres: Postgres, template: str, registry: Registry, clock: FrozenClock, tmp_path: Path
) -> Iterator[list[TriedDesk]]:
    """Two services, each with a home of its own but for the models."""
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    url, desks = postgres.fresh(template), []
    current = registry.current_id() or ""
    (candidate,) = set(registry.versions()) - {current}
    with ExitStack() as stack:
        for number in range(2):
            home = tmp_path / f"replica-{number}"
            home.mkdir()
            (home / "models").symlink_to(registry.folder)
            (home / "secret.key").write_text("5e" * 32, encoding="ascii")
            settings = Settings(home=home, sample=home / "no-sample", demo=False, database_url=url)
            client = stack.enter_context(TestClient(create_app(settings, clock=clock)))
            desks.append(TriedDesk(client, Registry(settings.models_path), current, candidate))
        with opened_keys(settings, clock) as keys:
            shown = f"Bearer {keys.create(Scope.ADMIN, at=clock.now())}"
        for desk in desks:
            desk.client.headers["Authorization"] = shown
            desk.client.app.state.context.keys.refresh(clock.now())
            wait_until(lambda: desk.client.get("/readyz").json()["missing"].get("models") is None)  # noqa: B023
        yield desks


def test_both_give_a_ticket_the_same_model_and_the_canary_ends_once(both: list[TriedDesk]) -> None:
    one, other = both
    one.start_canary(0.3)
    other.reload()

    models = [[desk.tag(number)["model"]["version"] for number in range(60)] for desk in both]
    assert models[0] == models[1]
    assert set(models[0]) == {one.current, one.candidate}

    served = [number for number, version in enumerate(models[0]) if version == one.candidate]
    for turn, number in enumerate(served):
        desk = both[turn % 2]
        body = desk.tag(number)
        if body["model"]["version"] == one.candidate:
            desk.correct(body)
    wait_until(lambda: one.registry.canary() is None, "it did not go back")

    for desk in both:
        wait_until(lambda: desk.models()["canary"] is None)  # noqa: B023
        shown = desk.models()["reverted"]
        assert (shown["version"], shown["reason"]) == (one.candidate, "corrected")
        desk.reload()
        assert {desk.tag(number)["model"]["version"] for number in range(60)} == {one.current}

    def left(connection: sa.Connection) -> tuple[int | None, int | None]:
        sent = sa.select(sa.func.count()).where(outbox_events.c.type == "model.canary_reverted")
        return connection.scalar(sent), connection.scalar(sa.select(sa.func.count()).select_from(canary_runs))

    assert one.database.read(left) == (1, 1)


def test_a_shadow_is_compared_over_the_tickets_of_both(both: list[TriedDesk]) -> None:
    one, other = both
    one.start_shadow()
    other.reload()
    for number in range(20):
        both[number % 2].tag(number)
    batch = {"tickets": [filed(number) for number in range(20, 40)]}
    assert other.client.post("/v1/tags/batch", json=batch).status_code == 200
    one.compared(40)

    assert one.report() == other.report()
    assert one.report()["heads"]["category"]["agreement"]["n"] == 40
