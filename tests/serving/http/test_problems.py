"""What bad input gets: the whole body of each problem, and nothing stored."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.errors import FieldError

Client = TestClient[Litestar]
JSON = {"Content-Type": "application/json"}
PATH = "/v1/tickets"


def invalid(field: str, message: str, instance: str = PATH) -> dict[str, Any]:
    return {
        "type": "urn:firstline:problem:invalid-request",
        "title": "Invalid request",
        "status": 400,
        "detail": "The request was not understood: see `errors`. Nothing was stored.",
        "instance": instance,
        "errors": [{"field": field, "message": message}],
    }


NO_CHARACTER = "The body contains half of a surrogate pair (\\ud800 to \\udfff), which is no character."
TOO_DEEP = "The body is nested deeper than 32 levels."

BAD_BODIES = {
    "no body": (b"", FieldError("", "A JSON body is needed.")),
    "half an object": (b'{"subject": "x"', FieldError("", "The body is not JSON: Input data was truncated.")),
    "a list": (b"[1]", FieldError("", "Expected `object`, got `array`.")),
    "null": (b"null", FieldError("", "Expected `object`, got `null`.")),
    "NaN": (b'{"arr": NaN}', FieldError("", "The body is not JSON: JSON is malformed: invalid character (byte 8).")),
    "deep lists": (b"[" * 100_000, FieldError("", TOO_DEEP)),
    "deep objects": (b'{"a":' * 50_000, FieldError("", TOO_DEEP)),
    "bad UTF-8": (b'{"subject": "\xff"}', FieldError("", "The body is not UTF-8: byte 13 cannot be read.")),
    "overlong UTF-8": (b'{"subject": "\xc0\x80"}', FieldError("", "The body is not UTF-8: byte 13 cannot be read.")),
    "a raw NUL": (b'{"subject": "a\0"}', FieldError("", "The body contains a NUL character.")),
    "an escaped NUL": (b'{"subject": "a\\u0000"}', FieldError("", "The body contains a NUL character (\\u0000).")),
    "a high half": (b'{"subject": "\\ud83d"}', FieldError("", NO_CHARACTER)),
    "a low half": (b'{"subject": "\\ude00"}', FieldError("", NO_CHARACTER)),
    "halves in the wrong order": (b'{"subject": "\\ude00\\ud83d"}', FieldError("", NO_CHARACTER)),
    "halves apart": (b'{"subject": "\\ud83d \\ude00"}', FieldError("", NO_CHARACTER)),
    "an unknown field": (b'{"subjekt": "x"}', FieldError("subjekt", "There is no such field.")),
    "an unknown head": (
        b'{"subject": "x", "tags": {"colour": "red"}}',
        FieldError("tags.colour", "There is no such field: the labels are category, priority, product_area."),
    ),
    "a number as text": (b'{"subject": 1}', FieldError("subject", "Expected `str`, got `int`.")),
    "no text": (
        b'{"subject": " ", "description": "\\n"}',
        FieldError("description", "Subject and description are both empty: one of them must say something."),
    ),
    "an unknown plan": (
        b'{"subject": "x", "plan": "gold"}',
        FieldError("plan", "Plan 'gold' is not in the policy; known plans: free, standard, premium, enterprise."),
    ),
    "an unknown priority": (
        b'{"subject": "x", "tags": {"priority": "P9"}}',
        FieldError("priority", "Priority 'P9' does not exist; priorities: P0, P1, P2, P3, P4."),
    ),
    "a naive instant": (
        b'{"subject": "x", "created_at": "2026-03-02T10:00:00"}',
        FieldError("created_at", "Say the time zone: write the instant like 2024-03-01T09:30:00Z."),
    ),
    "no instant": (
        b'{"subject": "x", "created_at": "yesterday"}',
        FieldError("created_at", "Invalid RFC3339 encoded datetime: write it like 2026-03-02T09:00:00Z."),
    ),
    "seconds for an instant": (
        b'{"subject": "x", "created_at": 1700000000}',
        FieldError("created_at", "Expected `datetime | null`, got `int`."),
    ),
    "a number in quotes": (b'{"subject": "x", "arr": "5"}', FieldError("arr", "Expected `float | null`, got `str`.")),
    "an instant to come": (
        b'{"subject": "x", "created_at": "2026-03-02T10:05:01Z"}',
        FieldError("created_at", "This instant lies in the future."),
    ),
    "a subject without end": (
        b'{"subject": "' + b"x" * 1_001 + b'"}',
        FieldError("subject", "Expected `str` of length <= 1000."),
    ),
    "an address that is none": (
        b'{"subject": "x", "email": "ada"}',
        FieldError("email", "Expected `str` matching regex '^[^@\\\\s]+@[^@\\\\s]+$'."),
    ),
}


@pytest.mark.parametrize(("body", "error"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_a_problem_that_names_the_field_and_nothing_is_stored(
    desk_client: Client, body: bytes, error: FieldError
) -> None:
    refused = desk_client.post(PATH, content=body, headers=JSON)
    assert refused.json() == invalid(error.field, error.message)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    assert desk_client.get(PATH).json() == {"tickets": [], "next_cursor": None}


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application/jsonp"],
)
def test_a_body_that_is_not_called_json_is_refused_so_that_no_page_can_post_without_asking(
    desk_client: Client, kind: str
) -> None:
    refused = desk_client.post(PATH, content=b'{"subject": "x"}', headers={"Content-Type": kind})
    assert refused.status_code == 415
    assert refused.json() == {
        "type": "urn:firstline:problem:unsupported-media-type",
        "title": "Unsupported media type",
        "status": 415,
        "detail": "Send the body as application/json, uncompressed.",
        "instance": PATH,
        "accepted": ["application/json"],
    }


def test_a_compressed_body_is_refused(desk_client: Client) -> None:
    refused = desk_client.post(PATH, content=b'{"subject": "x"}', headers={**JSON, "Content-Encoding": "gzip"})
    assert refused.status_code == 415


def test_json_with_its_own_charset_named_is_taken(desk_client: Client) -> None:
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    assert desk_client.post(PATH, content=b'{"subject": "x"}', headers=headers).status_code == 201


@pytest.mark.parametrize("chunked", [False, True])
def test_a_megabyte_of_text_is_too_much_however_it_is_sent(desk_client: Client, chunked: bool) -> None:
    body = b'{"description": "' + b"x" * 1_000_000 + b'"}'
    parts = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    refused = desk_client.post(PATH, content=parts if chunked else body, headers=JSON)
    assert refused.status_code == 413
    assert refused.json() == {
        "type": "urn:firstline:problem:body-too-large",
        "title": "Body too large",
        "status": 413,
        "detail": "The body is larger than 256,000 bytes.",
        "instance": PATH,
        "limit": 256_000,
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/sla"),
        ("PATCH", ""),
        ("POST", "/replies"),
        ("POST", "/transitions"),
        ("POST", "/escalations"),
    ],
)
@pytest.mark.parametrize("ticket_id", ["tkt_00000000000000000000000000", "x", "tkt_%F0%9F%98%80", "a'--"])
def test_an_unknown_ticket_is_not_found_on_every_route(
    desk_client: Client, method: str, path: str, ticket_id: str
) -> None:
    bodies = {"/replies": {"text": "x"}, "/transitions": {"to": "open"}, "/escalations": {"to": "T2", "packet": {}}}
    content = {} if method == "GET" else {"json": bodies.get(path, {})}
    refused = desk_client.request(method, f"{PATH}/{ticket_id}{path}", headers={"If-Match": "*"}, **content)
    assert refused.status_code == 404
    told = refused.json()
    assert told.pop("instance").startswith("/v1/tickets/")
    assert told == {
        "type": "urn:firstline:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no ticket with this id.",
    }


def test_an_unknown_path_is_a_problem_too(desk_client: Client) -> None:
    assert desk_client.get("/v2/tickets").json() == {
        "type": "urn:firstline:problem:not-found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this path; /schema/openapi.json lists what there is.",
        "instance": "/v2/tickets",
    }


def test_a_method_that_a_path_does_not_take_is_a_problem_too(desk_client: Client) -> None:
    refused = desk_client.put(PATH)
    assert refused.json() == {
        "type": "urn:firstline:problem:method-not-allowed",
        "title": "Method Not Allowed",
        "status": 405,
        "detail": "This path does not take this method; see the Allow header.",
        "instance": PATH,
    }
    assert "GET" in refused.headers["allow"]


def test_options_is_answered_for_a_key_and_refused_without(desk_client: Client) -> None:
    assert desk_client.options(PATH).status_code == 204
    del desk_client.headers["authorization"]
    refused = desk_client.options(PATH)
    assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("status=lost", "status", "Invalid enum value 'lost'; it is one of new, open, pending, resolved, closed."),
        ("limit=0", "limit", "Expected `int` >= 1."),
        ("limit=201", "limit", "Expected `int` <= 200."),
        ("overdue=perhaps", "overdue", "Expected `bool | null`, got `str`."),
        ("cursor=dfl_1", "cursor", "Not a cursor of this list: use `next_cursor` of its last answer."),
    ],
)
def test_a_bad_query_is_a_problem_that_names_the_parameter(
    desk_client: Client, query: str, field: str, message: str
) -> None:
    assert desk_client.get(f"{PATH}?{query}").json() == invalid(field, message)


def test_every_answer_carries_the_security_headers_whatever_became_of_it(desk_client: Client) -> None:
    answers = [
        desk_client.get("/healthz"),
        desk_client.get("/nowhere"),
        desk_client.put(PATH),
        desk_client.post(PATH, content=b"{", headers=JSON),
        desk_client.post(PATH, content=b"x", headers={"Content-Type": "text/plain"}),
        desk_client.get(PATH, headers={"Authorization": "Bearer no"}),
    ]
    assert [each.status_code for each in answers] == [200, 404, 405, 400, 415, 401]
    for each in answers:
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert each.headers["referrer-policy"] == "no-referrer"
        assert each.headers["cache-control"] == "no-store"
        assert len(each.headers["x-request-id"]) == 16
