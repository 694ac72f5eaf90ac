"""Map every error class to an RFC 9457 problem: the one place with HTTP statuses.

No error knows HTTP, and no handler builds an error body.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from serving import errors
from serving.changes import errors as change_errors
from serving.context import Context
from serving.http import errors as http_errors
from serving.http.query_parameters import spelt
from serving.outbound import errors as call_errors
from serving.storage import errors as storage_errors
from serving.telemetry import Telemetry
from triage import errors as domain

MEDIA_TYPE = "application/problem+json"
_URN = "urn:firstline:problem:"


class FieldProblem(Struct):
    """One thing wrong with one field."""

    field: str
    message: str


class Problem(Struct, omit_defaults=True):
    """The problem that a refused request gets; some kinds have further members."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem] = []


@dataclass(frozen=True, slots=True)
class Kind:
    """How a class of errors is reported: status, name, title, published attributes, and the field concerned."""

    status: int
    slug: str
    title: str
    members: Sequence[str] = ()
    field: str | None = None


_INVALID = Kind(400, "invalid-request", "Invalid request")
_NOT_STORABLE = "Storage is not writable"

PROBLEMS: Mapping[type[Exception], Kind] = {
    errors.InvalidRequest: _INVALID,
    errors.NotKnown: Kind(422, "not-known", "Not known here"),
    call_errors.EndpointRefused: Kind(422, "endpoint-refused", "This endpoint could not be told"),
    http_errors.WrongMediaType: Kind(415, "unsupported-media-type", "Unsupported media type"),
    http_errors.BodyTooLarge: Kind(413, "body-too-large", "Body too large"),
    http_errors.BodyIncomplete: Kind(408, "body-incomplete", "Body incomplete"),
    http_errors.Overloaded: Kind(503, "overloaded", "Overloaded"),
    http_errors.KeyMissing: Kind(401, "key-missing", "A key is needed"),
    http_errors.KeyNotKnown: Kind(401, "key-not-known", "The key is not known"),
    http_errors.SignInNeeded: Kind(401, "sign-in-needed", "Sign in first"),
    http_errors.FormNotProven: Kind(403, "form-not-proven", "This form is not from your session"),
    http_errors.QuotaExceeded: Kind(429, "quota-exceeded", "Too many requests"),
    http_errors.ScopeTooNarrow: Kind(403, "scope-too-narrow", "The key does not allow this"),
    http_errors.OriginNotAllowed: Kind(403, "origin-not-allowed", "The key does not allow this page"),
    http_errors.HostNotServed: Kind(421, "host-not-served", "Not under this name"),
    http_errors.HookNotProven: Kind(401, "hook-not-proven", "The sender is not proven"),
    errors.NotFound: Kind(404, "not-found", "Not found"),
    errors.AlreadyDecided: Kind(409, "already-decided", "Already decided", ("state",)),
    errors.UnderWay: Kind(409, "under-way", "Another one is under way", ("id",)),
    change_errors.NoWayBack: Kind(409, "no-way-back", "No way back from here"),
    change_errors.NewerChange: Kind(409, "newer-change", "There is a newer change"),
    storage_errors.StillInFlight: Kind(409, "still-in-flight", "Still being worked on"),
    storage_errors.IdempotencyKeyReused: Kind(422, "idempotency-key-reused", "Idempotency-Key reused"),
    http_errors.VersionRequired: Kind(428, "version-required", "If-Match is needed"),
    http_errors.VersionDiffers: Kind(412, "version-differs", "The ticket has changed"),
    http_errors.QuestionsDiffer: Kind(412, "version-differs", "The questions have changed"),
    errors.NotReady: Kind(503, "not-ready", "Not ready"),
    storage_errors.StorageNotWritable: Kind(503, "storage-not-writable", _NOT_STORABLE),
    storage_errors.DatabaseUnavailable: Kind(503, "database-unavailable", "The database does not answer"),
    domain.UnknownPlan: Kind(400, "invalid-request", "Invalid request", field="plan"),
    domain.UnknownPriority: Kind(400, "invalid-request", "Invalid request", field="priority"),
    domain.NaiveInstant: Kind(400, "invalid-request", "Invalid request", field="created_at"),
    domain.InstantOutOfRange: Kind(400, "invalid-request", "Invalid request", field="created_at"),
    domain.PauseRefused: Kind(400, "invalid-request", "Invalid request", field="pauses"),
    domain.OutcomeRefused: Kind(400, "invalid-request", "Invalid request", field="resolution_type"),
    domain.TransitionRefused: Kind(
        409, "transition-refused", "Not from this status", ("ticket_status", "to", "allowed")
    ),
    domain.TicketIsClosed: Kind(409, "ticket-closed", "The ticket is closed"),
    domain.LabelRefused: Kind(422, "label-refused", "No such label", ("errors",)),
    domain.UnknownTaxonomy: Kind(422, "taxonomy-not-known", "The taxonomy is not known", ("version", "known")),
    domain.IncidentRefused: Kind(409, "incident-refused", "Not a case of this incident"),
    domain.EscalationRefused: Kind(409, "escalation-refused", "No way up from here", ("tier", "to")),
    domain.DecisionsNotReadable: Kind(409, "decisions-not-readable", "A file of decisions is damaged"),
    domain.PacketIncomplete: Kind(422, "packet-incomplete", "The packet is incomplete", ("tier", "to", "missing")),
    UnicodeDecodeError: _INVALID,
    RecursionError: _INVALID,
}

_HTTP_DETAILS = {
    404: "There is nothing at this path; /schema/openapi.json lists what there is.",
    405: "This path does not take this method; see the Allow header.",
}
_UNEXPECTED = "Something broke on our side; the log has the cause under the X-Request-Id of this answer."


def kind_of(error: Exception) -> Kind | None:
    """Return how the error is told, by its nearest class on the map."""
    return next((PROBLEMS[cls] for cls in type(error).__mro__ if cls in PROBLEMS), None)


def answer(request: "Request[Any, Any, Any]", error: Exception) -> Response[dict[str, object]]:
    """Return the problem for an error of ours or of the domain; an unknown one is a 500 that tells nothing."""
    kind = kind_of(error)
    if kind is None:
        return unexpected(request, error)
    headers = {}
    if retry_after := getattr(error, "retry_after", None):
        headers["Retry-After"] = str(retry_after)
    if kind.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _telemetry(request).event("request.not_served", kind=kind.slug, reason=getattr(error, "reason", None))
    detail, members = _told(kind, error)
    return _problem(request, kind, detail, members, headers)


def answer_http(request: "Request[Any, Any, Any]", error: HTTPException) -> Response[dict[str, object]]:
    """Return the problem for what Litestar refuses: paths, methods and fields."""
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return unexpected(request, error)
    if status == HTTPStatus.BAD_REQUEST:
        extra = error.extra if isinstance(error, ValidationException) else None
        fields = [spelt(request, each.field, each.message) for each in field_errors(extra)]
        refused = errors.InvalidRequest(
            fields or [errors.FieldError("", f"The body is not JSON: {_sentence(error.detail)}")]
        )
        return answer(request, refused)
    kind = Kind(status, status.phrase.lower().replace(" ", "-"), status.phrase)
    return _problem(request, kind, _HTTP_DETAILS.get(status, error.detail), {}, dict(error.headers or {}))


def unexpected(request: "Request[Any, Any, Any]", error: Exception) -> Response[dict[str, object]]:
    """Return a 500 without any fact of ours, and log where it came from."""
    _telemetry(request).fault(
        "request.failed",
        error,
        request_id=request.scope["state"].get("request_id"),
        route=request.scope.get("path_template"),
    )
    return _problem(request, Kind(500, "internal-error", "Internal error"), _UNEXPECTED, {}, {})


def _telemetry(request: "Request[Any, Any, Any]") -> Telemetry:
    context: Context = request.app.state.context
    return context.telemetry


def field_errors(extra: object) -> list[errors.FieldError]:
    """Turn Litestar's list of what is wrong into ours: a field as clients spell it, and a sentence."""
    if not isinstance(extra, list):
        return []
    found = []
    for entry in extra:
        field, message = str(entry.get("key", "")), str(entry["message"])
        if message.startswith("Object contains unknown field `"):
            field, message = message.split("`")[1], "There is no such field."
        elif message.startswith("Object missing required field `"):
            field, message = message.split("`")[1], "This field is required."
        elif message == "'data'":  # how Litestar says that there is no body
            field, message = "", "A JSON body is needed."
        elif message.startswith("Expected `datetime` with a timezone"):
            message = "Say the time zone: write the instant like 2024-03-01T09:30:00Z."
        found.append(errors.FieldError("" if field == "data" else field, _sentence(message)))
    return found


def problem_responses(*statuses: int, body: bool = True) -> dict[int, ResponseSpec]:
    """Return `responses` for a handler: its problems, those of a body if it takes one, and those of every route."""
    of_bodies = {408, 413, 415} if body and 400 in statuses else set()
    return {
        status: ResponseSpec(
            Problem,
            description=HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
        for status in sorted({*statuses, *of_bodies, 401, 403, 429, 503})
    }


def _told(kind: Kind, error: Exception) -> tuple[str, Mapping[str, object]]:
    if isinstance(error, UnicodeDecodeError | RecursionError):
        error = http_errors.MalformedBody("The request cannot be read as text.")
    if kind.field is not None:
        message = _sentence(str(error).removeprefix(f"{kind.field}: "))
        return _told(_INVALID, errors.InvalidRequest([errors.FieldError(kind.field, message)]))
    if isinstance(error, errors.ServingError):
        return str(error), error.facts
    return _sentence(str(error)), {name: getattr(error, name) for name in kind.members}


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _problem(
    request: "Request[Any, Any, Any]", kind: Kind, detail: str, members: Mapping[str, object], headers: dict[str, str]
) -> Response[dict[str, object]]:
    body: dict[str, object] = {
        "type": _URN + kind.slug,
        "title": kind.title,
        "status": int(kind.status),
        "detail": detail,
        "instance": request.scope["path"],
    }
    body |= {name: value for name, value in members.items() if name not in body}  # RFC 9457 has these names
    media_type: MediaType | str = MEDIA_TYPE
    return Response(body, status_code=kind.status, media_type=media_type, headers=headers)
