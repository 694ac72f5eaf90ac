"""What was shown of a helpdesk's ticket that a client had tagged says where its label there comes from."""

from __future__ import annotations

from typing import Any

import pytest

from serving.helpdesks.following.label_sources import ShownHere, with_sources
from serving.inference.loaded_model import LoadedModel
from serving.tagging.label_sources import shown
from serving.tickets.store import load_all
from tests.fakes import FixedBundle, HashingEncoder
from tests.serving.conftest import Client, a_model
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.tagging.test_certified_tags import RULE

TICKET = {"subject": "CSV export is empty", "plan": "premium", "external_id": "desk:9"}


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel:
    """Applies the category, suggests the priority, and says nothing of the area."""
    return a_model(encoder, FixedBundle(ruled={"category": RULE}))


def sources(client: Client, remote_id: str = "9", **labels: str) -> dict[str, Any]:
    """Return the sources of a ticket that `firstline snapshot --from` finds closed."""
    record, here = {"id": f"desk-{remote_id}", "subject": "Export"} | labels, ShownHere(load_all, shown)
    database = client.app.state.context.database
    [found] = database.read(lambda reading: with_sources(reading, "desk", MemoryDesk(), [record], here))
    return dict(found.get("label_sources", {}))


def tagged(client: Client, **more: str) -> str:
    return str(client.post("/v1/tags", json=TICKET | more).json()["id"])


def correct(client: Client, tagging_id: str, **labels: str) -> None:
    answer = client.post(f"/v1/tags/{tagging_id}/correction", json={"actor": "ana"} | labels)
    assert answer.is_success, answer.text


@pytest.mark.parametrize("external_id", ["desk:9", "desk-9", "9"])
def test_the_same_label_is_the_models_if_it_is_applied_and_an_agents_if_it_was_suggested(
    knowing: Client, external_id: str
) -> None:
    tagged(knowing, external_id=external_id)
    assert sources(knowing, category="bug", priority="P1", product_area="api") == {
        "category": "model_unseen",
        "priority": "person_after_suggestion",
        "product_area": "person",
    }


def test_another_label_was_chosen_after_the_models(knowing: Client) -> None:
    tagged(knowing)
    assert sources(knowing, category="billing") == {"category": "person_after_suggestion"}


def test_a_correction_is_a_persons_after_a_suggestion_or_without_one(knowing: Client) -> None:
    tagging_id = tagged(knowing)
    correct(knowing, tagging_id, category="bug", product_area="api")  # one confirmed, one where the head abstained
    correct(knowing, tagging_id, product_area="reports")
    tagged(knowing)  # once more, and nobody corrects that
    assert sources(knowing, category="bug", product_area="reports") == {
        "category": "person_after_suggestion",
        "product_area": "person",
    }


def test_a_ticket_that_was_never_tagged_has_no_sources(knowing: Client) -> None:
    tagged(knowing)
    assert sources(knowing, remote_id="10", category="bug") == {}
