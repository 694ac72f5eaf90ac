"""Articles that are suggested while a customer is still typing."""

from __future__ import annotations

from typing import Any

from tests.serving.conftest import ARTICLES, Client
from tests.serving.deflections.sites import MakeKey, site


def near(client: Client, question: str, **more: Any) -> list[str]:
    answer = client.post("/v1/deflections/suggestions", json={"question": question, **more})
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.json()["articles"]]


def test_what_is_typed_so_far_suggests_articles_and_opens_no_session(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": ARTICLES})
    before = client.get("/metrics").text.count("firstline_deflections_total{")

    assert "Reset your password" in near(client, "reset your password")
    assert client.get("/metrics").text.count("firstline_deflections_total{") == before


def test_internal_articles_are_never_suggested(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": ARTICLES})

    internal = [each["title"] for each in ARTICLES if each.get("visibility") == "internal"]
    assert internal
    assert not set(near(client, internal[0])) & set(internal)


def test_dots_suggest_nothing(client: Client) -> None:
    client.post("/v1/articles/import", json={"articles": ARTICLES})

    assert near(client, "...") == []


def test_a_publishable_key_asks_from_its_own_pages_only(client: Client, make_key: MakeKey) -> None:
    client.post("/v1/articles/import", json={"articles": ARTICLES})
    shop = site(client, make_key, "https://shop.example")
    body = {"question": "reset your password"}

    own = client.post("/v1/deflections/suggestions", json=body, headers=shop.headers)
    other = client.post(
        "/v1/deflections/suggestions", json=body, headers=shop.headers | {"Origin": "https://evil.example"}
    )

    assert (own.status_code, other.status_code) == (200, 403)


def test_typing_takes_nothing_from_an_offices_other_requests(client: Client, make_key: MakeKey) -> None:
    client.post("/v1/articles/import", json={"articles": ARTICLES})
    shop = site(client, make_key, "https://shop.example")

    answer = client.post("/v1/deflections/suggestions", json={"question": "reset"}, headers=shop.headers)

    counted = answer.headers["ratelimit-policy"]
    assert '"suggestions.address.minute"' in counted
    assert "requests" not in counted


def test_what_a_person_must_answer_is_not_suggested(client: Client) -> None:
    first, *others = (each for each in ARTICLES if each.get("visibility") != "internal")
    client.post("/v1/articles/import", json={"articles": [first | {"requires_human": True}, *others]})

    assert str(first["title"]) not in near(client, str(first["title"]))
