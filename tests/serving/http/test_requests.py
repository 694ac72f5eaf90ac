"""What requests may leave open, and what is refused, on every route: nulls, channels, filters, listed values."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from msgspec import inspect

from serving.app import create_app
from serving.composition import slices
from serving.http.allowed_values import allowed_values, alternatives
from serving.http.fields import channel_name
from serving.http.problems import PROBLEMS
from serving.settings import Settings
from tests.serving.conftest import ARTICLES, Client
from tests.serving.stored_articles import put_article

BARS = {"subject": "Bars", "description": "The bars are grey."}
QUESTION = {"question": "Where is my invoice?"}
ARTICLE = {"title": "T", "body": "B"}
TAGS, TICKETS, ASK = "/v1/tags", "/v1/tickets", "/v1/deflections"
NULLS: list[tuple[str, dict[str, Any]]] = [
    (TAGS, BARS | {"subject": None}),
    (TAGS, BARS | {"description": None}),
    (
        TAGS,
        BARS
        | dict.fromkeys(("channel", "plan", "account", "language", "created_at", "external_id", "brand", "region")),
    ),
    ("/v1/tags/batch", {"tickets": [BARS | {"subject": None}, BARS | {"description": None}]}),
    (
        TICKETS,
        BARS | {"subject": None, "channel": None, "tags": None, "attachments": None, "health": None, "arr": None},
    ),
    (TICKETS, BARS | {"tags": {"category": None, "priority": None}}),
    (ASK, QUESTION | {"channel": None, "human_requested": None, "visitor": None, "locale": None}),
    (
        "/v1/articles/import",
        {"articles": [ARTICLE | {"id": "a", "format": None, "requires_human": None}], "replace": None},
    ),
    ("/v1/articles/search", {"query": "x", "limit": None, "audience": None}),
]


@pytest.mark.parametrize(("path", "body"), NULLS)
def test_null_is_taken_where_a_field_may_be_absent(knowing: Client, path: str, body: dict[str, Any]) -> None:
    answer = knowing.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("body", ['{"question": null}x', '{"question": null, "x', '{"question": null'])
def test_what_has_a_wrong_type_and_ends_wrongly_is_not_json(client: Client, body: str) -> None:
    answer = client.post(ASK, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("The body is not JSON: ")


NOT_NULL = [
    (TAGS, BARS | {"nothing": None}, "nothing"),
    (ASK, {"question": None}, "question"),
    ("/v1/articles/import", {"articles": None}, "articles"),
    ("/v1/articles/import", {"articles": [ARTICLE | {"id": None}]}, "articles[0].id"),
    ("/v1/tags/batch", {"tickets": [None]}, "tickets[0]"),
    (TAGS, BARS | {"subject": None, "channel": 5}, "channel"),
]


@pytest.mark.parametrize(("path", "body", "field"), NOT_NULL)
def test_null_is_refused_where_a_field_is_needed_or_unknown(
    knowing: Client, path: str, body: dict[str, Any], field: str
) -> None:
    answer = knowing.post(path, json=body)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (400, [field])


CHANNELS = {
    "email": "email",
    "E-Mail": "email",
    "Live Chat": "chat",
    "in-app": "in_app",
    "slack": "slack",
    "teams": "teams",
    "SMS": "sms",
    "WhatsApp Business": "whatsapp_business",
    "telephone": "phone",
    "": "other",
    "??": "other",
    "x" * 64: "x" * 32,
    "3cx": "3cx",
}


@pytest.mark.parametrize(("given", "name"), CHANNELS.items())
def test_every_channel_is_taken_and_keeps_its_name(knowing: Client, given: str, name: str) -> None:
    assert channel_name(given) == channel_name(name) == name
    assert knowing.post(TICKETS, json=BARS | {"channel": given}).json()["channel"] == name
    assert knowing.post(TAGS, json=BARS | {"channel": given}).status_code == 200
    asked = knowing.post(ASK, json=QUESTION | {"channel": given})
    assert asked.status_code == 201
    ended = knowing.post(f"{ASK}/{asked.json()['id']}/ticket", json={"email": "kim@example.com", "channel": given})
    assert ended.json()["channel"] == name


LISTED = [
    ("put", "/v1/articles/a", ARTICLE | {"format": "pdf"}, "format", "html, markdown, text"),
    ("put", "/v1/articles/a", ARTICLE | {"visibility": "secret"}, "visibility", "internal, public"),
    (
        "post",
        "/v1/articles/import",
        {"articles": [ARTICLE | {"id": "a", "format": "x"}]},
        "articles[0].format",
        "html, markdown, text",
    ),
    ("post", "/v1/articles/search", {"query": "x", "audience": "all"}, "audience", "agent, customer"),
    ("post", "/v1/tickets/x/transitions", {"to": "done"}, "to", "closed, open, pending, resolved"),
    ("post", "/v1/tickets/x/escalations", {"to": "T9", "packet": {}}, "to", "T2, T3"),
    ("post", "/v1/tickets/x/replies", {"text": "x", "by": "bot"}, "by", "agent, customer"),
    ("post", "/v1/deflections/x/outcome", {"outcome": "good"}, "outcome", "abandoned, confirmed, not_helpful"),
]


@pytest.mark.parametrize(("method", "path", "body", "field", "allowed"), LISTED)
def test_a_value_that_is_not_allowed_is_refused_with_those_that_are(
    knowing: Client, method: str, path: str, body: dict[str, Any], field: str, allowed: str
) -> None:
    (error,) = knowing.request(method, path, json=body).json()["errors"]
    assert error["field"] == field
    assert error["message"].endswith(f"; it is one of {allowed}.")


QUERIES = [
    (
        "/v1/tickets?stat=open",
        "stat",
        "this path takes at_risk, breached, cursor, label, limit, needs_nobody, number, overdue, status.",
    ),
    ("/v1/tickets?priority=P1&limit=5", "priority", "There is no such query parameter"),
    ("/v1/tickets/x?expand=all", "expand", "this path takes none."),
    ("/v1/jobs?status=dead", "status", "this path takes"),
    ("/v1/models?x=1", "x", "this path takes none."),
    ("/v1/articles?q=x", "q", "this path takes none."),
    ("/v1/reports/kb_gaps?from=2026-01-01T00:00:00Z", "from", "this path takes"),
    ("/v1/tickets?status=opn", "status", "it is one of new, open, pending, resolved, closed."),
    ("/v1/jobs?state=foo", "state", "it is one of dead, running, waiting."),
]


@pytest.mark.parametrize(("path", "field", "told"), QUERIES)
def test_a_filter_that_does_not_exist_is_refused_instead_of_ignored(
    knowing: Client, path: str, field: str, told: str
) -> None:
    answer = knowing.get(path)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (400, field)
    assert told in error["message"]


def test_every_filter_of_the_description_is_known(knowing: Client) -> None:
    for path, item in knowing.get("/schema/openapi.json").json()["paths"].items():
        for parameter in item.get("get", {}).get("parameters", []):
            if parameter["in"] == "query":
                answer = knowing.get(re.sub(r"\{[^}]*\}", "x", path), params={parameter["name"]: ""})
                assert "no such query parameter" not in answer.text


def test_an_article_that_solved_a_ticket_must_exist(knowing: Client) -> None:
    path = f"{TICKETS}/{knowing.post(TICKETS, json=BARS).json()['id']}/transitions"
    refused = knowing.post(path, json={"to": "resolved", "kb_article_id": "nowhere"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "kb_article_id")

    put_article(knowing, "gone")
    knowing.delete("/v1/articles/gone")
    assert knowing.post(path, json={"to": "resolved", "kb_article_id": "gone"}).status_code == 400

    solved = knowing.post(path, json={"to": "resolved", "kb_article_id": ARTICLES[0]["id"], "root_cause": "A filter"})
    assert (solved.status_code, solved.json()["kb_article_id"], solved.json()["root_cause"]) == (
        201,
        ARTICLES[0]["id"],
        "A filter",
    )


def test_a_ticket_returns_what_it_was_given(knowing: Client) -> None:
    given = {"health": "red", "arr": 120_000.0, "attachments": ["bars.png", "log.txt"]}
    opened = knowing.post(TICKETS, json=BARS | given).json()
    read = knowing.get(f"{TICKETS}/{opened['id']}").json()
    for answer in (opened, read):
        assert {name: answer[name] for name in given} == given
        assert answer["root_cause"] is None

    bare = knowing.post(TICKETS, json=BARS).json()
    assert (bare["health"], bare["arr"], bare["attachments"]) == (None, None, [])


@pytest.mark.parametrize(
    ("plan", "channel", "noted"),
    [
        ("free", "email", False), ("free", "phone", True), ("free", "chat", True), ("standard", "chat", False),
        ("standard", "phone", True), ("premium", "slack", True), ("enterprise", "slack", False), (None, "slack", False),
        ("standard", "api", False), ("standard", "??", False),
    ],
)  # fmt: skip
def test_a_channel_that_the_plan_does_not_include_is_noted(
    knowing: Client, plan: str | None, channel: str, noted: bool
) -> None:
    notes = knowing.post(TICKETS, json=BARS | {"plan": plan, "channel": channel}).json()["notes"]
    assert any(f"no support by {channel}" in note for note in notes) is noted


@pytest.mark.parametrize("error", PROBLEMS, ids=lambda error: error.__name__)
def test_no_member_of_a_problem_takes_the_place_of_a_standard_one(error: type[Exception]) -> None:
    assert not {"type", "title", "status", "detail", "instance"} & set(PROBLEMS[error].members)


@pytest.mark.parametrize("to", ["pending", "open"])
def test_the_status_of_a_problem_is_that_of_http(knowing: Client, to: str) -> None:
    path = f"{TICKETS}/{knowing.post(TICKETS, json=BARS).json()['id']}/transitions"
    knowing.post(path, json={"to": "closed"})
    refused = knowing.post(path, json={"to": to})
    assert refused.json()["status"] == refused.status_code == 409


def test_every_literal_of_every_request_can_be_listed(settings: Settings) -> None:
    app = create_app(settings, compose=slices)
    bodies = {
        handler.parsed_data_field.annotation
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if handler.parsed_data_field is not None
    }
    assert len(bodies) > 10
    for body in bodies:
        for kind in alternatives(inspect.type_info(body)):
            for field in getattr(kind, "fields", ()):
                closed = [
                    each
                    for each in alternatives(field.type)
                    if isinstance(each, inspect.LiteralType | inspect.EnumType)
                ]
                assert bool(allowed_values(field.type)) == bool(closed)


def test_the_page_of_the_api_needs_nothing_but_this_service(knowing: Client) -> None:
    page = knowing.get("/schema")

    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"<(?:script|img|link|iframe)|https?://|\sstyle=|\son\w+=", page.text)
    (style,) = re.findall(r"<style>(.*?)</style>", page.text)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    for path in knowing.get("/schema/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page.text
    for anchor in set(re.findall(r'href="#(\w+)"', page.text)):
        assert f'id="{anchor}"' in page.text


@pytest.mark.parametrize("name", ["swagger", "redoc", "elements", "rapidoc"])
def test_no_page_is_left_that_would_ask_a_cdn(knowing: Client, name: str) -> None:
    assert knowing.get(f"/schema/{name}").status_code == 404
