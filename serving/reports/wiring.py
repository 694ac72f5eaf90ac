"""Wiring of the report slice."""

from datetime import timedelta

from serving.context import Context, Slice
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.jobs.periodic import PeriodicTask
from serving.reports.article_use import ArticleReport
from serving.reports.capacity.counting import counts
from serving.reports.capacity.endpoints import CapacityController
from serving.reports.capacity.planning import CapacityPlan
from serving.reports.deflection import DeflectionNumbers
from serving.reports.endpoints import ReportController
from serving.reports.experiments.endpoints import ExperimentController
from serving.reports.experiments.facts import ArmFacts
from serving.reports.experiments.report import ExperimentNumbers
from serving.reports.facts import FactStore
from serving.reports.kb_gaps import KnowledgeGaps
from serving.reports.kpis import Kpis
from serving.reports.question_vectors import Readings
from serving.reports.rollups.refreshing import REFRESH_EVERY, Rollups
from serving.reports.searches import Searches
from serving.reports.staffing import LOOK_EVERY, StaffingWatch
from serving.reports.store import ReadsClosed, ReportStore
from serving.reports.trends import weekly
from serving.reports.trends.endpoints import TrendsController
from serving.reports.trends.reading import TrendStore
from serving.reports.trends.trends import ProductTrends
from triage import contact_costs
from triage.capacity import terms_file

READ_EVERY = timedelta(seconds=60)
COUNTED_EVERY = timedelta(seconds=50)  # before the counts at hand are too old for a page


def wire(context: Context, models: LiveModels, articles: LiveArticles, closed: ReadsClosed) -> Slice:
    """Return the slice; `closed` reads tickets by their ids as training data has them."""
    costs = contact_costs.of_folder(context.settings.policies)
    readings = Readings()
    lacking = KnowledgeGaps(ReportStore(context.database, closed), models, articles, costs, readings)
    trends = ProductTrends(TrendStore(context.database, closed), models, costs, readings)
    rollups = Rollups(context.database)
    article_use = ArticleReport(context.database, rollups.articles)
    facts = FactStore(context.database)
    deflection = DeflectionNumbers(rollups.sessions)
    kpis = Kpis(facts, rollups.tickets, deflection)
    staffing = StaffingWatch(context.database, facts, kpis)
    terms = terms_file.of_folder(context.settings.policies, context.policies.sla.calendars)
    plan = CapacityPlan(terms, costs, lambda at: context.database.read(lambda connection: counts(connection, at)))
    return Slice(
        handlers=[ReportController, CapacityController, ExperimentController, TrendsController],
        dependencies={
            "capacity_plan": plan,
            "product_trends": trends,
            "knowledge_gaps": lacking,
            "article_report": article_use,
            "deflection": deflection,
            "kpis": kpis,
            "experiment": ExperimentNumbers(ArmFacts(context.database)),
            "searches": Searches(context.database),
            "staffing": staffing,
        },
        watches=[
            PeriodicTask("day_counts", REFRESH_EVERY, rollups.refresh),
            PeriodicTask("gaps", READ_EVERY, lacking.read_ahead),
            PeriodicTask("article_use", COUNTED_EVERY, article_use.uses),
            PeriodicTask("staffing", LOOK_EVERY, staffing.look, once=True),
            PeriodicTask("trends", weekly.LOOK_EVERY, weekly.WeeklyTrends(context.database, trends).look),
        ],
    )
