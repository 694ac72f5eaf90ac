"""`/v1/replays`: other policies, thresholds and holdouts tried on past tickets and sessions."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from serving.clock import Clock
from serving.http.auth import allows
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.keys.api_keys import Caller, Scope
from serving.replay.running import Replays
from serving.replay.schemas import ReplayIn, ReplayOut, ReplaysOut

_LARGEST = 2_000_000  # bytes of a body: policy files


class ReplayController(Controller):
    """Replays."""

    path = "/v1/replays"
    tags = ["reports"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.ADMIN)]  # noqa: RUF012

    @post(
        status_code=202,
        sync_to_thread=True,
        opt=CREATES | {"max_body": _LARGEST},
        responses=problem_responses(400, 409, 422),
        summary="Ask for a replay",
    )
    def ask(
        self,
        data: JSONBody[ReplayIn],
        replays: NamedDependency[Replays],
        clock: NamedDependency[Clock],
        caller: NamedDependency[Caller],
        receipt: NamedDependency[Receipt],
    ) -> Response[ReplayOut]:
        """Try a policy, thresholds or a holdout on the past; one replay at a time, its result is kept for a day."""
        return _accepted(replays.ask(data, clock.now(), caller.key_id, receipt.keeping(_accepted)))

    @get(sync_to_thread=True, summary="Replays of the last day")
    def listed(self, replays: NamedDependency[Replays]) -> ReplaysOut:
        """List replays, the newest first."""
        return ReplaysOut(replays=replays.newest())

    @get(
        "/{replay_id:str}",
        sync_to_thread=True,
        responses=problem_responses(404, body=False),
        summary="Read a replay",
    )
    def one(self, replay_id: FromPath[str], replays: NamedDependency[Replays]) -> ReplayOut:
        """Return how far a replay is, and what came of it."""
        return replays.show(replay_id)


def _accepted(replay: ReplayOut) -> Response[ReplayOut]:
    return Response(replay, headers={"location": f"/v1/replays/{replay.id}"}, status_code=202)
