"""Clients that speak an older taxonomy: what they send is understood, what they get is in their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from serving.app import create_app
from serving.composition import slices
from serving.context import Context
from serving.settings import Settings
from tests.fakes import FixedBundle, FrozenClock, HashingEncoder
from tests.serving.conftest import Client, FixedModels, a_model
from triage.taxonomy.changes_file import parse
from triage.taxonomy.lineage import Lineage

pytestmark = pytest.mark.usefixtures("migrated_home")

CHANGES = """
[[change]]
at = 2026-01-01T00:00:00Z
head = "category"
rename = "defect"
to = "bug"

[[change]]
at = 2026-01-02T00:00:00Z
head = "category"
merge = ["question", "manual"]
to = "how_to"

[[change]]
at = 2026-01-03T00:00:00Z
head = "category"
split = "money"
into = ["billing", "prices"]

[[change]]
at = 2026-01-04T00:00:00Z
head = "product_area"
retire = "fax"
"""
OLD = {"category": ("defect", "question", "manual", "money")}
TICKET = {"subject": "Export is empty", "description": "Since this morning every CSV export is empty."}


@pytest.fixture
def client(settings: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]]) -> Iterator[Client]:
    """A service whose model's labels went through the changes."""
    lineage = Lineage(today="old").followed_by(parse(CHANGES), "taxonomy-1", OLD)
    model = a_model(HashingEncoder(), FixedBundle(), lineage=lineage)

    def compose(context: Context) -> Any:
        return slices(context, models=FixedModels(model, settings, clock, context.telemetry))

    with TestClient(create_app(settings, clock=clock, compose=compose)) as client:
        client.headers.update(make_key("admin"))
        yield client


def test_an_older_client_is_answered_in_its_own_words(client: Client) -> None:
    body = client.post("/v1/tags", json=TICKET, headers={"Firstline-Taxonomy": "old"}).json()
    assert body["tags"]["category"]["label"] == "defect"
    assert [each["label"] for each in body["tags"]["category"]["alternatives"]] == ["question", "money"]
    assert body["tags"]["product_area"]["alternatives"][0]["label"] == "api"
    assert body["model"]["taxonomy"] == "taxonomy-1"
    batch = client.post("/v1/tags/batch", json={"tickets": [TICKET]}, headers={"Firstline-Taxonomy": "old"}).json()
    assert batch["results"][0]["tags"]["category"]["label"] == "defect"


@pytest.mark.parametrize("headers", [{}, {"Firstline-Taxonomy": "taxonomy-1"}])
def test_other_clients_get_todays_names(client: Client, headers: dict[str, str]) -> None:
    body = client.post("/v1/tags", json=TICKET, headers=headers).json()
    assert body["tags"]["category"]["label"] == "bug"


def test_a_version_that_nobody_spoke_is_refused_with_those_that_are_known(client: Client) -> None:
    answer = client.post("/v1/tags", json=TICKET, headers={"Firstline-Taxonomy": "older"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:firstline:problem:taxonomy-not-known")
    assert answer.json()["known"] == ["old", "taxonomy-1"]


def test_an_old_name_is_understood_wherever_a_label_is_set(client: Client) -> None:
    opened = client.post("/v1/tickets", json={**TICKET, "tags": {"category": "defect"}})
    assert opened.status_code == 201, opened.text
    assert opened.json()["tags"]["category"]["label"] == "bug"
    path, headers = f"/v1/tickets/{opened.json()['id']}", {"If-Match": "*"}
    changed = client.patch(path, json={"tags": {"category": "question"}}, headers=headers)
    assert changed.json()["tags"]["category"]["label"] == "how_to"
    taken = client.patch(path, json={"tags": {"category": None}}, headers=headers).json()
    assert taken["tags"]["category"]["label"] is None
    tagging = client.post("/v1/tags", json=TICKET).json()
    body = client.post(f"/v1/tags/{tagging['id']}/correction", json={"category": "defect", "actor": "ana"}).json()
    assert body["tags"]["category"]["label"] == "bug"


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"category": "money"}, "'money' was split into 'billing' and 'prices' on 2026-01-03. category has: account,"),
        ({"product_area": "fax"}, "'fax' was retired on 2026-01-04. product_area has: api, billing"),
        ({"category": "defcet"}, "Not a label of category: it knows account, billing, bug"),
    ],
)
def test_a_label_that_is_no_more_or_never_was_is_refused_with_what_became_of_it(
    client: Client, tags: dict[str, str], said: str
) -> None:
    answer = client.post("/v1/tickets", json={**TICKET, "tags": tags})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"] in tags
    assert said in error["message"]
    assert client.get("/v1/tickets").json()["tickets"] == []


def test_what_a_change_added_may_be_set_before_the_model_has_learnt_it(client: Client) -> None:
    opened = client.post("/v1/tickets", json={**TICKET, "tags": {"category": "prices"}})
    assert opened.json()["tags"]["category"]["label"] == "prices"


def test_priorities_are_fixed_whatever_changed(client: Client) -> None:
    tagging = client.post("/v1/tags", json=TICKET).json()
    answer = client.post(f"/v1/tags/{tagging['id']}/correction", json={"priority": "P9", "actor": "ana"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "priority")
    assert "P0, P1, P2, P3, P4" in answer.json()["errors"][0]["message"]
