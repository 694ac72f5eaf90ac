"""`/incidents` of the console: proposals, their tickets, and the buttons that decide."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from litestar import Response, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from serving.console.controller import ConsoleController, reads
from serving.console.forms import Form
from serving.console.incidents.words import DONE, STATES, counted, title
from serving.console.page import Page
from serving.context import Context
from serving.errors import FieldError, InvalidRequest
from serving.storage.tables import tickets
from serving.surges.deciding import Proposals
from serving.surges.endpoints import Deciding, deciding
from serving.surges.incidents.opening import Incidents
from serving.surges.schemas import PublicIn
from serving.ticket_desk import number_of

_LISTED, _MOST = 50, 200
_SHOWN = ("id", "subject", "created_at", "priority", "status", "email", "account", "incident_id")


class IncidentPages(ConsoleController):
    """Bursts of tickets: read one, make an incident of it, dismiss it, answer everybody at the end."""

    path = "/incidents"
    dependencies = ConsoleController.dependencies | {"decides": Provide(deciding, sync_to_thread=False)}

    @reads(sync_to_thread=True)
    def listed(
        self,
        page: NamedDependency[Page],
        proposals: NamedDependency[Proposals],
        incidents_by_hand: NamedDependency[Incidents],
    ) -> Response[str]:
        """Show the proposals and the incidents that people opened, the newest first."""
        found, opened = proposals.newest(None, _LISTED), incidents_by_hand.newest(_LISTED)
        said: dict[str, Any] = {"title_of": title, "states": STATES, "areas": incidents_by_hand.areas()}
        return page.show("incidents/list.html", proposals=found, opened=opened, **said)

    @reads("/{proposal_id:str}", sync_to_thread=True)
    def show(
        self,
        proposal_id: FromPath[str],
        page: NamedDependency[Page],
        proposals: NamedDependency[Proposals],
        incidents_by_hand: NamedDependency[Incidents],
        context: NamedDependency[Context],
    ) -> Response[str]:
        """Show a proposal with its tickets."""
        found = proposals.load(proposal_id)
        rows = context.database.read(lambda connection: _rows(connection, found.ticket_ids[-_MOST:]))
        return page.show(
            "incidents/proposal.html",
            messages=DONE,
            proposal=found,
            title_of=title,
            counted=counted(found.counted),
            states=STATES,
            rows=rows,
            number_of=number_of,
            told=incidents_by_hand.told(proposal_id, _LISTED),
            unlinked=[row for row in rows if row["incident_id"] is None and row["status"] != "closed"],
        )

    @post("/{proposal_id:str}/accept", status_code=303, sync_to_thread=True)
    def accept(
        self,
        proposal_id: FromPath[str],
        page: NamedDependency[Page],
        proposals: NamedDependency[Proposals],
        decides: NamedDependency[Deciding],
        form: NamedDependency[Form],
    ) -> Response[Any]:
        """Make an incident of it, or link the tickets that came since."""
        proposals.accept(proposal_id, decides.act(None), public=_public(form))
        return page.after(f"/incidents/{proposal_id}", "linked" if form.has("again") else "accepted")

    @post("/{proposal_id:str}/dismiss", status_code=303, sync_to_thread=True)
    def dismiss(
        self,
        proposal_id: FromPath[str],
        page: NamedDependency[Page],
        proposals: NamedDependency[Proposals],
        decides: NamedDependency[Deciding],
        form: NamedDependency[Form],  # noqa: ARG002 (it proves that the form is from this session)
    ) -> Response[Any]:
        """Say that it is no incident."""
        proposals.dismiss(proposal_id, decides.act(None))
        return page.after(f"/incidents/{proposal_id}", "dismissed")

    @post("/{proposal_id:str}/conclude", status_code=303, sync_to_thread=True)
    def conclude(
        self,
        proposal_id: FromPath[str],
        page: NamedDependency[Page],
        proposals: NamedDependency[Proposals],
        decides: NamedDependency[Deciding],
        form: NamedDependency[Form],
    ) -> Response[Any]:
        """Send one message to all, and resolve."""
        if not form.has("text"):
            raise InvalidRequest([FieldError("text", "Write what all of them should read.")])
        proposals.conclude(proposal_id, form.text("text"), form.text("root_cause") or None, decides.act(None))
        return page.after(f"/incidents/{proposal_id}", "concluded")


def _public(form: Form) -> PublicIn | None:
    """Read what customers are told; None: nothing."""
    if not form.has("message"):
        return None
    terms = [each.strip() for each in form.text("terms").split(",") if each.strip()]
    try:
        given = {"message": form.text("message"), "title": form.text("title") or None, "terms": terms}
        return msgspec.convert(given, PublicIn)
    except msgspec.ValidationError as error:
        raise InvalidRequest([FieldError("", str(error))]) from None


def _rows(connection: sa.Connection, ids: Sequence[str]) -> Sequence[sa.RowMapping]:
    asked = sa.select(*(tickets.c[name] for name in _SHOWN)).where(tickets.c.id.in_(list(ids)))
    return connection.execute(asked.order_by(tickets.c.created_at, tickets.c.id)).mappings().all()
