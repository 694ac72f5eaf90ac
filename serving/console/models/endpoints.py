"""`/models` of the console: which bundles serve, how they compare, and changing which one does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from serving.changes.edit import Edit
from serving.clock import Clock
from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form, why
from serving.console.models import reading, report
from serving.console.page import Page
from serving.errors import NotFound
from serving.http.auth import allows
from serving.inference.candidates import Candidates
from serving.inference.live_models import LiveModels
from serving.inference.own_content import DeskContent
from serving.inference.watching.watch import CertificateWatch
from serving.keys.api_keys import Scope
from serving.models.beside import beside
from serving.models.certificates import certificates_of
from serving.models.comparison import compare
from serving.models.schemas import ModelsOut, models_out
from serving.models.switching import ModelSwitching
from serving.storage.database import Database
from triage.errors import FirstlineError
from triage.model.promotion import history
from triage.model.registry import Registry
from triage.tickets import tombstones

DONE = {
    "reloaded": "The bundles that the pointers name are loaded.",
    "rolled_back": "The previous bundle is current again.",
    "made_current": "The bundle is current now, in every process within a second.",
    "shadow_started": "The bundle tags silently now, beside the current one.",
    "shadow_stopped": "No bundle tags silently any more.",
    "canary_started": "The canary serves its share of the tickets now.",
    "canary_stopped": "The current bundle serves every ticket again.",
}
SHARES = (0.05, 0.1, 0.2, 0.5)
_CHANGES = 10
_REFUSED, _NOT_WRITABLE = 409, 503


@dataclass(frozen=True, slots=True)
class Served:
    """What the pages of this room read."""

    models: LiveModels
    content: DeskContent
    candidates: Candidates
    database: Database
    watch: CertificateWatch
    clock: Clock

    @property
    def registry(self) -> Registry:
        """The bundles on disk."""
        return self.candidates.registry

    def shown(self) -> ModelsOut:
        """Return what `GET /v1/models` returns."""
        status = self.models.status
        certificates = certificates_of(status, self.watch, self.clock.now())
        ran = beside(self.candidates, self.registry, self.database)
        return models_out(status, self.registry, self.content.serves(), ran, certificates)

    def folder(self, version: str | None) -> Path:
        """Return the folder of a bundle; None: of the one that serves. Raises `NotFound`."""
        live = self.models.status.live
        if live is not None and live.bundle is not None and version in {None, live.version}:
            return live.bundle.files.folder
        if version is None or version not in self.registry.versions():
            raise NotFound("bundle", version or "current")
        return self.registry.path(version)

    def page(self, page: Page, *, problem: str | None = None, status: int = 200) -> Response[str]:
        """Show the room's first page, with what was refused."""
        live = self.models.status.live
        bundle = live.bundle if live else None
        rows = reading.bundles(self.registry)
        if bundle is not None and live is not None and live.origin == "sample":
            rows = [reading.row(self.registry, bundle.files.folder, ["sample"]), *rows]
        records = [each for entry in bundle.manifest.heads.values() for each in entry.earned] if bundle else []
        return page.show(
            "models/bundles.html",
            messages=DONE,
            status=status,
            shown=self.shown(),
            rows=rows,
            refused=reading.refused(self.registry),
            records={each.id: each for each in records},
            part=reading.part,
            live=live.version if live else None,
            changes=history.last(self.registry.folder, _CHANGES),
            shares=SHARES,
            problem=problem,
        )


def served_of(
    models: NamedDependency[LiveModels],
    content: NamedDependency[DeskContent],
    candidates: NamedDependency[Candidates],
    database: NamedDependency[Database],
    certificate_watch: NamedDependency[CertificateWatch],
    clock: NamedDependency[Clock],
) -> Served:
    """Return what the pages read; the dependency `served`."""
    return Served(models, content, candidates, database, certificate_watch, clock)


class ModelPages(ConsoleController):
    """Models."""

    path = "/models"
    dependencies = ConsoleController.dependencies | {"served": Provide(served_of, sync_to_thread=False)}

    @reads(sync_to_thread=True)
    def show(self, page: NamedDependency[Page], served: NamedDependency[Served]) -> Response[str]:
        """Show what serves, its certificates, what runs beside it, and the bundles on disk."""
        return served.page(page)

    @reads("/shadow", sync_to_thread=True)
    def shadow(self, page: NamedDependency[Page], served: NamedDependency[Served]) -> Response[str]:
        """Compare the shadow with the current bundle."""
        shadow, current = served.registry.shadow_id(), served.registry.current_id()
        found = served.database.read(lambda connection: compare(connection, shadow, current))
        return page.show("models/shadow.html", report=found, short=reading.SHORT)

    @reads("/report", sync_to_thread=True)
    def live_report(
        self, served: NamedDependency[Served], switching: NamedDependency[ModelSwitching]
    ) -> Response[bytes]:
        """Return the report of the bundle that serves."""
        return report.response(served.folder(None), tombstones.read(switching.settings.home))

    @reads("/report/{version:str}", sync_to_thread=True)
    def its_report(
        self,
        version: FromPath[str],
        served: NamedDependency[Served],
        switching: NamedDependency[ModelSwitching],
    ) -> Response[bytes]:
        """Return the report of one of the bundles."""
        return report.response(served.folder(version), tombstones.read(switching.settings.home))


class ModelSwitches(ConsoleController):
    """What an admin changes."""

    path = "/models"
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012
    dependencies = ConsoleController.dependencies | {"served": Provide(served_of, sync_to_thread=False)}

    @post("/changes/{what:str}", status_code=303, sync_to_thread=True)
    def change(
        self,
        what: FromPath[str],
        page: NamedDependency[Page],
        form: NamedDependency[Form],
        edit: NamedDependency[Edit],
        served: NamedDependency[Served],
        switching: NamedDependency[ModelSwitching],
    ) -> Response[Any]:
        """Do one of the changes, and return to the page; what is refused is said there."""
        if what not in _CHANGES_BY_NAME:
            raise NotFound("change", what)
        done, change = _CHANGES_BY_NAME[what]
        try:
            change(switching, form, why(edit, form))
        except FirstlineError as refusal:
            return served.page(page, problem=_sentence(str(refusal)), status=_REFUSED)
        except OSError as problem:
            said = f"The models folder cannot be written: {problem.strerror or problem}"
            return served.page(page, problem=_sentence(said), status=_NOT_WRITABLE)
        return page.after("/models", done)


_Change = Callable[[ModelSwitching, Form, Edit], object]

_CHANGES_BY_NAME: dict[str, tuple[str, _Change]] = {
    "reload": ("reloaded", lambda models, _, edit: models.reload(edit)),
    "rollback": ("rolled_back", lambda models, _, edit: models.roll_back(edit)),
    "current": (
        "made_current",
        lambda models, form, edit: models.make_current(form.text("version"), edit),
    ),
    "shadow": (
        "shadow_started",
        lambda models, form, edit: models.start_shadow(form.text("version"), edit),
    ),
    "stop-shadow": ("shadow_stopped", lambda models, _, edit: models.stop_shadow(edit)),
    "canary": (
        "canary_started",
        lambda models, form, edit: models.start_canary(form.text("version"), _share(form.text("share")), edit),
    ),
    "stop-canary": ("canary_stopped", lambda models, _, edit: models.stop_canary(edit)),
}


def _share(text: str) -> float:
    """Read a share; what is none is refused as a share of nothing is."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
