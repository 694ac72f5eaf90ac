"""`/v1/models`: which bundle serves, what runs beside it, and loading the current one."""

from litestar import Controller, get, post
from litestar.di import NamedDependency

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.inference.candidates import Candidates
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.inference.watching.watch import CertificateWatch
from serving.keys.api_keys import Scope
from serving.models.beside import beside
from serving.models.certificates import certificates_of
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
        content: NamedDependency[DeskContent],
        candidates: NamedDependency[Candidates],
        database: NamedDependency[Database],
        certificate_watch: NamedDependency[CertificateWatch],
        clock: NamedDependency[Clock],
    ) -> ModelsOut:
        """Return what serves and why, the live bundle and its certificates, shadow, canary, and what is on disk."""
        status, registry = models.status, candidates.registry
        certificates = certificates_of(status, certificate_watch, clock.now())
        return models_out(status, registry, content.serves(), beside(candidates, registry, database), certificates)

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
        certificate_watch: NamedDependency[CertificateWatch],
        clock: NamedDependency[Clock],
    ) -> ModelsOut:
        """Load the current bundle, shadow and canary now; if one is refused, `refused` says why."""
        at, status, registry = clock.now(), models.reload(), candidates.registry
        candidates.watch(at)
        certificates = certificates_of(status, certificate_watch, at)
        return models_out(status, registry, content.serves(), beside(candidates, registry, database), certificates)
