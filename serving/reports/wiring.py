"""Wiring of the report slice."""

from datetime import timedelta

from serving.context import Context, Slice
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.jobs.periodic import PeriodicTask
from serving.reports.deflection import DeflectionNumbers
from serving.reports.endpoints import ReportController
from serving.reports.facts import FactStore
from serving.reports.kb_gaps import KnowledgeGaps
from serving.reports.kpis import Kpis
from serving.reports.store import ReadsClosed, ReportStore
from triage import contact_costs

READ_EVERY = timedelta(seconds=60)


def wire(context: Context, models: LiveModels, articles: LiveArticles, closed: ReadsClosed) -> Slice:
    """Return the slice; `closed` reads closed tickets by their ids."""
    costs = contact_costs.of_folder(context.settings.policies)
    lacking = KnowledgeGaps(ReportStore(context.database, closed), models, articles, costs)
    facts = FactStore(context.database)
    deflection = DeflectionNumbers(facts)
    return Slice(
        handlers=[ReportController],
        dependencies={"knowledge_gaps": lacking, "deflection": deflection, "kpis": Kpis(facts, deflection)},
        watches=[PeriodicTask("gaps", READ_EVERY, lacking.read_ahead)],
    )
