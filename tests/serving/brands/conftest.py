"""A deployment with two brands, acme and globex, beside its own home; each has an admin's key."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from serving.brands.deployment import Deployment
from serving.configuration import brand_folders
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.console.conftest import HERE
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until

BRANDS = {"acme": "", "globex": "help.globex.test"}


@dataclass
class Deployed:
    """The deployment as its callers see it."""

    app: Deployment
    client: TestClient[Any]
    keys: dict[str, str] = field(default_factory=dict)  # an admin's, by brand; "" is the deployment's own

    def ask(self, method: str, path: str, brand: str | None, **given: Any) -> Any:
        """Ask with the key of a brand, or without one."""
        shown = {} if brand is None else {"Authorization": f"Bearer {self.keys[brand]}"}
        headers = shown | given.pop("headers", {})
        return self.client.request(method, path, headers=headers, follow_redirects=False, **given)

    def open_ticket(self, of: str, subject: str, **more: Any) -> dict[str, Any]:
        """Open a ticket with the key of a brand."""
        opened = self.ask("POST", "/v1/tickets", of, json={"subject": subject, "description": subject, **more})
        assert opened.status_code == 201, opened.text
        return dict(opened.json())

    def sign_in(self, brand: str, path: str = "/sign-in") -> str:
        """Sign in to the console with a brand's key, and return the cookie."""
        self.client.cookies.clear()
        done = self.client.post(path, data={"key": self.keys[brand]}, headers=HERE, follow_redirects=False)
        self.client.cookies.clear()
        assert done.status_code == 303, done.text
        return done.headers["set-cookie"].partition(";")[0]


@pytest.fixture
def add_brand(home: Path, migrated: Path) -> Callable[..., Path]:
    """Make the home of a brand, with an empty database."""

    def added(name: str, host: str = "", settings: str = "") -> Path:
        folder = brand_folders.home_of(home, name)
        folder.mkdir(parents=True)
        shutil.copy(migrated, folder / "firstline.db")
        hosts = f'hosts = ["{host}"]' if host else ""
        (folder / brand_folders.FILE).write_text(f"{hosts}\n[settings]\n{settings}\n")
        return folder

    return added


@pytest.fixture
def deploy(
    settings: Settings, migrated_home: Path, add_brand: Callable[..., Path], clock: FrozenClock, tmp_path: Path
) -> Iterator[Callable[..., Deployed]]:
    """Start the deployment over what its home has by then."""
    opened: list[TestClient[Any]] = []
    tiny_bundle(tmp_path / "sample" / "bundle")
    for name, host in BRANDS.items():
        add_brand(name, host)

    def start(*, waits: bool = True, **changes: Any) -> Deployed:
        keys = {}
        for name in ("", *BRANDS):
            folder = brand_folders.home_of(migrated_home, name) if name else migrated_home
            keys[name] = KeyStore(KeyFile(folder / "keys.db")).create(Scope.ADMIN, at=clock.now(), name="ann")
        app = Deployment(replace(settings, sample=tmp_path / "sample", rate_limits="off", **changes), clock)
        logging.getLogger("firstline").setLevel(logging.CRITICAL)
        client: TestClient[Any] = TestClient(app, raise_server_exceptions=False)  # type: ignore[type-var]
        opened.append(client)
        client.__enter__()
        if waits:
            wait_until(lambda: app.brands._missing() is None)
        return Deployed(app, client, keys)

    yield start
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def deployed(deploy: Callable[[], Deployed]) -> Deployed:
    return deploy()
