"""Every tag says why by a code, wherever it is answered; the sentence beside it is short."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from serving.inference.loaded_model import LoadedModel
from serving.storage.tables import taggings, ticket_events
from tests.fakes import FixedBundle, HashingEncoder
from tests.serving.conftest import Client, a_model
from triage.model.assessment import HeadThresholds, Leaf
from triage.model.certificate import Certificate
from triage.reason_codes import LONGEST_REASON, ReasonCode

SURE = HeadThresholds(0.5, (Leaf(certificate=Certificate("crt_1", 0.8, 0.05, 0.1, 100, 1)),))
SAYS = {
    "category": {"bug": 0.9, "how_to": 0.1},
    "product_area": {"api": 0.4, "reports": 0.3, "dashboard": 0.3},
    "priority": {"P3": 0.6, "P1": 0.25, "P0": 0.15},
    "sentiment": {"calm": 0.7, "angry": 0.3},
    "topic": {"exports": 0.9, "imports": 0.1},
}
RULED = {
    "category": SURE,  # 0.9 reaches 0.8
    "sentiment": SURE,  # 0.7 does not
    "topic": replace(SURE, withdrawn={"exports": "'exports' was split on 2026-01-20"}),
}


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel:
    return a_model(encoder, FixedBundle(says=SAYS, ruled=RULED))


def codes(tags: dict[str, Any]) -> dict[str, str]:
    assert all(0 < len(tag["reason"]) <= LONGEST_REASON for tag in tags.values())
    return {head: tag["reason_code"] for head, tag in tags.items()}


CALM = {
    "category": "certified",
    "product_area": "below_threshold",
    "priority": "no_certificate",
    "sentiment": "below_threshold",
    "topic": "out_of_domain",
}


def test_a_tag_says_why_by_its_code(client: Client) -> None:
    tags = client.post("/v1/tags", json={"subject": "Where is the export?"}).json()["tags"]
    assert codes(tags) == CALM
    assert (tags["product_area"]["mode"], tags["sentiment"]["mode"]) == ("abstain", "suggest")


def test_a_batch_and_a_ticket_say_the_same(client: Client) -> None:
    sent = {"subject": "Where is the export?"}
    batch = client.post("/v1/tags/batch", json={"tickets": [sent, sent]}).json()["results"]
    opened = client.post("/v1/tickets", json=sent).json()
    again = client.get(f"/v1/tickets/{opened['id']}").json()
    listed = client.get("/v1/tickets").json()["tickets"][0]
    assert [codes(each["tags"]) for each in (*batch, opened, again, listed)] == [CALM] * 5


def test_a_phrase_that_raises_has_a_code(client: Client) -> None:
    assert client.post("/v1/tags", json={"subject": "data loss"}).json()["tags"]["priority"]["reason_code"] == (
        "raised_by_phrase"
    )


class TestACutoff:
    """Where training could set a cutoff of urgency."""

    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel:
        return a_model(encoder, FixedBundle(says=SAYS, ruled=RULED, urgent_cut=0.3))

    def test_that_raises_has_a_code(self, client: Client) -> None:
        tag = client.post("/v1/tags", json={"subject": "Where is the export?"}).json()["tags"]["priority"]
        assert (tag["label"], tag["reason_code"]) == ("P2", "raised_by_probability")


def test_what_a_person_sets_has_a_code(client: Client) -> None:
    tagged = client.post("/v1/tags", json={"subject": "x"}).json()
    path, actor = f"/v1/tags/{tagged['id']}/correction", "a" * 200
    corrected = client.post(path, json={"category": "how_to", "actor": actor}).json()
    assert codes(corrected["tags"]) == CALM | {"category": "set_by_person"}
    ticket = client.post("/v1/tickets", json={"subject": "x", "tags": {"priority": "P2"}}).json()
    assert codes(ticket["tags"]) == CALM | {"priority": "set_by_person"}


def test_the_schema_lists_the_codes(client: Client) -> None:
    schemas = client.get("/schema/openapi.json").json()["components"]["schemas"]
    listed = next(body for name, body in schemas.items() if name.endswith("ReasonCode"))
    assert listed["enum"] == [code.value for code in ReasonCode]


def test_tags_that_were_stored_without_a_code_are_read_and_told_from_the_rest(client: Client) -> None:
    """As a version before the codes left them: nothing but `reason_code` is missing."""
    opened = client.post("/v1/tickets", json={"subject": "data loss", "tags": {"product_area": "api"}}).json()
    tagged = client.post("/v1/tags", json={"subject": "data loss"}).json()

    def forget(connection: sa.Connection) -> None:
        for row in connection.execute(sa.select(ticket_events)).mappings().all():
            if row["type"] == "ticket_tagged":
                record = {**row["record"], "tags": _without_codes(row["record"]["tags"])}
                here = (ticket_events.c.ticket_id == row["ticket_id"]) & (ticket_events.c.number == row["number"])
                connection.execute(ticket_events.update().where(here).values(record=record))
        for row in connection.execute(sa.select(taggings)).mappings().all():
            connection.execute(taggings.update().values(tags=_without_codes(row["tags"])))

    client.app.state.context.database.write(forget)
    ticket = client.get(f"/v1/tickets/{opened['id']}").json()
    assert codes(ticket["tags"]) == {
        "category": "certified",
        "product_area": "set_by_person",
        "priority": "raised_by_phrase",
        "sentiment": None,
        "topic": None,
    }
    path = f"/v1/tags/{tagged['id']}/correction"
    corrected = client.post(path, json={"product_area": "api", "actor": "ana"}).json()
    assert codes(corrected["tags"]) == codes(ticket["tags"])


def _without_codes(tags: dict[str, Any]) -> dict[str, Any]:
    return {head: {name: value for name, value in tag.items() if name != "reason_code"} for head, tag in tags.items()}
