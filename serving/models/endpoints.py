"""`/v1/models`: which bundle serves, what runs beside it, and loading the current one."""

from litestar import Controller, get, post
from litestar.di import NamedDependency

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.inference.candidates import Candidates
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.keys.api_keys import Scope
from serving.models.beside import beside
from serving.models.comparison import ShadowReportOut, compare
from serving.models.schemas import ModelsOut, models_out
from serving.storage.database import Database
from triage.model.registry import Registry


class ModelController(Controller):
    """The model bundles of this desk."""

    path = "/v1/models"
    tags = ["models"]  # noqa: RUF012 (Litestar reads it from the class)

    @get(
        summary="Show the live bundle",
        responses=problem_responses(),
        guards=[allows(Scope.AGENT, Scope.TAG)],
        sync_to_thread=True,
    )
    def show(
        self,
        models: NamedDependency[LiveModels],
        registry: NamedDependency[Registry],
        content: NamedDependency[DeskContent],
        candidates: NamedDependency[Candidates],
        database: NamedDependency[Database],
    ) -> ModelsOut:
        """Return what serves and why, the live bundle, a refused one, shadow and canary, and the versions on disk."""
        return models_out(models.status, registry, content.serves(), beside(candidates, registry, database))

    @get(
        "/shadow",
        summary="Compare the shadow with the current bundle",
        responses=problem_responses(),
        guards=[allows(Scope.AGENT, Scope.TAG)],
        sync_to_thread=True,
    )
    def shadow(self, registry: NamedDependency[Registry], database: NamedDependency[Database]) -> ShadowReportOut:
        """Return how a shadow and the bundle that answered compare on the same tickets.

        While none runs, of the two that were compared last.
        """
        shadow, current = registry.shadow_id(), registry.current_id()
        return database.read(lambda connection: compare(connection, shadow, current))

    @post(
        "/reload",
        summary="Load the current bundle now",
        responses=problem_responses(),
        guards=[allows()],
        status_code=200,
        sync_to_thread=True,
    )
    def reload(
        self,
        models: NamedDependency[LiveModels],
        content: NamedDependency[DeskContent],
        candidates: NamedDependency[Candidates],
        database: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> ModelsOut:
        """Load the current bundle, shadow and canary now; if one is refused, `refused` says why."""
        status = models.reload()
        candidates.watch(clock.now())
        registry = candidates.registry
        return models_out(status, registry, content.serves(), beside(candidates, registry, database))
