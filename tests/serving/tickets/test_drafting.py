"""An article from a ticket: the agents' own words as Markdown, without personal data, and never the customer's."""

from __future__ import annotations

from typing import Any

from tests.serving.conftest import Client

REPLY = """Hello Kim,
1. Open the settings of the export.
2. Remove the filter that hides every row.
Exports are empty when *a filter* hides every row. Call me at +49 30 901820 if this does not help.
Best regards
Ann"""


def answered(client: Client, *replies: str, **fields: Any) -> str:
    sent = {
        "subject": "Export for kim@example.com is empty",
        "description": "My export has no rows at all since Monday.",
        "email": "kim@example.com",
        **fields,
    }
    ticket = str(client.post("/v1/tickets", json=sent).json()["id"])
    for text in replies:
        assert client.post(f"/v1/tickets/{ticket}/replies", json={"text": text}).status_code == 201
    customers = {"text": "I had to restart my router before it worked.", "by": "customer"}
    assert client.post(f"/v1/tickets/{ticket}/replies", json=customers).status_code == 201
    return ticket


def test_steps_stay_a_list_and_sentences_follow(client: Client) -> None:
    ticket = answered(client, REPLY)

    answer = client.post(f"/v1/tickets/{ticket}/draft-article")

    assert answer.status_code == 200, answer.text
    draft = answer.json()
    assert draft["body"].startswith(
        "1. Open the settings of the export.\n2. Remove the filter that hides every row.\n\nExports are empty"
    )
    assert (draft["format"], draft["visibility"], draft["ticket_id"]) == ("markdown", "internal", ticket)


def test_it_quotes_no_customer_and_nobodys_data(client: Client) -> None:
    draft = client.post(f"/v1/tickets/{answered(client, REPLY)}/draft-article").json()

    assert "router" not in draft["body"]
    assert "no rows at all" not in draft["body"]
    assert "kim@" not in draft["title"] + draft["body"]
    assert "901820" not in draft["body"]
    assert "when \\*a filter\\* hides every row." in draft["body"]


def test_without_a_reply_there_is_nothing_to_draft(client: Client) -> None:
    for ticket in (answered(client), answered(client, "Hi!")):
        refused = client.post(f"/v1/tickets/{ticket}/draft-article")
        assert (refused.status_code, "No agent has written" in refused.text) == (400, True)
    assert client.post("/v1/tickets/tkt_nothing/draft-article").status_code == 404


def test_what_was_erased_is_in_no_draft(client: Client) -> None:
    ticket = answered(client, REPLY)
    assert client.post("/v1/erasures", json={"ticket": ticket}).status_code == 201

    assert client.post(f"/v1/tickets/{ticket}/draft-article").status_code == 400


def test_nothing_is_stored(client: Client) -> None:
    ticket = answered(client, REPLY)
    paths = (f"/v1/tickets/{ticket}", "/v1/articles")
    before = [client.get(each).json() for each in paths]

    client.post(f"/v1/tickets/{ticket}/draft-article")

    assert [client.get(each).json() for each in paths] == before
