"""`/v1/tags`: auto-tags for the tickets of another helpdesk."""

from typing import Annotated, Final

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from serving.clock import Clock
from serving.errors import FieldError, InvalidRequest
from serving.http.auth import allows
from serving.http.fields import MOST_OF_A_LIST, Label
from serving.http.idempotency import CREATES, Receipt
from serving.http.json_requests import EXAMPLE
from serving.http.problems import problem_responses
from serving.keys.api_keys import Caller, Scope
from serving.tagging.correcting import TagCorrecting
from serving.tagging.schemas import EXTRAS, BatchIn, BatchOut, CorrectedOut, Extra, FiledTicketIn, TagsOut
from serving.tagging.tagging import TicketTagging

BATCH_LIMIT = 4_000_000  # bytes: 256 long mails
_CORRECTION: Final = (
    'A correction is a label for each field, and who corrects: {"category": "billing", "actor": "ana"}.'
)
Spoken = Annotated[
    str | None,
    HeaderParameter(
        name="Firstline-Taxonomy",
        description="Use the label names of this taxonomy version (`model.taxonomy` of an earlier response)",
        required=False,
    ),
]
Include = Annotated[
    str | None,
    QueryParameter(
        name="include",
        description="What to look for beside the tags, by commas: `similar_tickets`, `articles`. Without it both, "
        "empty (`include=`) neither, which is much faster.",
        required=False,
    ),
]


def included(text: str | None) -> list[Extra]:
    """Return what is to be looked for beside the tags: everything, unless it is chosen.

    Raises `InvalidRequest`: it names something else.
    """
    if text is None:
        return list(EXTRAS)
    words = [word.strip() for word in text.split(",") if word.strip()]
    if unknown := [word for word in words if word not in EXTRAS]:
        message = f"{', '.join(unknown)} cannot be included; it is any of {', '.join(EXTRAS)}, by commas, or empty."
        raise InvalidRequest([FieldError("include", message)])
    return [each for each in EXTRAS if each in words]


def _answered(told: type[Struct]) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(told, generate_examples=False)}


def _batch(answers: list[TagsOut]) -> BatchOut:
    return BatchOut(results=answers)


def _first(answers: list[TagsOut]) -> TagsOut:
    return answers[0]


class TaggingController(Controller):
    """Tags and their corrections."""

    path = "/v1/tags"
    tags = ["tags"]  # noqa: RUF012 (Litestar reads it from the class)

    @post(
        summary="Tag a ticket",
        guards=[allows(Scope.AGENT, Scope.TAG)],
        status_code=200,
        sync_to_thread=True,
        opt=CREATES,
        responses=_answered(TagsOut) | problem_responses(400, 409, 422, 503),
    )
    def tag(
        self,
        data: JSONBody[FiledTicketIn],
        tagging: NamedDependency[TicketTagging],
        clock: SkipValidation[NamedDependency[Clock]],
        receipt: NamedDependency[Receipt],
        speaks: Spoken = None,
        include: Include = None,
    ) -> TagsOut:
        """Tag a ticket: labels with confidence, team and tier, deadlines, similar tickets and articles."""
        answers = tagging.tag(
            [data],
            at=clock.now(),
            write=receipt.keeping(_first),
            unrecorded=not receipt.is_kept,
            speaks=speaks,
            include=included(include),
        )
        return _first(answers)

    @post(
        "/batch",
        summary="Tag up to 256 tickets",
        guards=[allows(Scope.AGENT, Scope.TAG)],
        status_code=200,
        sync_to_thread=True,
        opt=CREATES | {"max_body": BATCH_LIMIT},
        responses=_answered(BatchOut) | problem_responses(400, 409, 422, 503),
    )
    def tag_all(
        self,
        data: JSONBody[BatchIn],
        tagging: NamedDependency[TicketTagging],
        clock: SkipValidation[NamedDependency[Clock]],
        receipt: NamedDependency[Receipt],
        speaks: Spoken = None,
        include: Include = None,
    ) -> BatchOut:
        """Tag up to 256 tickets; one result per ticket, in order.

        All by the same model, but for those that a canary serves: each result's `model` says which.
        """
        answers = tagging.tag(
            data.tickets,
            at=clock.now(),
            write=receipt.keeping(_batch),
            unrecorded=not receipt.is_kept,
            speaks=speaks,
            include=included(include),
        )
        return _batch(answers)

    @post(
        "/{tagging_id:str}/correction",
        summary="Correct a ticket's tags",
        guards=[allows(Scope.AGENT)],
        status_code=200,
        sync_to_thread=True,
        opt={**CREATES, EXAMPLE: _CORRECTION},
        responses=_answered(CorrectedOut) | problem_responses(400, 404, 409, 422),
    )
    def correct(
        self,
        tagging_id: FromPath[str],
        data: JSONBody[dict[str, Label | Annotated[list[Label], Meta(max_length=MOST_OF_A_LIST)]]],
        correcting: NamedDependency[TagCorrecting],
        clock: SkipValidation[NamedDependency[Clock]],
        caller: NamedDependency[Caller],
        receipt: NamedDependency[Receipt],
    ) -> CorrectedOut:
        """Correct the labels of a tagged ticket: `{"category": "billing", "actor": "ana"}`.

        Of a head with several labels the list is all of them: `{"topics": ["refund", "vat"], "actor": "ana"}`.
        """
        return correcting.correct(tagging_id, data, at=clock.now(), key_id=caller.key_id, write=receipt.keeping())
