"""Surveys over HTTP: who is asked, what a look and a form do, and what is kept of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from serving.erasure import MARK
from serving.settings import Settings
from serving.storage.job_tables import outbox_events
from serving.surveys.words import language_of, texts
from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.serving.deflections.sites import MakeKey, site
from tests.serving.surveys.customers import DAY, HOUR, act, csat, offers, opened, path_of, resolved, send


def test_a_resolution_sends_a_link_and_no_text(client: Client, clock: FrozenClock) -> None:
    ticket = opened(client, external_id="zd-17")
    assert offers(client) == []
    act(client, ticket, "transitions", to="resolved")

    (offer,) = offers(client)

    assert re.fullmatch(r"https://help\.example\.com/survey/tkt_[0-9a-z]{26}\.\d+\.[\w-]{43}", offer["url"])
    assert (offer["id"], offer["external_id"]) == (ticket, "zd-17")
    assert offer["expires_at"].startswith(f"{clock.now() + 14 * DAY:%Y-%m-%dT%H:%M}")
    assert not re.search("CSV|kim|acme", str(offer))


def test_duplicates_and_what_machines_wrote_ask_nobody(client: Client) -> None:
    act(client, opened(client), "transitions", to="resolved", resolution_type="duplicate")
    act(client, opened(client, headers={"auto-submitted": "auto-generated"}), "transitions", to="resolved")

    assert offers(client) == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_rates_nothing_however_often(client: Client, method: str) -> None:
    ticket, path = resolved(client)

    for query in ("", "?rating=5", "?rating=1&comment=bad"):
        assert client.request(method, path + query, headers={"Authorization": ""}).status_code == 200

    assert csat(client, ticket) == (None, None)
    assert client.get(f"/v1/tickets/{ticket}").json()["status"] == "resolved"


def test_the_page_has_a_form_no_script_and_a_policy_under_which_nothing_else_runs(client: Client) -> None:
    page = client.get(resolved(client)[1])

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in page.headers["content-security-policy"] + page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.text.count('type="radio"') == 5
    assert not re.search("CSV|kim@|acme", page.text)


def test_the_form_rates_once_and_the_rating_is_the_tickets_csat(client: Client, clock: FrozenClock) -> None:
    ticket, path = resolved(client)

    thanks = send(client, path, rating="4", comment="Quick!\r\nThank you.")

    assert (thanks.status_code, "Thank you. Your rating was sent." in thanks.text) == (200, True)
    assert csat(client, ticket) == (4, "Quick!\nThank you.")
    again = send(client, path, rating="1")
    assert (again.status_code, "rated already" in again.text) == (409, True)
    assert client.get(path).status_code == 409
    assert csat(client, ticket) == (4, "Quick!\nThank you.")
    clock.advance(HOUR)
    kpis = client.get("/v1/reports/kpis").json()["kpis"]
    found = next(each["figure"] for each in kpis if each["id"] == "csat")
    assert (found["value"], found["n"]) == (1.0, 1)


def test_a_rating_is_told_without_its_comment(client: Client) -> None:
    _, path = resolved(client)
    send(client, path, rating="2", comment="It took long.")

    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "ticket.rated")
    (event,) = client.app.state.context.database.read(lambda c: c.scalars(asked).all())

    assert event["rating"] == 2
    assert "long" not in str(event)


def test_pressed_twice_at_once_it_counts_once(client: Client) -> None:
    ticket, path = resolved(client)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda rating: send(client, path, rating=str(rating)).status_code, [1, 2, 4, 5]))

    assert sorted(answers) == [200, 409, 409, 409]
    history = client.get(f"/v1/tickets/{ticket}/history").json()
    assert [each["type"] for each in history["events"]].count("ticket_rated") == 1


def test_a_closed_ticket_is_rated_too_and_the_customers_word_goes_before_the_agents(client: Client) -> None:
    ticket, path = resolved(client)
    act(client, ticket, "transitions", to="closed", csat=5)

    assert send(client, path, rating="2").status_code == 200
    assert csat(client, ticket) == (2, None)


def test_a_comment_is_kept_without_addresses_and_card_numbers(client: Client) -> None:
    ticket, path = resolved(client)

    send(client, path, rating="1", comment="Write to kim@example.com, my card is 4111 1111 1111 1111.")

    comment = csat(client, ticket)[1]
    assert "kim@" not in comment
    assert "4111" not in comment


def test_an_erasure_takes_the_comment_keeps_the_rating_and_ends_the_survey(client: Client) -> None:
    ticket, path = resolved(client)
    rated, second = resolved(client)
    send(client, second, rating="2", comment="My name is Kim Example.")

    assert client.post("/v1/erasures", json={"account": "acme"}).status_code in (200, 201)

    assert csat(client, rated) == (2, MARK)
    assert send(client, path, rating="5").status_code == 410
    assert csat(client, ticket) == (None, None)


@pytest.mark.parametrize(
    ("ticket", "accepted", "language"),
    [("de-AT", "fr", "de"), (None, "xx, pt-BR;q=0.8, en", "pt"), ("ja", "", "en"), (None, ",;,", "en")],
)
def test_the_page_speaks_the_tickets_language_else_the_browsers(
    ticket: str | None, accepted: str, language: str
) -> None:
    assert language_of(ticket, accepted) == language


def test_every_language_says_everything(client: Client) -> None:
    assert list(texts()) == ["en", "de", "fr", "es", "it", "nl", "pt"]
    assert {frozenset(each) for each in texts().values()} == {frozenset(texts()["en"])}
    page = client.get(resolved(client, language="nl")[1])
    assert '<html lang="nl">' in page.text
    assert "Beoordeling versturen" in page.text


def test_the_widgets_customer_finds_the_survey_on_the_resolved_ticket(client: Client, make_key: MakeKey) -> None:
    shop = site(client, make_key)
    session = shop.ask(human_requested=True)
    assert shop.hand_off(session).json()["survey"] is None
    ticket = client.get("/v1/tickets").json()["tickets"][0]["id"]
    act(client, ticket, "transitions", to="resolved")

    path = shop.look(session).json()["survey"]

    assert path == path_of(offers(client)[-1])
    assert send(client, path, rating="5").status_code == 200
    assert shop.look(session).json()["survey"] is None


class TestWithoutSurveys:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, surveys=False)

    def test_nobody_is_asked(self, client: Client, make_key: Callable[..., dict[str, str]]) -> None:
        act(client, opened(client), "transitions", to="resolved")

        assert offers(client) == []
        assert client.get("/survey/x").status_code == 404
