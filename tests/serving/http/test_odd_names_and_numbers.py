"""Names, numbers and instants at the edges: on every route a refusal or an answer, never an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import on_both_engines
from tests.serving.conftest import Client

NAMES = [
    *("%FF%FE", "%EF%BF%BD", "%00", "%0A", "%C2%80", "%ED%A0%80", "a%00b", "..", "%2E%2E%2F", "%"),
    *(quote("😀" * 50), "x" * 5_000),
]
NUMBERS = [-1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**40]
INSTANTS = [
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00-14:00", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00", "1600-01-01T00:00:00Z", "2300-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
]  # fmt: skip
BODIES: dict[str, Any] = {
    "/v1/tickets": {"subject": "a", "description": "b"},
    "/v1/tags": {"subject": "a", "description": "b", "plan": "standard", "tags": {"priority": "P1"}},
    "/v1/sla/deadlines": {"priority": "P1"},
}


def operations(client: Client) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in client.get("/schema/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            if method in {"get", "put", "post", "patch", "delete"}:
                yield method, path, operation


@pytest.mark.parametrize("name", NAMES)
def test_no_name_in_a_path_is_an_error_of_ours(knowing: Client, name: str) -> None:
    found = {}
    for method, path, operation in operations(knowing):
        names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
        if not names:
            continue
        template = path
        for each in names:
            path = path.replace(f"{{{each}}}", name)
        answer = knowing.request(method, path, json=None if method == "get" else {}, headers={"If-Match": '"1"'})
        found[f"{method} {template}"] = answer.status_code
    assert {where: status for where, status in found.items() if status >= 500} == {}
    assert len(found) > 20


@on_both_engines
@pytest.mark.parametrize("words", ["\0", "a\0b", "\ufffd", "\n", "'", "x" * 200])
def test_no_words_in_a_query_are_an_error_of_ours(client: Client, words: str) -> None:
    found = {}
    for method, path, operation in operations(client):
        for each in operation.get("parameters", ()):
            if each["in"] == "query" and method == "get" and "{" not in path:
                answer = client.get(path, params={each["name"]: words})
                found[f"{path}?{each['name']}"] = answer.status_code
    assert {where: status for where, status in found.items() if status >= 500} == {}


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_in_a_query_is_an_error_of_ours(knowing: Client, number: int) -> None:
    found = {}
    for method, path, operation in operations(knowing):
        for each in operation.get("parameters", ()):
            if each["in"] == "query" and method == "get" and "{" not in path:
                answer = knowing.get(path, params={each["name"]: str(number)})
                found[f"{path}?{each['name']}"] = answer.status_code
    assert {where: status for where, status in found.items() if status >= 500} == {}
    assert len(found) > 10


@pytest.mark.parametrize("instant", INSTANTS)
def test_no_instant_is_an_error_of_ours(knowing: Client, instant: str) -> None:
    found = {}
    for path, body in BODIES.items():
        found[path] = knowing.post(path, json=body | {"created_at": instant}).status_code
    pauses = [{"from": instant, "to": None}, {"from": "2026-03-02T09:00:00Z", "to": instant}]
    for pause in pauses:
        body = {"priority": "P1", "created_at": "2026-03-01T09:00:00Z", "pauses": [pause]}
        found[str(pause)] = knowing.post("/v1/sla/deadlines", json=body).status_code
    for name in ("since", "until"):
        found[name] = knowing.get("/v1/reports/kb_gaps", params={name: instant}).status_code
    assert {where: status for where, status in found.items() if status >= 500} == {}
