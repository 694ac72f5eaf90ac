"""`/v1/models`: which bundle serves, and loading the current one."""

from litestar import Controller, get, post
from litestar.di import NamedDependency

from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.keys.api_keys import Scope
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
    ) -> ModelsOut:
        """Return what serves and why, the live bundle, a refused one, and the versions on disk."""
        return models_out(models.status, registry, content.serves())

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
    ) -> ModelsOut:
        """Load the current bundle now; if it is refused, the running one stays and `refused` says why."""
        return models_out(models.reload(), registry, content.serves())
