"""Every route does what its description says of methods, content types and unknown fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Litestar
from litestar.testing import TestClient

from tests.serving.http.openapi_document import DOCUMENT

Client = TestClient[Litestar]

DESCRIBED: dict[str, Any] = json.loads(DOCUMENT.read_text("utf-8"))
PATHS: dict[str, dict[str, Any]] = DESCRIBED["paths"]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
UNNAMED = {"/v1/inbound/{helpdesk}": {"HEAD"}}  # what a sender tries before it sends
OTHER_TYPES = [
    *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""),
    *("application/json-patch+json", "text/json", "application/jsonp", "application/json; charset=utf-16"),
]


def filled(path: str) -> str:
    """Return the path with a value for each parameter."""
    return re.sub(r"\{\w+\}", "x", path)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, described in PATHS.items():
        for method, operation in described.items():
            yield method.upper(), path, operation


WITH_BODY = [(method, path) for method, path, each in operations() if "requestBody" in each]


def schema_of(method: str, path: str) -> dict[str, Any]:
    content = PATHS[path][method.lower()]["requestBody"]["content"]
    assert set(content) == {"application/json"}
    schema: dict[str, Any] = content["application/json"]["schema"]
    while "$ref" in schema:
        schema = DESCRIBED["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def test_each_path_takes_the_methods_that_are_described_and_no_others(client: Client) -> None:
    """One service for all paths: a start for each of them takes longer than the test."""
    for path in PATHS:
        described = {method.upper() for method in PATHS[path]}
        for method in METHODS - described:
            refused = client.request(method, filled(path), json={})
            assert (refused.status_code, refused.headers["content-type"]) == (405, "application/problem+json"), path
            allowed = set(refused.headers["allow"].split(", "))
            assert allowed == described | {"OPTIONS"} | UNNAMED.get(path, set()), path
        for method in described:
            assert client.request(method, filled(path)).status_code != 405, path


def test_every_route_of_the_api_is_described(client: Client) -> None:
    routes = {re.sub(r":\w+\}", "}", route.path_format) for route in client.app.routes}
    assert {path for path in routes if path.startswith("/v1/")} == {path for path in PATHS if path.startswith("/v1/")}


def test_a_body_of_another_content_type_gets_415(client: Client) -> None:
    others = [{"Content-Type": each} for each in OTHER_TYPES]
    for method, path in WITH_BODY:
        if path.startswith("/v1/inbound/"):  # a name that no connection has gets 404 before its body
            assert client.request(method, filled(path), content=b"x", headers=others[0]).status_code == 404
            continue
        for sent in [*others, {"Content-Type": "application/json", "Content-Encoding": "gzip"}]:
            refused = client.request(method, filled(path), content=b'{"a": 1}', headers=sent)
            assert (refused.status_code, refused.json()["title"]) == (415, "Unsupported media type"), (path, sent)
            assert set(refused.json()["accepted"]) == set(PATHS[path][method.lower()]["requestBody"]["content"]), path
        for kind in ("application/json", "Application/JSON; charset=UTF-8"):
            taken = client.request(method, filled(path), content=b'{"a": 1}', headers={"Content-Type": kind})
            assert taken.status_code != 415, (path, kind)


def test_what_a_body_may_get_is_described_where_there_is_one() -> None:
    for method, path, operation in operations():
        told = {"413", "415"} & set(operation["responses"])
        assert told == ({"413", "415"} if "requestBody" in operation else set()), (method, path)


# A hook's body is its sender's own, and a correction maps heads to labels.
RECORDS = [each for each in WITH_BODY if each[1] not in {"/v1/inbound/{helpdesk}", "/v1/tags/{tagging_id}/correction"}]


def test_an_unknown_field_is_refused_and_the_schema_says_so(client: Client) -> None:
    for method, path in RECORDS:
        assert schema_of(method, path)["additionalProperties"] is False, path
        refused = client.request(method, filled(path), json={"no_such_field": 1})
        assert refused.status_code == 400, refused.text
        assert refused.json()["errors"] == [{"field": "no_such_field", "message": "There is no such field."}], path


def records(kind: object, seen: set[object]) -> Iterator[msgspec.inspect.StructType]:
    """Yield a record and those inside it, each once."""
    if isinstance(kind, msgspec.inspect.StructType):
        if kind.cls in seen:
            return
        seen.add(kind.cls)
        yield kind
        for field in kind.fields:
            yield from records(field.type, seen)
    for name in ("types", "item_types", "item_type", "value_type", "type"):
        inner = getattr(kind, name, ())
        for each in inner if isinstance(inner, tuple) else (inner,):
            yield from records(each, seen)


def test_inside_a_body_too_every_record_that_refuses_unknown_fields_says_so(client: Client) -> None:
    handlers = [handler for route in client.app.routes for handler in getattr(route, "route_handlers", ())]
    bodies = [handler.parsed_data_field.annotation for handler in handlers if handler.parsed_data_field is not None]
    seen = set[object]()
    found = [each for body in bodies for each in records(msgspec.inspect.type_info(body), seen)]
    refusing = {each.cls.__name__ for each in found if each.forbid_unknown_fields}
    schemas = DESCRIBED["components"]["schemas"]
    assert {name for name, each in schemas.items() if each.get("additionalProperties") is False} == refusing
    assert {"TicketIn", "FiledTicketIn", "Pause"} <= refusing
