"""A browser's session with the console, without the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes import FrozenClock
from tests.serving.console.desk import ConsoleDesk

HERE = {"Sec-Fetch-Site": "same-origin"}  # what a browser says of a form on a page of this very service
_TAG = re.compile(r"<[^>]*>")


@dataclass
class Console:
    """Someone who is signed in: opens pages, and sends forms as the page would."""

    client: TestClient[Litestar]

    def get(self, path: str, status: int = 200) -> str:
        """Return a page's HTML."""
        page = self.client.get(path, follow_redirects=False)
        assert page.status_code == status, page.text
        return page.text

    def read(self, path: str, status: int = 200) -> str:
        """Return what is written on a page, without its tags."""
        return " ".join(unescape(_TAG.sub(" ", self.get(path, status))).split())

    def token(self) -> str:
        return re.findall(r'name="form_token" value="(\w+)"', self.get("/"))[0]

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form, and return the response without following where it leads."""
        sent = {"form_token": self.token(), **fields}
        return self.client.post(path, data=sent, headers=HERE, follow_redirects=False)


@pytest.fixture
def sign_in(client: TestClient[Litestar], make_key: Callable[..., dict[str, str]]) -> Callable[..., Console]:
    """Sign in with a new key; the API's key of `client` is put away."""

    def signed_in(scope: str = "admin", name: str = "Ann") -> Console:
        key = make_key(scope, name=name)["Authorization"].removeprefix("Bearer ")
        client.headers.pop("Authorization", None)
        response = client.post("/sign-in", data={"key": key}, headers=HERE, follow_redirects=False)
        assert response.status_code == 303, response.text
        return Console(client)

    return signed_in


@pytest.fixture
def console(sign_in: Callable[..., Console]) -> Console:
    """An admin who is signed in."""
    return sign_in()


@pytest.fixture
def desk(console: Console, make_key: Callable[..., dict[str, str]], clock: FrozenClock) -> ConsoleDesk:
    """The console and the API of one desk."""
    return ConsoleDesk(console, make_key("admin", name="api"), clock)
