"""`/incidents/opened` of the console: open an incident by hand, change its message, end it, see who was told."""

from typing import Any, TypeVar

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.incidents.words import DONE
from serving.console.page import Page
from serving.errors import FieldError, InvalidRequest
from serving.surges.endpoints import Deciding, deciding
from serving.surges.incidents.opening import Incidents
from serving.surges.incidents.schemas import MessageIn, OpenedIncidentIn
from serving.ticket_desk import number_of

Given = TypeVar("Given", bound=MessageIn)
_TOLD = 200


class OpenedPages(ConsoleController):
    """Incidents that a person opens."""

    path = "/incidents/opened"
    dependencies = ConsoleController.dependencies | {"decides": Provide(deciding, sync_to_thread=False)}

    @reads("/{incident_id:str}", sync_to_thread=True)
    def show(
        self, incident_id: FromPath[str], page: NamedDependency[Page], incidents_by_hand: NamedDependency[Incidents]
    ) -> Response[str]:
        """Show an incident, and who was told of it."""
        found, told = incidents_by_hand.load(incident_id), incidents_by_hand.told(incident_id, _TOLD)
        about: dict[str, Any] = {"told": told, "number_of": number_of, "areas": incidents_by_hand.areas(found.area)}
        return page.show("incidents/opened.html", messages=DONE, incident=found, **about)

    @post(status_code=303, sync_to_thread=True)
    def open(
        self,
        page: NamedDependency[Page],
        incidents_by_hand: NamedDependency[Incidents],
        decides: NamedDependency[Deciding],
        form: NamedDependency[Form],
    ) -> Response[Any]:
        """Open an incident."""
        opened = incidents_by_hand.open(_given(form, OpenedIncidentIn), decides.act(None))
        return page.after(f"/incidents/opened/{opened.id}", "opened")

    @post("/{incident_id:str}", status_code=303, sync_to_thread=True)
    def change(
        self,
        incident_id: FromPath[str],
        page: NamedDependency[Page],
        incidents_by_hand: NamedDependency[Incidents],
        decides: NamedDependency[Deciding],
        form: NamedDependency[Form],
    ) -> Response[Any]:
        """Change what customers are told."""
        incidents_by_hand.change(incident_id, _given(form, MessageIn), decides.act(None))
        return page.after(f"/incidents/opened/{incident_id}", "changed")

    @post("/{incident_id:str}/end", status_code=303, sync_to_thread=True)
    def end(
        self,
        incident_id: FromPath[str],
        page: NamedDependency[Page],
        incidents_by_hand: NamedDependency[Incidents],
        decides: NamedDependency[Deciding],
        form: NamedDependency[Form],
    ) -> Response[Any]:
        """End it; with a text, that goes to all open tickets of the incident, which are resolved."""
        text, cause = form.text("text") or None, form.text("root_cause") or None
        incidents_by_hand.end(incident_id, decides.act(None), text=text, root_cause=cause)
        return page.after(f"/incidents/opened/{incident_id}", "concluded" if text else "ended")


def _given(form: Form, kind: type[Given]) -> Given:
    """Read a form. Raises `InvalidRequest`: something is missing or too long."""
    given: dict[str, object] = {
        "title": form.text("title"),
        "message": form.text("message"),
        "terms": [each.strip() for each in form.text("terms").split(",") if each.strip()],
        "area": form.text("area") or None,
    }
    if kind is OpenedIncidentIn:
        given["priority"] = form.text("priority") or None
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest([FieldError("", str(error))]) from None
