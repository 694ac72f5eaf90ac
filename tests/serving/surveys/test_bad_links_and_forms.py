"""Links that are forged, expired or of an earlier resolution, and forms that are no rating: nothing is counted."""

from __future__ import annotations

import pytest

from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.serving.surveys.customers import DAY, HOUR, act, csat, offers, opened, path_of, resolved, send


def test_after_fourteen_days_a_link_has_expired(client: Client, clock: FrozenClock) -> None:
    ticket, path = resolved(client)
    clock.advance(14 * DAY - HOUR)
    assert client.get(path).status_code == 200

    clock.advance(HOUR)

    assert [client.get(path).status_code, send(client, path, rating="5").status_code] == [410, 410]
    assert "14 days" in client.get(path).text
    assert csat(client, ticket) == (None, None)


def test_a_reopened_ticket_takes_no_rating_and_each_resolution_has_a_link_of_its_own(client: Client) -> None:
    ticket, first = resolved(client)
    act(client, ticket, "transitions", to="open")
    assert (send(client, first, rating="5").status_code, csat(client, ticket)[0]) == (409, None)

    act(client, ticket, "transitions", to="resolved")
    second = path_of(offers(client)[-1])

    assert second != first
    assert send(client, first, rating="5").status_code == 409
    assert send(client, second, rating="3").status_code == 200
    assert csat(client, ticket) == (3, None)


def test_a_forged_link_leads_nowhere_and_counts_nothing(client: Client) -> None:
    ticket, path = resolved(client)
    other = opened(client)
    signature = path.rpartition(".")[2]
    forged = [
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        path.replace(ticket, other),
        f"/survey/{ticket}.99.{signature}",
        f"/survey/{ticket}.0.{signature}",
        f"/survey/{ticket}",
        "/survey/x",
        f"/survey/{'9' * 500}",
        "/survey/tkt_١٢٣.1.ü",
    ]
    for each in forged:
        assert [client.get(each).status_code, send(client, each, rating="5").status_code] == [404, 404], each
    assert csat(client, ticket) == (None, None)


@pytest.mark.parametrize(
    "form",
    [{}, {"rating": "6"}, {"rating": "0"}, {"rating": ""}, {"rating": "five"}, {"rating": "٣"}, {"rating": "4.5"}],
    ids=["nothing", "six", "none", "empty", "a-word", "another-script", "a-half"],
)
def test_a_rating_that_is_none_shows_the_form_again_and_counts_nothing(client: Client, form: dict[str, str]) -> None:
    ticket, path = resolved(client)

    answer = send(client, path, comment="<b>I typed this</b>", **form)

    assert answer.status_code == 400
    assert "Choose one of the five ratings." in answer.text
    assert "&lt;b&gt;I typed this&lt;/b&gt;" in answer.text
    assert csat(client, ticket) == (None, None)


def test_a_comment_of_more_than_2000_characters_is_refused_and_kept_in_the_form(client: Client) -> None:
    ticket, path = resolved(client)

    answer = send(client, path, rating="4", comment="x" * 2_001)

    assert (answer.status_code, "at most 2,000" in answer.text, "x" * 2_001 in answer.text) == (400, True, True)
    assert csat(client, ticket) == (None, None)
    assert send(client, path, rating="4", comment="x" * 2_000).status_code == 200


def test_what_is_no_form_rates_nothing(client: Client) -> None:
    ticket, path = resolved(client)

    kind = {"content-type": "application/x-www-form-urlencoded"}
    for body, status in [(b"", 400), (b"a=1&" * 200, 400), (b"\xff", 400), (b"rating=5&" + b"x" * 64_000, 413)]:
        assert client.post(path, content=body, headers=kind).status_code == status
    assert client.post(path, json={"rating": 5}).status_code in (400, 415)
    assert csat(client, ticket) == (None, None)


def test_control_characters_are_left_out_of_a_comment(client: Client) -> None:
    ticket, path = resolved(client)

    assert send(
        client, path, rating="5", comment="Fine.\0\x1b[31m\r\nThanks \ud83d".encode("utf-8", "replace").decode()
    )

    assert csat(client, ticket) == (5, "Fine.[31m\nThanks ?")
