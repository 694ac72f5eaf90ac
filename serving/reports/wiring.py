"""Wiring of the report slice."""

from datetime import timedelta

from serving.context import Context, Slice
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.jobs.periodic import PeriodicTask
from serving.reports.article_use import ArticleReport
from serving.reports.deflection import DeflectionNumbers
from serving.reports.endpoints import ReportController
from serving.reports.facts import FactStore
from serving.reports.kb_gaps import KnowledgeGaps
from serving.reports.kpis import Kpis
from serving.reports.rollups.refreshing import REFRESH_EVERY, Rollups
from serving.reports.staffing import LOOK_EVERY, StaffingWatch
from serving.reports.store import ReadsClosed, ReportStore
from triage import contact_costs

READ_EVERY = timedelta(seconds=60)
COUNTED_EVERY = timedelta(seconds=50)  # before the counts at hand are too old for a page


def wire(context: Context, models: LiveModels, articles: LiveArticles, closed: ReadsClosed) -> Slice:
    """Return the slice; `closed` reads closed tickets by their ids."""
    costs = contact_costs.of_folder(context.settings.policies)
    lacking = KnowledgeGaps(ReportStore(context.database, closed), models, articles, costs)
    rollups = Rollups(context.database)
    article_use = ArticleReport(context.database, rollups.articles)
    facts = FactStore(context.database)
    deflection = DeflectionNumbers(rollups.sessions)
    kpis = Kpis(facts, rollups.tickets, deflection)
    staffing = StaffingWatch(context.database, facts, kpis)
    return Slice(
        handlers=[ReportController],
        dependencies={
            "knowledge_gaps": lacking,
            "article_report": article_use,
            "deflection": deflection,
            "kpis": kpis,
            "staffing": staffing,
        },
        watches=[
            PeriodicTask("day_counts", REFRESH_EVERY, rollups.refresh),
            PeriodicTask("gaps", READ_EVERY, lacking.read_ahead),
            PeriodicTask("article_use", COUNTED_EVERY, article_use.uses),
            PeriodicTask("staffing", LOOK_EVERY, staffing.look),
        ],
    )
