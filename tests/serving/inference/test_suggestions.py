"""What may help with a ticket: solved ones like it and articles; nothing of the sample, nothing without a model."""

from __future__ import annotations

from dataclasses import replace

from litestar import Litestar
from litestar.testing import TestClient

from serving.inference.loaded_model import LoadedModel
from serving.inference.suggestions import Suggestions, TicketSuggestions
from serving.inference.tagger import TicketText
from serving.telemetry import Telemetry
from tests.fakes import HashingEncoder
from tests.serving.conftest import FixedModels, a_model

Client = TestClient[Litestar]
EXPORT = TicketText("CSV export is empty", "The export is empty since today.")


def over(client: Client, model: LoadedModel | None) -> TicketSuggestions:
    context = client.app.state.context
    models = FixedModels(model, context.settings, context.clock, Telemetry())
    return TicketSuggestions(models.take, client.app.dependencies["tagging"].dependency().articles.take)  # type: ignore[union-attr]


def test_they_are_solved_tickets_and_articles_internal_ones_too(knowing: Client, encoder: HashingEncoder) -> None:
    found = over(knowing, a_model(encoder)).find(EXPORT)
    assert [(case.id, case.resolution) for case in found.similar] == [("old-1", "Removed the filter.")]
    assert found.articles[0].id == "export"
    asked = TicketText("A refund", "Who may approve the refund up to the limit of a role?")
    assert "runbook-refund" in [article.id for article in over(knowing, a_model(encoder)).find(asked).articles]


def test_closed_tickets_of_the_sample_help_only_where_they_are_asked_for(
    knowing: Client, encoder: HashingEncoder
) -> None:
    suggestions = over(knowing, replace(a_model(encoder), origin="sample"))
    assert suggestions.find(EXPORT).similar == ()
    shown = suggestions.find(EXPORT, sample=True)
    assert [case.id for case in shown.similar] == ["old-1"]
    assert shown.is_sample


def test_without_a_model_or_a_text_there_are_none(knowing: Client, encoder: HashingEncoder) -> None:
    assert over(knowing, None).find(EXPORT) == Suggestions()
    assert over(knowing, a_model(encoder)).find(TicketText(" ", "")) == Suggestions()
