"""`/v1/deflections`: questions, their outcomes, and the tickets they become."""

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from serving.clock import Clock
from serving.deflections.asking import Asking
from serving.deflections.ending import Ending
from serving.deflections.schemas import DeflectionOut, OutcomeIn, OutcomeOut, QuestionIn, TicketRequest
from serving.http.auth import allows
from serving.http.idempotency import CREATES, Receipt
from serving.http.problems import problem_responses
from serving.keys.api_keys import Caller, Scope
from serving.ticket_desk import TicketOut, created

# A publishable key is in the hands of everybody: with one decimal its model cannot be copied by asking.
COARSE, FINE = 1, 2


NOTED = {200: ResponseSpec(OutcomeOut, description="The recorded outcome", generate_examples=False)}
ANSWERED = {
    200: ResponseSpec(
        DeflectionOut,
        description="During a database outage: an answer from memory, without a session and so without `id`",
        generate_examples=False,
    ),
    201: ResponseSpec(DeflectionOut, description="The response to the question", generate_examples=False),
}
TICKET = {201: ResponseSpec(TicketOut, description="The ticket", generate_examples=False)}


class DeflectionController(Controller):
    """Questions and their outcomes."""

    path = "/v1/deflections"
    tags = ["deflections"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.WIDGET, Scope.AGENT)]  # noqa: RUF012 (Litestar reads it from the class)

    @post(
        sync_to_thread=True,
        opt=CREATES,
        responses=ANSWERED | problem_responses(400, 409, 422, 503),
        summary="Ask a question",
    )
    def ask(
        self,
        data: JSONBody[QuestionIn],
        asking: NamedDependency[Asking],
        caller: NamedDependency[Caller],
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> Response[DeflectionOut]:
        """Answer a question from the articles, ask back, or hand off to a person."""
        digits = COARSE if caller.scope is Scope.WIDGET else FINE
        write = receipt.keeping(_answered)
        return _answered(asking.ask(data, at=clock.now(), digits=digits, write=write, unrecorded=not receipt.is_kept))

    @post(
        "/{deflection_id:str}/outcome",
        summary="Say whether it helped",
        status_code=200,
        sync_to_thread=True,
        opt=CREATES,
        responses=NOTED | problem_responses(400, 404, 409, 422),
    )
    def note(
        self,
        deflection_id: FromPath[str],
        data: JSONBody[OutcomeIn],
        ending: NamedDependency[Ending],
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> OutcomeOut:
        """Record whether the answer helped, or that the customer left."""
        return ending.note(deflection_id, data.outcome, at=clock.now(), write=receipt.keeping())

    @post(
        "/{deflection_id:str}/ticket",
        summary="Turn the session into a ticket",
        sync_to_thread=True,
        opt=CREATES,
        responses=TICKET | problem_responses(400, 404, 409, 422),
    )
    def to_ticket(
        self,
        deflection_id: FromPath[str],
        data: JSONBody[TicketRequest],
        ending: NamedDependency[Ending],
        clock: NamedDependency[Clock],
        receipt: NamedDependency[Receipt],
    ) -> Response[TicketOut]:
        """Turn the session into a ticket; a second request returns the same ticket."""
        return created(ending.to_ticket(deflection_id, data, at=clock.now(), write=receipt.keeping(created)))


def _answered(answer: DeflectionOut) -> Response[DeflectionOut]:
    return Response(answer, status_code=200 if answer.id is None else 201)
