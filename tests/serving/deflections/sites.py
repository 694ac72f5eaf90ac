"""A site with a publishable key, and its visitors: each session is opened with its own secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from serving.keys.api_keys import id_of
from serving.keys.identities import identity_secret, signature
from tests.serving.conftest import Client

MakeKey = Callable[..., dict[str, str]]
SHOP, FORUM = "https://shop.example", "https://forum.example"
UNKNOWN = "Do penguins migrate in winter?"


@dataclass(frozen=True)
class Site:
    """A page of one origin, with a publishable key in it."""

    client: Client
    key: dict[str, str]
    origin: str = SHOP
    more: dict[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {**self.key, "Origin": self.origin, **self.more}

    @property
    def identity_secret(self) -> str:
        """The secret that `firstline keys create` showed."""
        key_id = id_of(self.key["Authorization"].removeprefix("Bearer "))
        return identity_secret(self.client.app.state.context.secret, key_id)

    def signed(self, id_: str = "user-17", expires_at: str | None = None, **facts: str) -> dict[str, str]:
        """Return an identity as the site's backend signs it."""
        values = [id_, facts.get("email"), facts.get("account"), facts.get("plan")]
        dated = {} if expires_at is None else {"expires_at": expires_at}
        signed = signature(self.identity_secret, [*values, *dated.values()])
        return {"id": id_, **facts, **dated, "hmac": signed}

    def post(self, path: str, body: object, secret: str | None = None, **headers: str) -> httpx.Response:
        return self.client.post(path, json=body, headers={**self.headers, **_shown(secret), **headers})

    def ask(self, question: str = UNKNOWN, **facts: Any) -> dict[str, Any]:
        answer = self.post("/v1/deflections", {"question": question, **facts})
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def look(self, session: dict[str, Any]) -> httpx.Response:
        headers = {**self.headers, **_shown(session["client_secret"])}
        return self.client.get(f"/v1/deflections/{session['id']}", headers=headers)

    def hand_off(self, session: dict[str, Any], **facts: Any) -> httpx.Response:
        body = {"email": "kim@example.com", **facts}
        return self.post(f"/v1/deflections/{session['id']}/ticket", body, session["client_secret"])


def site(client: Client, make_key: MakeKey, origin: str = SHOP) -> Site:
    """Return a site with a key of its own."""
    return Site(client, make_key("widget", origins=(origin,)), origin)


def _shown(secret: str | None) -> dict[str, str]:
    return {} if secret is None else {"Firstline-Session": secret}
