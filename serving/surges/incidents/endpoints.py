"""`/v1/incidents`: open an incident by hand, change what customers are told, end it, and see who was told."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from serving.http.auth import allows
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.keys.api_keys import Scope
from serving.storage.database import Write
from serving.surges.endpoints import Deciding, deciding
from serving.surges.incidents.opening import Incidents
from serving.surges.incidents.schemas import (
    EndIn,
    MessageIn,
    OpenedIncident,
    OpenedIncidentIn,
    OpenedIncidents,
    ToldSessions,
)
from serving.surges.schemas import Concluded
from serving.ticket_desk import TicketOut

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="At most this many, the newest first")]


class IncidentController(Controller):
    """Incidents that a person opens."""

    path = "/v1/incidents"
    tags = ["incidents"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.AGENT)]  # noqa: RUF012
    dependencies = {"decides": Provide(deciding, sync_to_thread=False)}  # noqa: RUF012

    @get(sync_to_thread=True, summary="Incidents that people opened")
    def listed(self, incidents_by_hand: NamedDependency[Incidents], limit: Limit = 50) -> OpenedIncidents:
        """List incidents that people opened, open and ended; proposals are at `/v1/reports/incidents`."""
        return OpenedIncidents(incidents_by_hand.newest(limit))

    @post(sync_to_thread=True, opt=CREATES, responses=problem_responses(400, 409, 422), summary="Open an incident")
    def open(
        self,
        data: JSONBody[OpenedIncidentIn],
        incidents_by_hand: NamedDependency[Incidents],
        decides: NamedDependency[Deciding],
        receipt: NamedDependency[Receipt],
    ) -> Response[OpenedIncident]:
        """Open an incident and its ticket; customers whose question it is about get the message from now on."""
        act = decides.act(data.actor)
        keeping = partial(_keeping, receipt)
        return _created(incidents_by_hand.open(data, act, keeping))

    @get(
        "/{incident_id:str}",
        sync_to_thread=True,
        responses=problem_responses(404, body=False),
        summary="Read an incident",
    )
    def one(self, incident_id: FromPath[str], incidents_by_hand: NamedDependency[Incidents]) -> OpenedIncident:
        """Return an incident that a person opened."""
        return incidents_by_hand.load(incident_id)

    @put(
        "/{incident_id:str}",
        sync_to_thread=True,
        responses=problem_responses(400, 404, 409, 422),
        summary="Change what customers are told",
    )
    def change(
        self,
        incident_id: FromPath[str],
        data: JSONBody[MessageIn],
        incidents_by_hand: NamedDependency[Incidents],
        decides: NamedDependency[Deciding],
    ) -> OpenedIncident:
        """Change title, message, terms and area of an incident that goes on."""
        return incidents_by_hand.change(incident_id, data, decides.act(data.actor))

    @post(
        "/{incident_id:str}/end",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(400, 404, 409),
        summary="End an incident",
    )
    def end(
        self,
        incident_id: FromPath[str],
        data: JSONBody[EndIn],
        incidents_by_hand: NamedDependency[Incidents],
        decides: NamedDependency[Deciding],
    ) -> Concluded:
        """Stop telling customers; with a text, send it to the incident's open tickets and resolve them."""
        text = (data.text or "").strip() or None
        act = decides.act(data.actor)
        return Concluded(incidents_by_hand.end(incident_id, act, text=text, root_cause=data.root_cause))

    @get(
        "/{incident_id:str}/told",
        sync_to_thread=True,
        responses=problem_responses(404, body=False),
        summary="Who was told of an incident",
    )
    def told(
        self, incident_id: FromPath[str], incidents_by_hand: NamedDependency[Incidents], limit: Limit = 50
    ) -> ToldSessions:
        """List the questions that got the message of an incident, or of a proposal, the latest first."""
        return incidents_by_hand.told(incident_id, limit)


def _keeping(receipt: Receipt, shown: Callable[[TicketOut], OpenedIncident]) -> Write[TicketOut]:
    return receipt.keeping(lambda ticket: _created(shown(ticket)))


def _created(opened: OpenedIncident) -> Response[OpenedIncident]:
    return Response(opened, headers={"location": f"/v1/incidents/{opened.id}"})
