"""An endpoint that could never be told is refused when it is asked for, with a sentence that says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from serving.configuration.values import networks
from serving.jobs.event_types import EVENT_TYPES
from serving.outbound.errors import EndpointRefused
from serving.webhooks.vetting import check
from tests.serving.webhooks.conftest import Scene
from tests.serving.webhooks.receiver import Receiver

DOCS = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
OWN = networks("10.1.0.0/16,fd00:1::/32")


def errors(scene: Scene, **asked: object) -> list[dict[str, str]]:
    answer = scene.client.post("/v1/webhooks", json=asked)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "urn:firstline:problem:endpoint-refused"
    return list(answer.json()["errors"])


@pytest.mark.parametrize(
    "url",
    [
        "https://10.2.0.1/",
        "https://192.168.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.1.0.1]/",
        "https://localhost/",
        "https://LOCALHOST.:8443/",
        "https://db.localhost/",
        "https://2130706433/",
        "http://93.184.215.14/",
        "https://user@example.com/",
        "ftp://example.com/",
    ],
)
def test_a_url_that_no_attempt_may_call_is_refused(url: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check(url, (), OWN)
    assert [error.field for error in refused.value.errors] == ["url"]


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com/hooks",
        "https://93.184.215.14/",
        "http://10.1.2.3/hook",
        "https://[fd00:1::5]/",
        "http://crm.internal/",
    ],
)
def test_a_url_that_an_attempt_may_call_is_taken(url: str) -> None:
    check(url, (), OWN)


def test_plain_http_is_for_networks_that_are_allowed() -> None:
    with pytest.raises(EndpointRefused) as refused:
        check("http://crm.example.com/", (), ())
    assert "FIRSTLINE_ALLOW_CIDRS" in refused.value.errors[0].message


def test_the_answer_names_the_field_and_what_allows_it(scene: Scene) -> None:
    (error,) = errors(scene, url="https://10.9.9.9/hook")
    assert error["field"] == "url"
    assert "FIRSTLINE_ALLOW_CIDRS" in error["message"]


def test_events_that_there_are_not_are_refused_with_those_that_there_are(scene: Scene, receiver: Receiver) -> None:
    (error,) = errors(scene, url=receiver.url, types=["ticket.created", "ticket.exploded"])
    assert error["field"] == "types"
    assert "ticket.exploded" in error["message"]
    assert "ticket.sla_breached" in error["message"]
    assert scene.client.get("/v1/webhooks").json() == {"webhooks": []}


def test_an_endpoint_is_changed_into_nothing_that_could_not_be_added(scene: Scene, receiver: Receiver) -> None:
    webhook = scene.subscribe(receiver.url, "ticket.created")
    for change in ({"url": "https://10.9.9.9/"}, {"types": ["nothing.such"]}):
        assert scene.client.patch(f"/v1/webhooks/{webhook['id']}", json=change).status_code == 422
    kept = scene.client.get(f"/v1/webhooks/{webhook['id']}").json()
    assert (kept["url"], kept["types"]) == (receiver.url, ["ticket.created"])


def test_the_description_of_the_api_lists_the_events(scene: Scene) -> None:
    schemas = scene.client.get("/schema/openapi.json").json()["components"]["schemas"]
    told = schemas["WebhookIn"]["properties"]["types"]
    assert told["items"]["enum"] == list(EVENT_TYPES)
    assert all(said in told["description"] for said in EVENT_TYPES.values())


def test_the_documentation_lists_the_same_events_in_the_same_words() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+) \|$", DOCS, flags=re.MULTILINE)
    assert dict(rows) == EVENT_TYPES
