"""An Idempotency-Key: one effect, the same bytes again, and clear refusals."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.context import Context, Slice
from serving.inference.tagger import TicketText
from serving.settings import Settings
from serving.tickets.wiring import wire as wire_tickets
from tests.fakes import FixedTagged, FixedTagger, FrozenClock

Client = TestClient[Litestar]
PATH = "/v1/tickets"
BODY = {"subject": "Export broken"}


def opened(client: Client) -> int:
    return len(client.get(PATH).json()["tickets"])


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_same_request_again_gets_the_same_bytes_and_no_second_ticket(desk_client: Client) -> None:
    first = desk_client.post(PATH, json=BODY, headers=keyed("k-1"))
    again = desk_client.post(PATH, json=BODY, headers=keyed("k-1"))
    assert (again.status_code, again.content) == (201, first.content)
    assert {name: again.headers[name] for name in ("etag", "location", "content-type")} == {
        name: first.headers[name] for name in ("etag", "location", "content-type")
    }
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert opened(desk_client) == 1


@pytest.mark.parametrize("body", [{"subject": "Another"}, {"subject": "Export broken", "plan": "free"}])
def test_the_key_with_another_body_is_refused(desk_client: Client, body: dict[str, str]) -> None:
    desk_client.post(PATH, json=BODY, headers=keyed("k-1"))
    refused = desk_client.post(PATH, json=body, headers=keyed("k-1"))
    assert refused.status_code == 422
    assert refused.json() == {
        "type": "urn:firstline:problem:idempotency-key-reused",
        "title": "Idempotency-Key reused",
        "status": 422,
        "detail": "This Idempotency-Key was used for another request (method, path or body differ): use a new key.",
        "instance": PATH,
    }
    assert opened(desk_client) == 1


def test_the_key_on_another_path_is_refused(desk_client: Client) -> None:
    ticket = desk_client.post(PATH, json=BODY, headers=keyed("k-1")).json()
    refused = desk_client.post(f"{PATH}/{ticket['id']}/replies", json={"text": "x"}, headers=keyed("k-1"))
    assert refused.status_code == 422


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_key_that_is_no_key_is_refused(desk_client: Client, key: str) -> None:
    refused = desk_client.post(PATH, json=BODY, headers=keyed(key))
    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"field": "Idempotency-Key", "message": "Give 1 to 255 printable ASCII characters."}
    ]
    assert opened(desk_client) == 0


def test_a_key_belongs_to_its_caller(desk_client: Client, make_key: Callable[..., dict[str, str]]) -> None:
    mine = desk_client.post(PATH, json=BODY, headers=keyed("k-1")).json()["id"]
    other = desk_client.post(PATH, json={"subject": "Theirs"}, headers={**make_key("agent"), **keyed("k-1")})
    assert other.status_code == 201
    assert other.json()["id"] != mine


def test_a_refusal_is_not_kept_so_the_corrected_request_may_use_the_key(desk_client: Client) -> None:
    assert desk_client.post(PATH, json={"subject": ""}, headers=keyed("k-1")).status_code == 400
    assert desk_client.post(PATH, json=BODY, headers=keyed("k-1")).status_code == 201


def test_an_answer_is_kept_for_72_hours_and_not_longer(desk_client: Client, clock: FrozenClock) -> None:
    first = desk_client.post(PATH, json=BODY, headers=keyed("k-1"))
    clock.advance(timedelta(hours=72) - timedelta(microseconds=1))
    assert desk_client.post(PATH, json=BODY, headers=keyed("k-1")).content == first.content
    clock.advance(timedelta(microseconds=1))
    assert desk_client.post(PATH, json=BODY, headers=keyed("k-1")).json()["id"] != first.json()["id"]


def test_what_has_expired_is_forgotten(desk_client: Client, clock: FrozenClock) -> None:
    desk_client.post(PATH, json=BODY, headers=keyed("k-1"))
    receipts = desk_client.app.state.context.receipts
    assert receipts.forget(clock.now()) == 0
    assert receipts.forget(clock.advance(timedelta(hours=72))) == 1


def test_twenty_at_once_make_one_ticket(desk_client: Client) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: desk_client.post(PATH, json=BODY, headers=keyed("k-1")), range(20)))
    assert {each.status_code for each in answers} <= {201, 409}
    assert len({each.content for each in answers if each.status_code == 201}) == 1
    assert opened(desk_client) == 1


class WaitingTagger(FixedTagger):
    """Holds a request until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def tag(self, filed: TicketText, *, own: bool = False) -> FixedTagged:
        self.asked.set()
        assert self.go.wait(60)
        return super().tag(filed)


class TestWhileTheFirstIsWorkedOn:
    @pytest.fixture
    def tagger(self) -> WaitingTagger:
        return WaitingTagger()

    def test_a_second_is_told_to_ask_again_soon(self, desk_client: Client, tagger: WaitingTagger) -> None:
        answers: list[Any] = []
        ask = threading.Thread(target=lambda: answers.append(desk_client.post(PATH, json=BODY, headers=keyed("k-1"))))
        ask.start()
        assert tagger.asked.wait(60)
        refused = desk_client.post(PATH, json=BODY, headers=keyed("k-1"))
        tagger.go.set()
        ask.join()
        assert refused.json() == {
            "type": "urn:firstline:problem:still-in-flight",
            "title": "Still being worked on",
            "status": 409,
            "detail": "The first request with this Idempotency-Key is still being worked on: ask again soon.",
            "instance": PATH,
        }
        assert refused.headers["retry-after"] == "1"
        assert answers[0].status_code == 201


def test_the_api_description_tells_of_the_key_wherever_it_is_honoured(app: Litestar, client: Client) -> None:
    told = client.get("/schema/openapi.json").json()["paths"]
    creating = {
        re.sub(r":\w+}", "}", route.path_format)
        for route in app.routes
        for handler in route.route_handlers  # type: ignore[union-attr]
        if handler.opt.get("creates")
    }
    assert {"/v1/tags", "/v1/deflections", "/v1/tickets", "/v1/articles/import"} <= creating
    for path in creating:
        operation = told[path]["post"]
        assert [each["name"] for each in operation["parameters"]].count("Idempotency-Key") == 1, path
        assert {"409", "422"} <= set(operation["responses"]), path


def test_the_api_description_says_how_long_an_answer_is_kept_and_each_answer_until_when(
    settings: Settings, clock: FrozenClock, tagger: FixedTagger, make_key: Callable[..., dict[str, str]]
) -> None:
    def compose(context: Context) -> list[Slice]:
        return [wire_tickets(context, tagger=tagger)]

    with TestClient(create_app(replace(settings, idempotency_hours=5), clock=clock, compose=compose)) as client:
        told = client.get("/schema/openapi.json").json()
        assert "honour `Idempotency-Key` for 5 hours" in told["info"]["description"]
        parameters = told["paths"]["/v1/tickets"]["post"]["parameters"]
        (about,) = [each["description"] for each in parameters if each["name"] == "Idempotency-Key"]
        assert "Idempotency-Expires" in about

        answer = client.post(PATH, json=BODY, headers=keyed("k-1") | make_key("agent"))
        until = datetime.fromisoformat(answer.headers["idempotency-expires"])
        assert until == clock.now() + timedelta(hours=5)
        assert "idempotency-expires" not in client.post(PATH, json=BODY, headers=make_key("agent")).headers
