"""`/v1/models`: which bundle serves, and loading the current one."""

from litestar import Controller, get, post
from litestar.di import NamedDependency

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.inference.watching.watch import CertificateWatch
from serving.keys.api_keys import Scope
from serving.models.certificates import certificates_of
from serving.models.schemas import ModelsOut, models_out
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
        certificate_watch: NamedDependency[CertificateWatch],
        clock: NamedDependency[Clock],
    ) -> ModelsOut:
        """Return what serves and why, the live bundle, a refused one, the versions on disk, and every certificate."""
        status = models.status
        return models_out(status, registry, content.serves(), certificates_of(status, certificate_watch, clock.now()))

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
        registry: NamedDependency[Registry],
        content: NamedDependency[DeskContent],
        certificate_watch: NamedDependency[CertificateWatch],
        clock: NamedDependency[Clock],
    ) -> ModelsOut:
        """Load the current bundle now; if it is refused, the running one stays and `refused` says why."""
        status = models.reload()
        return models_out(status, registry, content.serves(), certificates_of(status, certificate_watch, clock.now()))
