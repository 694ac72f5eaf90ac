"""A ticket that is closed in Italian votes in the view of the second encoder, too, and is erased from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from serving.context import Context
from serving.inference.loaded_model import LoadedModel
from serving.inference.recent.recent_tickets import RecentTickets
from serving.inference.similar_tickets import ClosedCases
from serving.memory import store
from tests.fakes import HashingEncoder, TranslatingEncoder
from tests.serving.conftest import CASES, Client, FixedModels, a_model
from tests.serving.memory.test_closed_tickets_vote import resolved
from tests.waiting import wait_until
from triage.model.closed_tickets.bundled import BundledTickets, SecondVectors

ITALIAN = "scaricare una fattura"
GERMAN = "rechnung herunterladen"


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel:
    second, subjects = TranslatingEncoder(), [str(case["subject"]) for case in CASES]
    vectors, again = (by.encode(subjects).astype(np.float16) for by in (encoder, second))
    cases = ClosedCases.of(BundledTickets(vectors, tuple(CASES), second=SecondVectors(again)))
    seen = {"precedents": cases.precedents(), "second_precedents": cases.second_precedents()}
    return a_model(encoder, cases=cases, second_encoder=second, **seen)


def votes(models: FixedModels, question: str = GERMAN) -> Mapping[str, float]:
    """What the closed tickets say by the second encoder."""
    live = models.loaded
    assert live is not None
    assert live.second_precedents is not None
    return live.second_precedents.recall(TranslatingEncoder().encode([question])[0], question).votes


def test_what_solved_an_italian_ticket_is_found_for_a_german_question(
    knowing: Client, served: list[FixedModels]
) -> None:
    assert "refund" not in votes(served[0])

    resolved(knowing, ITALIAN, article="refund")

    wait_until(lambda: votes(served[0]).get("refund", 0.0) > 0)
    live = served[0].loaded
    assert live is not None
    by_first = live.precedents.recall(live.encoder.encode([GERMAN])[0], GERMAN).votes
    assert by_first.get("refund", 0.0) == 0, "the first encoder sees nothing in common"


def test_erased_it_votes_there_no_longer_and_nothing_is_left(knowing: Client, served: list[FixedModels]) -> None:
    resolved(knowing, ITALIAN, article="refund")
    wait_until(lambda: "refund" in votes(served[0]))

    knowing.post("/v1/erasures", json={"email": "ann@example.com"})

    wait_until(lambda: "refund" not in votes(served[0]))
    context: Context = knowing.app.state.context
    assert [row.ticket for row in context.database.read(lambda each: store.since(each, 0, 9))] == [None]


def test_vectors_by_the_second_encoder_of_another_bundle_are_left_out(
    knowing: Client, served: list[FixedModels], model: LoadedModel
) -> None:
    resolved(knowing, ITALIAN, article="refund")
    wait_until(lambda: "refund" in votes(served[0]))
    context: Context = knowing.app.state.context
    (change,) = context.database.read(lambda each: store.since(each, 0, 9))
    assert change.ticket is not None
    assert len(change.ticket.vector) == 2 * model.encoder.dim
    foreign = RecentTickets([change.ticket], dim=model.encoder.dim, bundle="another")
    by_both = model.cases.with_recent(foreign).second_precedents()

    assert len(foreign.vectors) == 1
    assert by_both is not None
    assert "refund" not in by_both.recall(TranslatingEncoder().encode([GERMAN])[0], GERMAN).votes
