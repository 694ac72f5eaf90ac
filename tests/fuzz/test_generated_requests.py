"""Requests made from the API's description, by callers of every scope: no error of ours, and refusals as described."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar

from serving.app import create_app
from serving.composition import slices
from serving.context import Context
from serving.keys.api_keys import Scope
from serving.settings import Settings
from tests.fakes import FrozenClock, HashingEncoder
from tests.fuzz.amounts import GENERATED, chance, named
from tests.fuzz.fragments import fragments
from tests.fuzz.from_schema import NUMBERS, Values, body
from tests.serving.conftest import ARTICLES, Client, FixedModels, a_model, take_in
from tests.serving.http.test_routes_as_described import DESCRIBED, operations
from tests.serving.privacy.test_every_route import HOOKS

ORIGIN = "https://shop.example"
OPERATIONS = list(operations())
SCHEMAS = DESCRIBED["components"]["schemas"]


@pytest.fixture
def app(settings: Settings, clock: FrozenClock, tmp_path: Path) -> Litestar:
    """The whole service with a helpdesk and without rate limits, which would refuse the rest."""
    helpdesks = tmp_path / "helpdesks.toml"
    helpdesks.write_text(HOOKS)
    model = a_model(HashingEncoder())

    def compose(context: Context) -> Any:
        return slices(context, models=FixedModels(model, settings, clock, context.telemetry))

    changed = replace(settings, helpdesks=helpdesks, rate_limits="off", allow_cidrs="127.0.0.1/32")
    return create_app(changed, clock=clock, compose=compose)


@pytest.fixture
def callers(make_key: Callable[..., dict[str, str]]) -> list[dict[str, str]]:
    """Headers of nobody, of a wrong key, and of a key of each scope; an admin's and an agent's come most often."""
    widget = make_key("widget", origins=(ORIGIN,)) | {"Origin": ORIGIN}
    known = [make_key(each.value) for each in Scope if each is not Scope.WIDGET]
    desk = [make_key("admin")] * 5 + [make_key("agent")] * 2
    return [{}, {"Authorization": "Bearer sk_wrong"}, widget, widget, *known, *desk]


class Requests:
    """Makes requests, also about what earlier responses named."""

    def __init__(self, callers: list[dict[str, str]]) -> None:
        self._callers = callers
        self._ids = {"articles": ["export"], "inbound": ["django_helpdesk"]}
        self._secrets = ["cs_x"]

    def make(self, chance: Random) -> dict[str, Any]:
        """Return the parts of one request."""
        method, path, operation = chance.choice(OPERATIONS)
        values = Values(SCHEMAS, chance)
        headers: dict[str, str | bytes] = dict(chance.choice(self._callers))
        query = {"token": "s3cret"} if path.startswith("/v1/inbound/") else {}
        for each in operation.get("parameters", ()):
            if each["in"] == "query" and chance.random() < 0.3:
                query[each["name"]] = printable(
                    chance.choice([*[values.of(each["schema"])] * 4, chance.choice(NUMBERS)])
                )
            elif each["in"] == "header" and chance.random() < 0.6:
                headers[each["name"]] = self._header(chance, each["name"])
        made = {"method": method, "path": path, "url": self._filled(chance, path), "params": query, "headers": headers}
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            made["content"] = body(chance, values.of(schema))
            headers["Content-Type"] = "application/json"
        return made

    def learn(self, path: str, answer: httpx.Response) -> None:
        """Keep ids and secrets, so that later requests find what there is."""
        ids = self._ids.setdefault(collection(path), [])
        ids += re.findall(r'"id":"([\w-]{8,40})"', answer.text)[:5]
        self._secrets += re.findall(r'"(cs_\w+)"', answer.text)

    def _header(self, chance: Random, name: str) -> str | bytes:
        if name == "Firstline-Session":
            return chance.choice(self._secrets[-5:])
        if name == "If-Match":
            return chance.choice(["*", '"1"', '"2"', "W/*", '"', "1, 2", '"99999999999999999999"'])
        odd = re.sub(rb"[\x00-\x1f\x7f]", b"", fragments(chance, 2).encode("utf-8", "replace"))
        return chance.choice([b"a-key-0001", chance.randbytes(8).hex(), odd])

    def _filled(self, chance: Random, path: str) -> str:
        ids = self._ids.get(collection(path), [])[-5:]

        def fill(_: object) -> str:
            odd = quote(fragments(chance, 2).encode("utf-8", "replace"), safe="")
            return chance.choice(ids) if ids and chance.random() < 0.8 else odd

        return re.sub(r"\{\w+\}", fill, path)


def collection(path: str) -> str:
    """Return what a route is about: `tickets` for `/v1/tickets/{ticket_id}/replies`."""
    return path.removeprefix("/v1/").partition("/")[0]


def printable(value: object) -> str:
    return str(value)[:5_000].encode("utf-8", "replace").decode()


def faults(request: dict[str, Any], answer: httpx.Response) -> Iterator[str]:
    """Say what is wrong with a response."""
    if answer.status_code >= 500:
        yield "an error of ours"
    if answer.status_code >= 400 and answer.headers.get("content-type") != "application/problem+json":
        yield "a refusal that is no problem document"
    described = DESCRIBED["paths"][request["path"]][request["method"].lower()]["responses"]
    if answer.status_code < 400 and str(answer.status_code) not in described:
        yield "a status that is not described"
    if "Traceback" in answer.text:
        yield "a traceback"


@pytest.mark.timeout(7_200)
def test_no_generated_request_is_an_error_of_ours(app: Litestar, callers: list[dict[str, str]]) -> None:
    logging.getLogger("firstline").setLevel(logging.ERROR)
    requests, found, statuses = Requests(callers), [], Counter[int]()
    with Client(app) as client:
        client.headers.update(callers[-3])
        take_in(client, ARTICLES)
        del client.headers["Authorization"]
        for number in range(GENERATED):
            made = requests.make(chance("request", number))
            answer = client.request(**{name: each for name, each in made.items() if name != "path"})
            requests.learn(made["path"], answer)
            statuses[answer.status_code] += 1
            found += [f"{named('request', number)}: {each}: {made} {answer}" for each in faults(made, answer)]
        assert client.get("/healthz").status_code == 200
    assert found[:5] == []
    assert statuses.total() == GENERATED
    assert sum(n for status, n in statuses.items() if status < 300) > GENERATED / 20, statuses
