"""Every route that names an object, asked by strangers: what is not theirs looks, to the byte, as if it were absent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from litestar import Litestar

from serving.settings import Settings
from tests.serving.conftest import Client
from tests.serving.deflections.sites import FORUM, SHOP, UNKNOWN, MakeKey, Site, site

ABSENT = "dfl_01hqxw0000000000000000absent"
EMAIL = {"email": "kim@example.com"}
ROUTES = {
    "view": ("GET", "/v1/deflections/{}", None),
    "outcome": ("POST", "/v1/deflections/{}/outcome", {"outcome": "confirmed"}),
    "ticket": ("POST", "/v1/deflections/{}/ticket", EMAIL),
    "ticket without an address": ("POST", "/v1/deflections/{}/ticket", {}),
    "outcome that is none": ("POST", "/v1/deflections/{}/outcome", {"outcome": "great"}),
}
REFUSED = {"view": 404, "outcome": 404, "ticket": 404, "ticket without an address": 404, "outcome that is none": 400}


@dataclass(frozen=True)
class Session:
    """A session, and the site that its visitor asked at."""

    site: Site
    id: str
    secret: str


def asked(at: Site, visitor: str) -> Session:
    body = at.ask(visitor=visitor)
    return Session(at, body["id"], body["client_secret"])


def request(at: Site, route: str, id_: str, secret: str | None, **headers: str) -> httpx.Response:
    method, path, body = ROUTES[route]
    sent = {**at.headers, **({} if secret is None else {"Firstline-Session": secret}), **headers}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    return at.client.request(method, path.format(id_), json=body, headers=raw)  # type: ignore[arg-type]


def seen(answer: httpx.Response, id_: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return all that a caller sees, with the id that it sent left out."""
    told = sorted((name, value) for name, value in answer.headers.items() if name not in ("x-request-id", "date"))
    told = [(name, value) for name, value in told if name not in ("content-length", "ratelimit")]  # it counts down
    return answer.status_code, answer.content.replace(id_.encode(), b"ID"), told


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """One address asks for more tickets here than the limits let it have."""
    return replace(settings, rate_limits="tickets.address=none")


@pytest.fixture
def world(knowing: Client, make_key: MakeKey) -> dict[str, Session]:
    """Sessions of: this visitor, another one at the same page, another origin of the same key, another key, no page."""
    key = make_key("widget", origins=(SHOP, FORUM))
    own, forum = Site(knowing, key, SHOP), Site(knowing, key, FORUM)
    sessions = {
        "own": asked(own, "v-1"),
        "other visitor": asked(own, "v-2"),
        "other origin": asked(forum, "v-1"),
        "other key": asked(site(knowing, make_key), "v-1"),
    }
    ended = asked(own, "v-3")
    assert request(own, "ticket", ended.id, ended.secret).status_code == 201
    body = knowing.post("/v1/deflections", json={"question": UNKNOWN}).json()
    return sessions | {"with a ticket": ended, "of a server": Session(own, body["id"], body["client_secret"])}


STRANGERS = ["other visitor", "other origin", "other key", "with a ticket", "of a server"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("whose", STRANGERS)
def test_a_strangers_session_looks_as_if_it_were_not_there(world: dict[str, Session], whose: str, route: str) -> None:
    me, theirs = world["own"], world[whose]
    secrets = [None, "", me.secret, theirs.secret[:-1], theirs.secret + "x", "cs_\xff"]
    if whose in ("other origin", "other key", "of a server"):
        secrets.append(theirs.secret)  # theirs, but from my page or with my key
    for number, secret in enumerate(secrets):
        for keyed in (False, True):
            absent, found = (
                request(me.site, route, id_, secret, **({"Idempotency-Key": f"{number}-{id_}"} if keyed else {}))
                for id_ in (ABSENT, theirs.id)
            )
            assert absent.status_code == REFUSED[route]
            assert seen(found, theirs.id) == seen(absent, ABSENT)


@pytest.mark.parametrize("route", ["view", "outcome", "ticket"])
def test_a_secret_opens_only_with_its_own_key_from_its_own_page(world: dict[str, Session], route: str) -> None:
    for mine in ("own", "other origin", "other key"):
        for theirs in ("own", "other origin", "other key"):
            at, session = world[mine].site, world[theirs]
            opened = request(at, route, session.id, session.secret).status_code < 300
            assert opened == (mine == theirs)


@pytest.mark.parametrize("route", ["view", "outcome", "ticket"])
def test_ones_own_opens_with_its_secret_and_with_nothing_else(world: dict[str, Session], route: str) -> None:
    me = world["own"]
    assert request(me.site, route, me.id, None).status_code == 404
    assert request(me.site, route, me.id, me.secret).status_code in (200, 201)


@pytest.mark.parametrize("route", ["view", "outcome", "ticket"])
@pytest.mark.parametrize(("scope", "status"), [("admin", (200, 201)), ("agent", (200, 201)), ("tag", (403,))])
def test_secret_keys_need_no_secret_and_a_scope(
    world: dict[str, Session], make_key: MakeKey, scope: str, status: tuple[int, ...], route: str
) -> None:
    key = make_key(scope)
    for session in world.values():
        method, path, body = ROUTES[route]
        answer = session.site.client.request(method, path.format(session.id), json=body, headers=key)
        assert answer.status_code in status
        absent = session.site.client.request(method, path.format(ABSENT), json=body, headers=key)
        assert absent.status_code == (404 if scope != "tag" else 403)


def test_no_stranger_changed_anything(world: dict[str, Session]) -> None:
    me = world["own"]
    for theirs in world.values():
        if theirs is not me:
            for route in ("outcome", "ticket"):
                request(me.site, route, theirs.id, me.secret)
    client = me.site.client
    for name, session in world.items():
        receipt = client.get(f"/v1/deflections/{session.id}").json()
        assert (receipt["number"] is not None) == (name == "with a ticket")
        assert [turn["by"] for turn in receipt["transcript"]] == ["customer", "firstline"]


class TestOtherRoutes:
    """What is the desk's is refused to publishable keys by its route, whether it is there or not."""

    def test_refuse_publishable_keys_the_same_for_every_id(self, world: dict[str, Session], app: Litestar) -> None:
        me = world["own"]
        ids = {
            "ticket_id": me.site.client.get("/v1/tickets").json()["tickets"][0]["id"],
            "article_id": "export",
            "tagging_id": me.site.client.post("/v1/tags", json={"subject": "CSV export is empty"}).json()["id"],
        }
        routes = list(object_routes(app))
        assert len(routes) > 20
        for method, path, name in routes:
            answers = []
            for id_ in (ids.get(name, "absent-1"), "absent-2"):
                sent = path.replace(f"{{{name}}}", id_).split("{")[0]
                headers = me.site.headers | {"Firstline-Session": me.secret}
                answer = me.site.client.request(method, sent, json={}, headers=headers)
                answers.append((answer.status_code, answer.content.replace(id_.encode(), b"ID")))
            assert answers[0] == answers[1], path
            assert answers[0][0] in (403, 404, 405), (method, path)


def object_routes(app: Litestar) -> Iterator[tuple[str, str, str]]:
    """Return the method, path and first parameter of every described route that names an object, but for sessions."""
    described: dict[str, Any] = app.openapi_schema.to_schema()
    for path, methods in described["paths"].items():
        if "{" in path and not path.startswith(("/v1/deflections", "/v1/inbound")):
            for method in set(methods) & {"get", "post", "put", "patch", "delete"}:
                yield method.upper(), path, path.split("{")[1].split("}")[0]
