"""`/v1/reports/incidents`: proposals of incidents, and the decisions on them."""

from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.problems import problem_responses
from serving.http.spreadsheets.answering import WRITTEN_AS, WrittenAs, reported
from serving.keys.api_keys import Caller, Scope
from serving.surges.csv_rows import proposals_csv
from serving.surges.deciding import Proposals
from serving.surges.schemas import (
    AcceptIn,
    Concluded,
    ConcludeIn,
    DismissIn,
    ProposalList,
    ProposalWithTickets,
    State,
)
from serving.ticket_desk import Act

Only = Annotated[State | None, QueryParameter(name="state", description="Only proposals in this state")]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="At most this many, the newest first")]


class Deciding:
    """Who decides, and when."""

    def __init__(self, caller: Caller, clock: Clock) -> None:
        self._caller, self._at = caller, clock.now()

    def act(self, actor: str | None) -> Act:
        """Return the act of the person that the caller names, else of the key."""
        by = f"agent:{actor or self._caller.name or self._caller.key_id}"
        return Act(by, self._at, self._caller.key_id)


def deciding(caller: NamedDependency[Caller], clock: NamedDependency[Clock]) -> Deciding:
    """Return who decides; the dependency `decides`."""
    return Deciding(caller, clock)


class ProposalController(Controller):
    """Proposals of incidents."""

    path = "/v1/reports/incidents"
    tags = ["reports"]  # noqa: RUF012
    guards = [allows(Scope.AGENT)]  # noqa: RUF012
    dependencies = {"decides": Provide(deciding, sync_to_thread=False)}  # noqa: RUF012

    @get(
        sync_to_thread=True,
        dependencies=WRITTEN_AS,
        responses=reported(ProposalList, "The proposals"),
        summary="Proposed incidents",
    )
    def listed(
        self,
        proposals: NamedDependency[Proposals],
        written_as: NamedDependency[WrittenAs],
        only: Only = None,
        limit: Limit = 50,
    ) -> Response[Any]:
        """List unusual bursts of tickets: since when, how many senders where how many are usual, common words."""
        return written_as.answer(ProposalList(proposals.newest(only, limit)), proposals_csv, "incidents")

    @get(
        "/{proposal_id:str}",
        sync_to_thread=True,
        responses=problem_responses(404, body=False),
        summary="Read a proposed incident",
    )
    def one(self, proposal_id: FromPath[str], proposals: NamedDependency[Proposals]) -> ProposalWithTickets:
        """Return a burst with the ids of its tickets."""
        return proposals.load(proposal_id)

    @post(
        "/{proposal_id:str}/accept",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(400, 404, 409, 422),
        summary="Make an incident of it",
    )
    def accept(
        self,
        proposal_id: FromPath[str],
        data: JSONBody[AcceptIn],
        proposals: NamedDependency[Proposals],
        decides: NamedDependency[Deciding],
    ) -> ProposalWithTickets:
        """Open the incident's ticket and link the burst's tickets to it; again, link those that came since."""
        subject = (data.subject or "").strip() or None
        public = data.public
        return proposals.accept(
            proposal_id, decides.act(data.actor), subject=subject, priority=data.priority, public=public
        )

    @post(
        "/{proposal_id:str}/dismiss",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(400, 404, 409),
        summary="Say that it is no incident",
    )
    def dismiss(
        self,
        proposal_id: FromPath[str],
        data: JSONBody[DismissIn],
        proposals: NamedDependency[Proposals],
        decides: NamedDependency[Deciding],
    ) -> ProposalWithTickets:
        """Dismiss the burst; it is not proposed again."""
        return proposals.dismiss(proposal_id, decides.act(data.actor))

    @post(
        "/{proposal_id:str}/conclude",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(400, 404, 409),
        summary="One message to all, and resolve",
    )
    def conclude(
        self,
        proposal_id: FromPath[str],
        data: JSONBody[ConcludeIn],
        proposals: NamedDependency[Proposals],
        decides: NamedDependency[Deciding],
    ) -> Concluded:
        """Send one message to the incident and all its open tickets, and resolve them."""
        return Concluded(proposals.conclude(proposal_id, data.text, data.root_cause, decides.act(data.actor)))
