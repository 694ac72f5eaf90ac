"""Rate limits over HTTP: who is counted for what, the headers, and the refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Controller, Litestar, get, post
from litestar.params import JSONBody
from litestar.testing import TestClient

from serving.app import create_app
from serving.context import Slice
from serving.errors import SettingNotValid
from serving.http.auth import allows
from serving.http.rate_limit_rules import rate_limits
from serving.keys.api_keys import Scope
from serving.settings import Settings
from tests.fakes import FrozenClock

pytestmark = pytest.mark.usefixtures("migrated_home")

Client = TestClient[Litestar]
MakeKey = Callable[..., dict[str, str]]
ORIGIN = "https://shop.example"
PUBLISHABLE = (allows(Scope.WIDGET, Scope.AGENT),)


class Questions(Controller):
    path = "/v1/deflections"
    guards = PUBLISHABLE

    @post(status_code=200, sync_to_thread=False)
    def ask(self, data: JSONBody[dict[str, Any]]) -> str:
        return "asked"

    @post("/{deflection_id:str}/outcome", status_code=200, sync_to_thread=False)
    def note(self) -> str:
        return "noted"

    @post("/{deflection_id:str}/ticket", status_code=200, sync_to_thread=False)
    def to_ticket(self, data: JSONBody[dict[str, Any]]) -> str:
        return "handed off"

    @get("/{deflection_id:str}", sync_to_thread=False)
    def read(self) -> str:
        return "read"


@pytest.fixture
def start(settings: Settings, clock: FrozenClock) -> Iterator[Callable[[str], Client]]:
    """Start the service with these limits alone, by default behind a proxy."""
    clients = []

    def started(rules: str, proxies: str = "0.0.0.0/0") -> Client:
        off = ", ".join(f"{name}=none" for name in {limit.name.rpartition(".")[0] for limit in rate_limits("")})
        chosen = replace(settings, rate_limits=f"{off}, {rules}", trusted_proxies=proxies)
        app = create_app(chosen, clock=clock, compose=lambda _: [Slice(handlers=[Questions])])
        handle = app.asgi_handler

        async def from_this_machine(scope: Any, receive: Any, send: Any) -> None:
            await handle(scope | {"client": ("127.0.0.1", 4711)}, receive, send)

        app.asgi_handler = from_this_machine
        client = TestClient(app)
        client.__enter__()
        clients.append(client)
        return client

    yield started
    for client in clients:
        client.__exit__()


@pytest.fixture
def page(make_key: MakeKey) -> dict[str, str]:
    return make_key("widget", origins=(ORIGIN,)) | {"Origin": ORIGIN}


def ask(client: Client, headers: dict[str, str], address: str = "192.0.2.1", **body: str) -> httpx.Response:
    sent = headers | {"X-Forwarded-For": address}
    return client.post("/v1/deflections", headers=sent, json={"question": "How?", **body})


def statuses(*answers: httpx.Response) -> list[int]:
    return [answer.status_code for answer in answers]


def test_parallel_questions_pass_exactly_as_often_as_the_limit_says(
    start: Callable[[str], Client], page: dict[str, str]
) -> None:
    client = start("questions.address=10/minute")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask(client, page).status_code, range(60)))
    assert (found.count(200), found.count(429)) == (10, 50)


def test_a_refusal_says_which_limit_and_when_to_ask_again(
    start: Callable[[str], Client], page: dict[str, str], clock: FrozenClock
) -> None:
    client = start("questions.address=1/minute")
    ask(client, page)
    clock.advance(timedelta(seconds=20))
    refused = ask(client, page)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "urn:firstline:problem:quota-exceeded",
        "title": "Too many requests",
        "status": 429,
        "detail": "Too much in too short a time. Nothing was stored; ask again in 40 seconds.",
        "instance": "/v1/deflections",
        "violated-policies": ["questions.address.minute"],
    }
    assert refused.headers["retry-after"] == "40"
    clock.advance(timedelta(seconds=40))
    assert ask(client, page).status_code == 200


def test_every_counted_answer_says_what_is_left(start: Callable[[str], Client], page: dict[str, str]) -> None:
    client = start("questions.visitor=5/minute 9/day, bytes.address=1000/hour")
    ask(client, page, visitor="ann")
    answer = ask(client, page, visitor="ann")
    assert answer.headers["ratelimit-policy"] == (
        '"questions.visitor.minute";q=5;w=60, "questions.visitor.day";q=9;w=86400, '
        '"bytes.address.hour";q=1000;w=3600;qu="content-bytes"'
    )
    spent = 2 * len(answer.request.content)
    assert answer.headers["ratelimit"] == (
        '"questions.visitor.minute";r=3;t=60, "questions.visitor.day";r=7;t=86400, '
        f'"bytes.address.hour";r={1000 - spent};t=3600'
    )
    assert "ratelimit" in answer.headers["access-control-expose-headers"]


def test_visitors_addresses_and_keys_are_counted_apart(
    start: Callable[[str], Client], page: dict[str, str], make_key: MakeKey
) -> None:
    client = start("questions.visitor=1/minute, questions.address=3/minute, questions.key=4/minute")
    assert statuses(
        ask(client, page, visitor="ann"),
        ask(client, page, visitor="ann"),  # the visitor's limit
        ask(client, page, visitor="ben"),
        ask(client, page),
        ask(client, page),  # the address's
        ask(client, page, "192.0.2.2", visitor="ann"),  # another one of that name
        ask(client, page, "192.0.2.3"),  # the key's
    ) == [200, 429, 200, 200, 429, 200, 429]
    other = make_key("widget", origins=(ORIGIN,)) | {"Origin": ORIGIN}
    assert ask(client, other, "192.0.2.3", visitor="ann").status_code == 200


def test_an_ipv6_customer_is_its_64_bits(start: Callable[[str], Client], page: dict[str, str]) -> None:
    client = start("questions.address=1/minute")
    found = [ask(client, page, address) for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")]
    assert statuses(*found) == [200, 429, 200]


def test_who_is_no_trusted_proxy_cannot_choose_an_address(start: Callable[..., Client], page: dict[str, str]) -> None:
    client = start("questions.address=1/minute", "10.0.0.0/8")
    assert statuses(ask(client, page, "192.0.2.1"), ask(client, page, "192.0.2.2")) == [200, 429]


def test_a_proxy_that_is_not_trusted_is_logged_once(
    start: Callable[..., Client], page: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    client = start("questions.address=5/minute", "")
    with caplog.at_level("INFO", "firstline"):
        for _ in range(3):
            ask(client, page)
    assert [each.message for each in caplog.records].count("proxy.not_trusted") == 1


def test_questions_outcomes_tickets_and_other_requests_have_limits_of_their_own(
    start: Callable[[str], Client], page: dict[str, str]
) -> None:
    whats = ("questions", "outcomes", "tickets", "requests")
    client = start(", ".join(f"{what}.address=1/minute" for what in whats))
    for _ in range(2):
        answers = [
            ask(client, page),
            client.post("/v1/deflections/dfl_1/outcome", headers=page),
            client.post("/v1/deflections/dfl_1/ticket", headers=page, json={}),
            client.get("/v1/deflections/dfl_1", headers=page),
        ]
    assert [answer.json()["violated-policies"] for answer in answers] == [[f"{what}.address.minute"] for what in whats]


def test_bytes_have_a_budget(start: Callable[[str], Client], page: dict[str, str]) -> None:
    client = start("bytes.address=100000/hour")
    found = [ask(client, page, question="x" * size) for size in (60_000, 60_000, 30_000)]
    assert statuses(*found) == [200, 429, 200]


def test_secret_keys_have_no_limit_of_publishable_ones(start: Callable[[str], Client], make_key: MakeKey) -> None:
    client, key = start("questions.visitor=1/minute, questions.address=1/minute, questions.key=1/minute"), make_key()
    found = [ask(client, key, visitor="ann") for _ in range(5)]
    assert (set(statuses(*found)), "ratelimit" in found[0].headers) == ({200}, False)


def test_secret_keys_can_be_given_a_limit(start: Callable[[str], Client], make_key: MakeKey) -> None:
    client, key = start("questions.secret_key=2/minute"), make_key()
    assert statuses(*(ask(client, key) for _ in range(3))) == [200, 200, 429]


def test_an_address_that_guesses_keys_is_refused_and_a_known_key_of_it_is_not(
    start: Callable[[str], Client], make_key: MakeKey
) -> None:
    client, key = start("sign_in.address=3/minute"), make_key()
    wrong = {"Authorization": "Bearer sk_000000000000_guess"}
    assert statuses(*(ask(client, wrong) for _ in range(5))) == [401, 401, 401, 429, 429]
    assert ask(client, wrong).json()["violated-policies"] == ["sign_in.address.minute"]
    assert statuses(ask(client, wrong, "192.0.2.2"), ask(client, key)) == [401, 200]


def test_health_is_never_limited(start: Callable[[str], Client]) -> None:
    client = start("requests.address=1/minute")
    assert statuses(*(client.get("/healthz") for _ in range(3))) == [200, 200, 200]


def test_the_defaults_let_an_honest_visitor_through(
    settings: Settings, clock: FrozenClock, page: dict[str, str]
) -> None:
    app = create_app(settings, clock=clock, compose=lambda _: [Slice(handlers=[Questions])])
    with TestClient(app) as client:
        found = [ask(client, page, visitor="ann") for _ in range(21)]
    assert statuses(*found) == [200] * 20 + [429]


@pytest.mark.parametrize(
    "setting",
    ["questions", "questions.address=", "questions.address=5", "questions.address=0/minute", "question.address=5/day",
     "questions.visitors=5/day", "questions.address=5/week", "sign_in.key=5/day", "questions.address=-5/day"],
)  # fmt: skip
def test_a_limit_that_cannot_be_read_stops_the_start(settings: Settings, setting: str) -> None:
    with pytest.raises(SettingNotValid, match=r"questions\.visitor=20/minute 200/day"):
        create_app(replace(settings, rate_limits=setting))


def test_limits_are_turned_off_all_or_one_by_one() -> None:
    assert rate_limits("off") == ()
    assert {limit.name for limit in rate_limits("")} - {limit.name for limit in rate_limits("tickets.key=none")} == {
        "tickets.key.minute"
    }
