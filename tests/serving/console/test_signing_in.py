"""Signing in: with which keys, how long it lasts, and what other sites can do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from serving.console import live
from serving.http.errors import Overloaded
from serving.http.server.admission import LIVE
from serving.jobs.event_types import TICKET_CREATED
from serving.jobs.outbox import NewEvent, emit
from serving.keys.api_keys import KeyStore
from serving.keys.console_sessions import LASTS
from serving.storage.job_tables import console_sessions
from tests.fakes import FrozenClock
from tests.serving.console.conftest import HERE, Console

ROOMS = ["/", "/queue", "/articles", "/models", "/settings"]


@pytest.mark.parametrize("path", ROOMS)
def test_a_browser_that_is_not_signed_in_is_led_to_the_form(client: TestClient[Litestar], path: str) -> None:
    client.headers.pop("Authorization")
    sent = client.get(path, follow_redirects=False)
    wanted = "/sign-in" if path == "/" else f"/sign-in?next={path}"
    assert (sent.status_code, sent.headers["location"]) == (303, wanted)


def test_every_page_and_file_answers_head_as_it_answers_get_without_its_body(console: Console) -> None:
    for route in console.client.app.routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith(("/v1", LIVE)) or "{" in route.path:
            continue
        if "GET" in route.methods and "HEAD" in route.methods:
            got = console.client.get(route.path, follow_redirects=False)
            head = console.client.head(route.path, follow_redirects=False)
            assert (head.status_code, head.content) == (got.status_code, b""), route.path
    assert console.client.head("/queue").headers["content-type"].startswith("text/html")
    assert console.client.head(LIVE).status_code == 405  # a stream has no end


def test_an_api_key_opens_no_page_without_signing_in(client: TestClient[Litestar]) -> None:
    assert client.get("/queue", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("path", ROOMS)
def test_an_agent_sees_every_room_under_a_policy_without_anything_inline(
    sign_in: Callable[..., Console], path: str
) -> None:
    page = sign_in("agent").client.get(path)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for inline in ("<script>", "<style", " style=", " onclick=", "javascript:"):
        assert inline not in page.text


@pytest.mark.parametrize("scope", ["tag", "widget"])
def test_keys_of_narrower_scopes_do_not_sign_in(
    client: TestClient[Litestar], make_key: Callable[..., dict[str, str]], scope: str
) -> None:
    key = make_key(scope)["Authorization"].removeprefix("Bearer ")
    refused = client.post("/sign-in", data={"key": key}, headers=HERE)
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers
    assert "scope agent or admin" in refused.text


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites_and_stays_on_tls(
    client: TestClient[Litestar], make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("agent")["Authorization"].removeprefix("Bearer ")
    plain = client.post("/sign-in", data={"key": key}, headers=HERE, follow_redirects=False)
    behind_tls = {**HERE, "X-Forwarded-Proto": "https"}
    secure = client.post("/sign-in", data={"key": key}, headers=behind_tls, follow_redirects=False)
    assert "HttpOnly" in plain.headers["set-cookie"]
    assert "SameSite=lax" in plain.headers["set-cookie"]
    assert "Secure" not in plain.headers["set-cookie"]
    assert "Secure" in secure.headers["set-cookie"]


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/queue?breached=1", "/queue?breached=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_is_led_to_pages_of_this_service_only(
    client: TestClient[Litestar], make_key: Callable[..., dict[str, str]], asked: str, led_to: str
) -> None:
    key = make_key("agent")["Authorization"].removeprefix("Bearer ")
    sent = client.post("/sign-in", data={"key": key, "next": asked}, headers=HERE, follow_redirects=False)
    assert sent.headers["location"] == led_to


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_form_of_another_site_does_nothing(console: Console, headers: dict[str, str]) -> None:
    sent = console.client.post("/sign-out", data={"form_token": console.token()}, headers=headers)
    assert sent.status_code == 403
    assert "not from a page of your session" in sent.text
    console.get("/")


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_the_sessions_token_does_nothing(console: Console, token: str) -> None:
    sent = console.client.post("/sign-out", data={"form_token": token}, headers=HERE)
    assert sent.status_code == 403
    console.get("/")


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(console: Console) -> None:
    kept = console.client.cookies.get("firstline_console")
    assert console.post("/sign-out").headers["location"] == "/sign-in"
    console.client.cookies.set("firstline_console", kept)
    console.get("/", status=303)


def test_a_session_ends_with_its_key(console: Console, keys: KeyStore, clock: FrozenClock) -> None:
    for record in keys.list():
        keys.revoke(record.id, at=clock.now())
    console.client.app.state.context.keys.refresh(clock.now())
    console.get("/", status=303)


def test_a_session_ends_after_its_hours_and_its_row_is_deleted(console: Console, clock: FrozenClock) -> None:
    context = console.client.app.state.context
    clock.advance(LASTS - timedelta(minutes=1))
    console.get("/")
    clock.advance(timedelta(minutes=1))
    console.get("/", status=303)
    context.sessions.forget(clock.now())
    counted = sa.select(sa.func.count()).select_from(console_sessions)
    assert context.database.read(lambda connection: connection.scalar(counted)) == 0


def test_the_database_holds_nothing_that_signs_in(console: Console) -> None:
    context = console.client.app.state.context
    rows = context.database.read(lambda connection: connection.execute(sa.select(console_sessions)).all())
    assert console.client.cookies.get("firstline_console") not in str(rows)


def test_wrong_keys_of_one_address_are_counted(client: TestClient[Litestar]) -> None:
    seen = [client.post("/sign-in", data={"key": "sk_x_y"}, headers=HERE) for _ in range(31)]
    assert {each.status_code for each in seen} == {401, 429}
    assert int(seen[-1].headers["retry-after"]) <= 60


def test_a_page_that_does_not_exist_in_a_room_is_a_page_too(console: Console) -> None:
    refused = console.client.post("/sign-out", content=b"%%%", headers=HERE)
    assert refused.status_code == 415
    assert "text/html" in refused.headers["content-type"]


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/nosuch", "text/html,*/*", "text/html"),
        ("/nosuch", "application/json", "application/problem+json"),
        ("/v1/nosuch", "text/html,*/*", "application/problem+json"),
    ],
)
def test_an_address_that_there_is_not_is_a_page_for_a_browser_and_a_problem_for_programs(
    client: TestClient[Litestar], path: str, accept: str, kind: str
) -> None:
    missing = client.get(path, headers={"Accept": accept})
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith(kind)


def test_whoever_sent_a_form_after_the_session_ended_is_led_back_to_its_page(console: Console) -> None:
    console.client.cookies.clear()
    sent = console.client.post(
        "/queue/tkt_1/replies",
        headers=HERE | {"Referer": "http://testserver.local/queue/tkt_1"},
        data={"text": "x"},
        follow_redirects=False,
    )
    assert sent.headers["location"] == "/sign-in?next=/queue/tkt_1"


def test_a_stream_whose_session_has_ended_ends_without_a_page(client: TestClient[Litestar]) -> None:
    ended = client.get(LIVE, headers={"Accept": "text/event-stream"}, follow_redirects=False)
    assert (ended.status_code, ended.content) == (204, b"")


def test_a_stream_says_that_something_changed_since_it_began(
    console: Console, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    monkeypatch.setattr(live, "_LOOKS_EVERY", 0.01)
    database = console.client.app.state.context.database

    def happens() -> None:
        news = [NewEvent(TICKET_CREATED, {}, clock.advance(timedelta(seconds=1)))]
        database.write(lambda connection: emit(connection, "tkt_1", news))

    async def said() -> list[bytes]:
        happens()
        stream = live.Changes(database, 2).stream("sk_1")
        before = [await anext(stream) for _ in range(2)]
        await asyncio.to_thread(happens)
        after = next_change = await anext(stream)
        while next_change == live.NOTHING:
            after = next_change = await anext(stream)
        await stream.aclose()
        return [*before, after]

    assert asyncio.run(said()) == [live.NOTHING, live.NOTHING, live.CHANGED]


@pytest.mark.parametrize(("most", "open_ones"), [(2, {"sk_2": 1, "sk_3": 1}), (100, {"sk_1": 8})])
def test_streams_are_bounded_in_all_and_for_each_key(console: Console, most: int, open_ones: dict[str, int]) -> None:
    """An office behind one address keeps connections for everything else."""
    changes = live.Changes(console.client.app.state.context.database, most)
    changes.refuse_if_full("sk_1")
    changes._streams.update(open_ones)
    with pytest.raises(Overloaded):
        changes.refuse_if_full("sk_1")
