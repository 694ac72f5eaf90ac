"""`/v1/deflections`: questions, their outcomes, and the tickets they become."""

from typing import Any, cast

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, SkipValidation

from serving.clock import Clock
from serving.context import Context
from serving.deflections.access import Access, access_of, client_secret
from serving.deflections.asking import Answering, Asking
from serving.deflections.ending import Ending
from serving.deflections.schemas import (
    DeflectionOut,
    OutcomeIn,
    OutcomeOut,
    QuestionIn,
    ReceiptOut,
    SuggestionsOut,
    TicketRequest,
    TypedIn,
)
from serving.deflections.suggesting import suggested
from serving.deflections.viewing import Viewing
from serving.http.auth import allows
from serving.http.idempotency import CREATES, REPEATS, Receipt
from serving.http.problems import problem_responses
from serving.keys.api_keys import Caller, Scope
from serving.storage.database import Write
from serving.storage.idempotency_receipts import Answer
from serving.ticket_desk import TicketOut, created

SESSION = {"access": Provide(access_of, sync_to_thread=False)}
NOTED = {200: ResponseSpec(OutcomeOut, description="The recorded outcome", generate_examples=False)}
ANSWERED = {
    200: ResponseSpec(
        DeflectionOut,
        description="During a database outage: an answer from memory, without a session and so without `id`",
        generate_examples=False,
    ),
    201: ResponseSpec(DeflectionOut, description="The response to the question", generate_examples=False),
}
TICKET = {
    201: ResponseSpec(
        cast("type[Any]", TicketOut | ReceiptOut),  # a union is a container to Litestar, though not to its types
        description="The ticket; for a publishable key the receipt that its visitor may see",
        generate_examples=False,
    )
}


def _with_secret(kept: Answer, context: Context) -> Answer:
    """Return the answer to a question as a repeat gets it: no receipt holds a session's secret."""
    answer = msgspec.json.decode(kept.content, type=DeflectionOut)
    if answer.id is not None:
        answer.client_secret = client_secret(context.secret, answer.id)
    return Answer(kept.status, msgspec.json.encode(answer), kept.headers)


class DeflectionController(Controller):
    """Questions and their outcomes."""

    path = "/v1/deflections"
    tags = ["deflections"]  # noqa: RUF012 (Litestar reads it from the class)
    guards = [allows(Scope.WIDGET, Scope.AGENT)]  # noqa: RUF012 (Litestar reads it from the class)

    @post(
        sync_to_thread=True,
        opt={**CREATES, REPEATS: _with_secret},
        responses=ANSWERED | problem_responses(400, 409, 422, 503),
        summary="Ask a question",
    )
    def ask(
        self,
        data: JSONBody[QuestionIn],
        asking: NamedDependency[Asking],
        caller: NamedDependency[Caller],
        clock: SkipValidation[NamedDependency[Clock]],
        receipt: NamedDependency[Receipt],
    ) -> Response[DeflectionOut]:
        """Answer a question from the articles, ask back, or hand off to a person.

        `client_secret` opens the session: a publishable key sends it as `Firstline-Session`. Only its hash is stored.
        """
        write = receipt.keeping(_answered)
        return _answered(asking.ask(data, at=clock.now(), caller=caller, write=write, unrecorded=not receipt.is_kept))

    @post(
        "/suggestions",
        summary="Suggest articles while a customer is typing",
        status_code=200,
        sync_to_thread=True,
        responses=problem_responses(400, 503),
    )
    def suggest(self, data: JSONBody[TypedIn], answering: NamedDependency[Answering]) -> SuggestionsOut:
        """Return public articles that may help with what was typed so far; nothing is stored."""
        return suggested(answering, data)

    @get(
        "/{deflection_id:str}",
        summary="Look at a session",
        sync_to_thread=True,
        dependencies=SESSION,
        responses=problem_responses(404),
    )
    def view(
        self,
        deflection_id: FromPath[str],
        viewing: NamedDependency[Viewing],
        clock: SkipValidation[NamedDependency[Clock]],
        access: NamedDependency[Access],
    ) -> ReceiptOut:
        """Return the conversation with the public replies of agents, and how far its ticket is."""
        return viewing.view(deflection_id, at=clock.now(), access=access)

    @post(
        "/{deflection_id:str}/outcome",
        summary="Say whether it helped",
        status_code=200,
        sync_to_thread=True,
        opt=CREATES,
        dependencies=SESSION,
        responses=NOTED | problem_responses(400, 404, 409, 422),
    )
    def note(
        self,
        deflection_id: FromPath[str],
        data: JSONBody[OutcomeIn],
        ending: NamedDependency[Ending],
        clock: SkipValidation[NamedDependency[Clock]],
        access: NamedDependency[Access],
        receipt: NamedDependency[Receipt],
    ) -> OutcomeOut:
        """Record whether the answer helped, or that the customer left."""
        write: Write[OutcomeOut] = receipt.keeping()
        return ending.note(deflection_id, data.outcome, at=clock.now(), access=access, write=write)

    @post(
        "/{deflection_id:str}/ticket",
        summary="Turn the session into a ticket",
        sync_to_thread=True,
        opt=CREATES,
        dependencies=SESSION,
        responses=TICKET | problem_responses(400, 404, 409, 422),
    )
    def to_ticket(
        self,
        deflection_id: FromPath[str],
        data: JSONBody[TicketRequest],
        ending: NamedDependency[Ending],
        clock: SkipValidation[NamedDependency[Clock]],
        access: NamedDependency[Access],
        receipt: NamedDependency[Receipt],
    ) -> Response[TicketOut | ReceiptOut]:
        """Turn the session into a ticket; a second request returns the same ticket."""
        at = clock.now()

        def shown(ticket: TicketOut) -> Response[TicketOut | ReceiptOut]:
            if not access.caller.is_publishable:
                return cast("Response[TicketOut | ReceiptOut]", created(ticket))
            seen = ending.viewing.receipt(deflection_id, ticket, at=at)
            return Response(seen, headers={"location": f"/v1/deflections/{deflection_id}"})

        return shown(ending.to_ticket(deflection_id, data, at=at, access=access, write=receipt.keeping(shown)))


def _answered(answer: DeflectionOut) -> Response[DeflectionOut]:
    return Response(answer, status_code=200 if answer.id is None else 201)
