"""Who may call what: missing, wrong, revoked and narrow keys, and publishable ones that are bound to pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from litestar import Controller, Litestar, post
from litestar.testing import TestClient

from serving.app import create_app
from serving.context import Slice
from serving.errors import NotFound
from serving.http.auth import allows
from serving.keys.api_keys import KeyStore, Scope, id_of
from serving.keys.file_store import KeyFile
from serving.settings import Settings
from tests.fakes import FrozenClock

pytestmark = pytest.mark.usefixtures("migrated_home")

Client = TestClient[Litestar]
MakeKey = Callable[..., dict[str, str]]
PATH = "/v1/tickets"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "sk_1_2"])
def test_without_a_bearer_key_one_is_asked_for(desk_client: Client, header: str | None) -> None:
    desk_client.headers.pop("Authorization")
    refused = desk_client.get(PATH, headers={} if header is None else {"Authorization": header})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json() == {
        "type": "urn:firstline:problem:key-missing",
        "title": "A key is needed",
        "status": 401,
        "detail": "Send `Authorization: Bearer <key>`; `firstline keys create` makes one.",
        "instance": PATH,
    }


@pytest.mark.parametrize("change", [lambda key: key[:-1] + "?", lambda key: key + "x", lambda key: "sk_000000000000_x"])
def test_a_key_with_any_letter_wrong_is_not_known(
    desk_client: Client, make_key: MakeKey, change: Callable[[str], str]
) -> None:
    key = make_key("agent")["Authorization"].removeprefix("Bearer ")
    refused = desk_client.get(PATH, headers={"Authorization": f"Bearer {change(key)}"})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json() == {
        "type": "urn:firstline:problem:key-not-known",
        "title": "The key is not known",
        "status": 401,
        "detail": "This key is not known here: it was mistyped, revoked, or made for another service.",
        "instance": PATH,
    }


def test_a_key_made_while_the_service_runs_is_known_at_once(desk_client: Client, make_key: MakeKey) -> None:
    assert desk_client.get(PATH, headers=make_key("agent")).status_code == 200


def test_a_revoked_key_is_not_known_any_more(desk_client: Client, keys: KeyStore, clock: FrozenClock) -> None:
    key = keys.create(Scope.AGENT, at=clock.now())
    shown = {"Authorization": f"Bearer {key}"}
    assert desk_client.get(PATH, headers=shown).status_code == 200
    keys.revoke(id_of(key), at=clock.now())
    desk_client.app.state.context.keys.refresh(clock.now())  # where processes share a server, a watch does it
    assert desk_client.get(PATH, headers=shown).status_code == 401


def test_a_key_of_another_scope_is_told_which_scopes_would_do(desk_client: Client, make_key: MakeKey) -> None:
    refused = desk_client.get(PATH, headers=make_key("tag"))
    assert refused.status_code == 403
    assert refused.json() == {
        "type": "urn:firstline:problem:scope-too-narrow",
        "title": "The key does not allow this",
        "status": 403,
        "detail": "A key of scope `tag` may not do this; it needs admin or agent.",
        "instance": PATH,
        "needed": ["admin", "agent"],
    }


def test_an_admin_key_opens_every_door(desk_client: Client, make_key: MakeKey) -> None:
    assert desk_client.get(PATH, headers=make_key("admin")).status_code == 200


def test_health_and_the_description_need_no_key(desk_client: Client) -> None:
    desk_client.headers.pop("Authorization")
    for path in ("/healthz", "/readyz", "/metrics", "/schema/openapi.json"):
        assert desk_client.get(path).status_code == 200


class Asking(Controller):
    path = "/v1/asked"
    guards = (allows(Scope.WIDGET),)

    @post(status_code=200, sync_to_thread=False)
    def ask(self) -> str:
        return "asked"


class TestPublishableKeys:
    @pytest.fixture
    def client(self, settings: Settings, clock: FrozenClock) -> Iterator[Client]:
        with TestClient(create_app(settings, clock=clock, compose=lambda _: [Slice(handlers=[Asking])])) as client:
            yield client

    @pytest.mark.parametrize("origin", ["https://shop.example", "https://other.example:8443"])
    def test_pass_from_the_pages_they_were_made_for(self, client: Client, make_key: MakeKey, origin: str) -> None:
        key = make_key("widget", origins=("https://shop.example", "https://other.example:8443"))
        assert client.post("/v1/asked", headers={**key, "Origin": origin}).status_code == 200

    @pytest.mark.parametrize(
        "origin",
        [
            None,
            "null",
            "https://shop.example.evil.example",
            "http://shop.example",
            "https://shop.example:443",
            "https://SHOP.example",
        ],
    )
    def test_are_refused_from_anywhere_else(self, client: Client, make_key: MakeKey, origin: str | None) -> None:
        key = make_key("widget", origins=("https://shop.example",))
        refused = client.post("/v1/asked", headers={**key, **({"Origin": origin} if origin else {})})
        assert refused.status_code == 403
        assert refused.json() == {
            "type": "urn:firstline:problem:origin-not-allowed",
            "title": "The key does not allow this page",
            "status": 403,
            "detail": "This publishable key is bound to other origins: make one with `--origin` for this page.",
            "instance": "/v1/asked",
        }

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-origin", "Host": "elsewhere.example"}, 403),
            ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 403),
        ],
    )
    @pytest.mark.parametrize("origins", [("https://shop.example",), ("self",)])
    def test_pass_where_a_browser_says_that_a_page_reads_from_its_own_origin(
        self, client: Client, make_key: MakeKey, headers: dict[str, str], status: int, origins: tuple[str, ...]
    ) -> None:
        key = make_key("widget", origins=origins)
        own = "shop.example" if origins != ("self",) else "127.0.0.1:8000"
        asked = client.post("/v1/asked", headers={"Host": own, **key, **headers})
        assert asked.status_code == status

    @pytest.mark.parametrize("origin", ["self", "self shop.example", "http://[", ""])
    def test_are_refused_from_what_is_no_origin(self, client: Client, make_key: MakeKey, origin: str) -> None:
        key = make_key("widget", origins=("self", "https://shop.example"))
        assert client.post("/v1/asked", headers={**key, "Origin": origin}).status_code == 403

    def test_lent_ones_pass_from_the_services_own_pages_and_from_no_other(self, client: Client) -> None:
        client.headers["Host"] = "127.0.0.1:8000"
        context = client.app.state.context
        key = context.keys.lend(Scope.WIDGET, at=context.clock.now(), origins=("self",))
        shown = {"Authorization": f"Bearer {key}"}
        assert client.post("/v1/asked", headers={**shown, "Origin": "http://127.0.0.1:8000"}).status_code == 200
        assert client.post("/v1/asked", headers={**shown, "Origin": "http://evil.example"}).status_code == 403


class TestPagesOfOtherOrigins:
    """The browser asks first; only an origin that some live key names hears yes."""

    asking: ClassVar = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}

    @pytest.fixture
    def client(self, settings: Settings, clock: FrozenClock) -> Iterator[Client]:
        handler = type("Deflecting", (Asking,), {"path": "/v1/deflections"})
        with TestClient(create_app(settings, clock=clock, compose=lambda _: [Slice(handlers=[handler])])) as client:
            yield client

    def test_that_a_key_names_may_post_and_read_the_answer(
        self, client: Client, make_key: MakeKey, clock: FrozenClock
    ) -> None:
        key = make_key("widget", origins=("https://shop.example",))
        client.app.state.context.keys.refresh(clock.now())  # as it does every two seconds where replicas share keys
        origin = {"Origin": "https://shop.example"}
        preflight = client.options("/v1/deflections", headers={**origin, **self.asking})
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, origin["Origin"])
        assert preflight.headers["access-control-allow-methods"] == "GET, POST"
        allowed = "authorization, content-type, firstline-session, idempotency-key"
        assert preflight.headers["access-control-allow-headers"] == allowed
        answer = client.post("/v1/deflections", headers={**key, **origin})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin["Origin"])
        assert answer.headers["vary"] == "Origin"

    def test_that_none_names_hear_nothing(self, client: Client, make_key: MakeKey) -> None:
        make_key("widget", origins=("https://shop.example",))
        for headers in ({"Origin": "https://shop.example.evil.example"}, {"Origin": "null"}, {}):
            preflight = client.options("/v1/deflections", headers={**headers, **self.asking})
            assert "access-control-allow-origin" not in preflight.headers

    def test_are_forgotten_with_the_key(
        self, client: Client, make_key: MakeKey, keys: KeyStore, clock: FrozenClock
    ) -> None:
        make_key("widget", origins=("https://shop.example",))
        keys.revoke(keys.list()[0].id, at=clock.now())
        client.app.state.context.keys.refresh(clock.now())
        preflight = client.options("/v1/deflections", headers={"Origin": "https://shop.example", **self.asking})
        assert "access-control-allow-origin" not in preflight.headers

    def test_have_no_other_route(self, client: Client, make_key: MakeKey) -> None:
        make_key("widget", origins=("https://shop.example",))
        preflight = client.options("/healthz", headers={"Origin": "https://shop.example", **self.asking})
        assert "access-control-allow-origin" not in preflight.headers


class TestTheStore:
    def test_keeps_no_secret(self, keys: KeyStore, clock: FrozenClock, settings: Settings) -> None:
        key = keys.create(Scope.AGENT, at=clock.now(), name="kim")
        in_files = b"".join(path.read_bytes() for path in settings.home.rglob("*") if path.is_file())
        for kept in (in_files, repr(keys.list()).encode()):
            assert key.encode() not in kept
            assert key.split("_", 2)[2].encode() not in kept

    def test_lists_keys_in_the_order_they_were_made(self, keys: KeyStore, clock: FrozenClock) -> None:
        keys.create(Scope.AGENT, at=clock.now(), name="kim")
        keys.create(Scope.WIDGET, at=clock.now(), name="site", origins=("https://a.example", "https://b.example"))
        listed = sorted((key.name, key.scope, key.origins, key.revoked_at) for key in keys.list())
        assert listed == [
            ("kim", "agent", (), None),
            ("site", "widget", ("https://a.example", "https://b.example"), None),
        ]

    def test_tells_that_there_is_nothing_to_revoke(self, keys: KeyStore, clock: FrozenClock) -> None:
        with pytest.raises(NotFound):
            keys.revoke("sk_nothing", at=clock.now())

    def test_publishable_keys_are_told_apart_by_their_first_letters(self, keys: KeyStore, clock: FrozenClock) -> None:
        kinds = {scope: keys.create(scope, at=clock.now())[:3] for scope in Scope}
        assert kinds == {Scope.ADMIN: "sk_", Scope.AGENT: "sk_", Scope.TAG: "sk_", Scope.WIDGET: "pk_"}

    def test_a_key_with_half_a_character_is_merely_unknown(self, tmp_path: Path) -> None:
        assert KeyStore(KeyFile(tmp_path / "keys.db")).find("sk_\ud800_x") is None
