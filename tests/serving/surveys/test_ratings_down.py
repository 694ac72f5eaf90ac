"""The way back to the schema before ratings: they are taken out, and the facts behind them are counted anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.process import migrated
from serving.settings import Settings
from serving.storage.database import read_only
from tests.conftest import on_both_engines
from tests.serving.surveys.customers import act, resolved, send

pytestmark = on_both_engines
FACTS = "SELECT number, type FROM ticket_events ORDER BY number"


def rows(settings: Settings, asked: str) -> list[tuple[object, ...]]:
    with read_only(settings.stored_in) as connection:
        return [tuple(row) for row in connection.execute(sa.text(asked))]


@pytest.mark.slow
def test_without_ratings_a_version_is_still_the_number_of_the_facts(
    app: Litestar, make_key: Callable[..., dict[str, str]], settings: Settings
) -> None:
    with TestClient(app) as client:
        client.headers.update(make_key("agent"))
        ticket, path = resolved(client)
        assert send(client, path, rating="4").status_code == 200
        act(client, ticket, "transitions", to="closed")
    before = rows(settings, FACTS)

    migrated(settings, "0021")

    kept = [kind for _, kind in before if kind != "ticket_rated"]
    assert len(kept) == len(before) - 1
    assert rows(settings, FACTS) == list(enumerate(kept, 1))
    assert rows(settings, "SELECT version FROM tickets") == [(len(kept),)]
    assert rows(settings, "SELECT version FROM ticket_figures") == [(len(kept),)]
