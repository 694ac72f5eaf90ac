"""What serves and why: a table for the rule, and a real service whose desk stops being empty while it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from retrieval.articles.article import Article
from retrieval.encoder.encoder import from_files
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from serving.app import create_app
from serving.inference.own_content import OwnContent, what_serves
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.conftest import Client, take_in
from tests.tiny_bundle import tiny_bundle, tiny_encoder_files
from tests.waiting import wait_until
from triage.model.registry import Registry

OWN = {"id": "invoice", "title": "Invoice refund", "body": "To refund an invoice open Billing and press Refund."}
TICKET = {"subject": "csv export empty", "description": "csv export empty"}


@pytest.mark.parametrize(
    ("own", "what", "why"),
    [
        (OwnContent(), "sample", "empty"),
        (OwnContent(articles=True), "defaults", "articles"),
        (OwnContent(tickets=True), "defaults", "tickets"),
        (OwnContent(articles=True, tickets=True), "defaults", "articles"),
        (OwnContent(bundle=True), "bundle", "bundle"),
        (OwnContent(articles=True, tickets=True, bundle=True), "bundle", "bundle"),
        (OwnContent(bundle=True, refused=True), "defaults", "refused"),
    ],
)
def test_the_sample_serves_an_empty_desk_and_no_other(own: OwnContent, what: str, why: str) -> None:
    serves = what_serves(own)

    assert (serves.what, serves.why) == (what, why)
    assert str(serves).startswith(f"{what} ({why}): ")


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    tiny_bundle(tmp_path / "sample" / "bundle", name="sample")
    article = Article(id="sample-1", title="Reset password", body="To reset a password open login and press Reset.")
    index_files.save(build([article], from_files(*tiny_encoder_files())), tmp_path / "sample" / "index")
    return Settings(
        home=home, sample=tmp_path / "sample", demo=True, public_url="http://testserver.local", worker=False
    )


@pytest.fixture
def start(
    settings: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]]
) -> Iterator[Callable[[], Client]]:
    """Start the service, as often as asked; the one before is stopped first."""
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    running: list[Client] = []

    def started() -> Client:
        stop()
        client = TestClient(create_app(settings, clock=clock))
        running.append(client.__enter__())
        client.headers.update(make_key("admin"))
        wait_until(lambda: client.get("/readyz").status_code == 200)
        return client

    def stop() -> None:
        while running:
            running.pop().__exit__(None, None, None)

    yield started
    stop()


@pytest.fixture
def client(start: Callable[[], Client]) -> Client:
    return start()


def ask(client: Client, question: str) -> dict[str, Any]:
    answer = client.post("/v1/deflections", json={"question": question})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def said(client: Client) -> tuple[str, str]:
    serves = client.get("/v1/models").json()["serves"]
    note = client.get("/readyz").json()["notes"]["serves"]
    assert note == f"{serves['what']} ({serves['why']}): {serves['explanation']}"
    return serves["what"], serves["why"]


def shows_nothing_of_the_sample(client: Client) -> bool:
    tags = client.post("/v1/tags", json=TICKET).json()
    found = client.post("/v1/articles/search", json={"query": "reset password"}).json()["results"]
    assert "sample-1" not in [each["id"] for each in found]
    assert "sample-1" not in str(ask(client, "Reset password"))
    assert [each["id"] for each in tags["similar_tickets"]] == []
    assert {tag["mode"] for tag in tags["tags"].values()} <= {"abstain"}
    assert tags["certificates"] == {}
    assert "Reset password" not in client.get("/demo").text
    wait_until(lambda: client.get("/v1/articles/sample-1").status_code == 404)
    return True


def test_an_empty_desk_shows_the_sample_and_says_so(client: Client) -> None:
    assert said(client) == ("sample", "empty")
    assert ask(client, "Reset password")["articles"][0]["id"] == "sample-1"
    assert client.post("/v1/tags", json=TICKET).json()["similar_tickets"][0]["id"] == "old-1"
    assert "the sample" in client.get("/demo").text


def test_a_ticket_from_a_question_to_the_sample_is_a_trial(client: Client) -> None:
    asked = ask(client, "Reset password")

    client.post(f"/v1/deflections/{asked['id']}/ticket", json={"email": "ann@example.com"})

    assert said(client) == ("sample", "empty")


def test_an_incident_that_is_opened_by_hand_is_no_content_of_its_own(client: Client) -> None:
    opened = client.post("/v1/incidents", json={"title": "Sign-in fails", "message": "We are on it."})
    assert opened.status_code == 201
    assert client.get("/readyz").json()["notes"]["serves"].startswith("sample (empty)")


def test_the_first_article_ends_the_sample_without_a_restart(client: Client, start: Callable[[], Client]) -> None:
    take_in(client, [OWN])

    assert said(client) == ("defaults", "articles")
    assert shows_nothing_of_the_sample(client)
    answer = ask(client, "Invoice refund")
    assert answer["articles"][0]["id"] == "invoice"
    assert answer["certificate"] is None

    again = start()
    assert said(again) == ("defaults", "articles")
    assert shows_nothing_of_the_sample(again)


def test_a_desk_whose_articles_are_deleted_does_not_get_the_sample_back(client: Client) -> None:
    take_in(client, [OWN])
    client.delete("/v1/articles/invoice")

    assert said(client) == ("defaults", "articles")
    assert shows_nothing_of_the_sample(client)
    assert "make setup" not in client.get("/readyz").json()["notes"]["articles"]


def test_the_first_ticket_is_not_tagged_by_the_sample_and_ends_it(client: Client) -> None:
    ticket = client.post("/v1/tickets", json=TICKET).json()

    assert ticket["tags"] == {}
    assert said(client) == ("defaults", "tickets")
    assert shows_nothing_of_the_sample(client)


def test_without_a_model_an_urgent_phrase_still_raises_the_priority(client: Client) -> None:
    take_in(client, [OWN])
    filed = {"subject": "Outage", "description": "The service is down for everyone."}

    tagged = client.post("/v1/tags", json=filed).json()
    ticket = client.post("/v1/tickets", json=filed).json()

    assert tagged["tags"]["category"]["reason_code"] == "no_model"
    assert (tagged["tags"]["priority"]["mode"], tagged["tags"]["priority"]["certificate"]) == ("suggest", None)
    assert ticket["tags"].keys() == {"priority"}


def test_a_promoted_model_ends_the_sample_of_articles_too(client: Client, settings: Settings, tmp_path: Path) -> None:
    registry = Registry(settings.models_path)
    version = registry.add(tiny_bundle(tmp_path / "fitted", name="mine"))
    registry.make_current(version)

    assert client.post("/v1/models/reload").json()["current"]["version"] == version

    assert said(client) == ("bundle", "bundle")
    assert client.post("/v1/tags", json=TICKET).json()["model"]["version"] == version
    assert "sample-1" not in str(ask(client, "Reset password"))
    wait_until(lambda: client.get("/v1/articles/sample-1").status_code == 404)


def test_the_samples_tags_can_be_corrected_while_it_serves(client: Client) -> None:
    tagged = client.post("/v1/tags", json=TICKET).json()

    corrected = client.post(f"/v1/tags/{tagged['id']}/correction", json={"category": "billing", "actor": "ana"})

    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["tags"]["category"]["label"] == "billing"
