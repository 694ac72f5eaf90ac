"""`/v1/tags` goes by brand and region as tickets and deflections do: for routing, for deadlines, after a correction."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from serving.settings import Settings
from tests.serving.conftest import Client

TICKET = {"subject": "CSV export is empty", "plan": "standard"}
SYDNEY = """
[calendars.sydney]
zone = "Australia/Sydney"
hours = { "mon-fri" = ["09:00-17:00"] }
[[amendments]]
when = { region = "apac" }
calendars = { business = "sydney" }
[[amendments]]
when = { channel = "chat" }
contract = { first_response = "1 h calendar" }
"""
RULES = """
teams = ["support", "acme", "apac", "walk_in"]
[[rules]]
when = { brand = "acme" }
team = "acme"
tier = "T1"
because = "Tickets of Acme belong to its own team."
[[rules]]
when = { region = "apac", priority = "P0" }
team = "apac"
tier = "T2"
because = "They are awake."
[[rules]]
when = { channel = "phone" }
team = "walk_in"
tier = "T1"
because = "Calls have a team of their own."
[[rules]]
team = "support"
tier = "T1"
because = "Everything else."
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    folder = tmp_path / "policies"
    folder.mkdir()
    default = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
    (folder / "sla.toml").write_text(default + SYDNEY, encoding="utf-8")
    (folder / "routing.toml").write_text(RULES, encoding="utf-8")
    return replace(settings, policies=folder)


def test_a_brand_decides_on_the_team(client: Client) -> None:
    assert client.post("/v1/tags", json=TICKET).json()["team"] == "support"
    body = client.post("/v1/tags", json=TICKET | {"brand": "acme"}).json()
    assert (body["team"], body["routing_reason"]) == ("acme", "Tickets of Acme belong to its own team.")


def test_a_region_decides_on_the_deadlines(client: Client) -> None:
    def due(**more: str) -> str:
        return client.post("/v1/tags", json=TICKET | more).json()["sla"]["contract"]["first_response_by"]

    # Monday 10:00 UTC is 21:00 in Sydney: its 8 h begin on Tuesday at 09:00, which is Monday 22:00 UTC.
    assert due() == "2026-03-03T10:00:00Z"
    assert due(region="apac") == "2026-03-03T06:00:00Z"
    assert due(region="emea") == due()


def test_the_channel_counts_as_it_does_for_a_ticket(client: Client) -> None:
    chat, phone = TICKET | {"channel": "chat"}, TICKET | {"channel": "phone"}
    for sent in (chat, phone):
        tagged, ticket = (client.post(path, json=sent).json() for path in ("/v1/tags", "/v1/tickets"))
        assert (tagged["team"], tagged["sla"]["contract"]) == (ticket["team"], ticket["sla"]["contract"])
    assert client.post("/v1/tags", json=phone).json()["team"] == "walk_in"
    assert client.post("/v1/tags", json=chat).json()["sla"]["contract"]["first_response_by"] == "2026-03-02T11:00:00Z"


def test_each_ticket_of_a_batch_has_its_own(client: Client) -> None:
    sent = [TICKET, TICKET | {"brand": "acme"}, TICKET | {"brand": "acme", "region": "apac"}]
    results = client.post("/v1/tags/batch", json={"tickets": sent}).json()["results"]
    assert [each["team"] for each in results] == ["support", "acme", "acme"]
    dues = [each["sla"]["contract"]["first_response_by"] for each in results]
    assert dues == ["2026-03-03T10:00:00Z", "2026-03-03T10:00:00Z", "2026-03-03T06:00:00Z"]


def test_a_correction_still_knows_the_region(client: Client) -> None:
    tagged = client.post("/v1/tags", json=TICKET | {"region": "apac"}).json()
    path = f"/v1/tags/{tagged['id']}/correction"
    corrected = client.post(path, json={"priority": "P0", "actor": "ana"}).json()
    assert (corrected["team"], corrected["tier"]) == ("apac", "T2")


def test_an_empty_brand_is_refused_with_its_field(client: Client) -> None:
    answer = client.post("/v1/tags", json=TICKET | {"brand": ""})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "brand")
