"""Brands that come, go, move and start again while the service runs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.configuration import brand_folders
from serving.errors import BrandNotUsable
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from tests.fakes import FrozenClock
from tests.serving.brands.conftest import Deployed
from tests.waiting import wait_until

GLOBEX = {"Host": "help.globex.test"}


def test_while_a_brand_starts_again_its_requests_wait_for_it(deployed: Deployed, home: Path) -> None:
    """What is under way ends first; what comes then may come again, and is neither unknown nor another's."""
    before = deployed.app.brands.serving["globex"]
    request = object()
    before._requests.add(request)
    (brand_folders.home_of(home, "globex") / "brand.toml").write_text('hosts = ["help.globex.test", "b.test"]')
    wait_until(lambda: before.is_leaving)
    answers = [
        deployed.ask("GET", "/brands/globex/v1/tickets", "globex"),
        deployed.ask("GET", "/v1/tickets", "globex", headers=GLOBEX),
        deployed.ask("GET", "/v1/tickets", "globex"),
        deployed.client.get("/sign-in", headers=GLOBEX),
    ]
    assert [(each.status_code, each.headers["retry-after"]) for each in answers] == [(503, "1")] * 4
    before._requests.discard(request)
    wait_until(lambda: deployed.ask("GET", "/v1/tickets", "globex").status_code == 200)


def test_a_running_service_picks_a_brand_up_and_leaves_it(
    deployed: Deployed, add_brand: Callable[..., Path], clock: FrozenClock
) -> None:
    folder = add_brand("late")
    key = KeyStore(KeyFile(folder / "keys.db")).create(Scope.AGENT, at=clock.now())
    deployed.keys["late"] = key
    wait_until(lambda: deployed.client.get("/brands/late/healthz").status_code == 200)
    assert deployed.ask("GET", "/v1/tickets", "late").json()["tickets"] == []
    (folder / brand_folders.FILE).write_text('hosts = ["late.test"]')
    wait_until(lambda: deployed.ask("GET", "/v1/tickets", "late", headers={"Host": "late.test"}).status_code == 200)
    (folder / brand_folders.FILE).unlink()
    wait_until(lambda: deployed.client.get("/brands/late/healthz").status_code == 404)
    assert deployed.ask("GET", "/v1/tickets", "late").status_code == 401


def test_a_renamed_folder_serves_under_its_new_name(deployed: Deployed, home: Path) -> None:
    deployed.open_ticket("globex", "A lamp")
    (home / "brands" / "globex").rename(home / "brands" / "before-globex")  # it comes before the old name
    wait_until(lambda: "globex" not in deployed.app.brands.serving)
    wait_until(lambda: {"before-globex"} <= {*deployed.app.brands.serving, *deployed.app.brands.refused})
    assert deployed.app.brands.refused == {}
    found = deployed.ask("GET", "/brands/before-globex/v1/tickets", "globex").json()
    assert [each["subject"] for each in found["tickets"]] == ["A lamp"]


def test_a_brand_starts_while_the_folder_of_another_is_gone(
    deployed: Deployed, add_brand: Callable[..., Path], home: Path
) -> None:
    late = brand_folders.Brand("late", add_brand("late"))
    (home / "brands" / "globex").rename(home / "elsewhere")
    deployed.app.brands._refuse_what_another_has(late, deployed.app.own.state.context.settings)


def test_why_a_brand_cannot_start_is_said_in_words(
    deploy: Callable[[], Deployed], add_brand: Callable[..., Path]
) -> None:
    with (add_brand("initech") / "firstline.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        assert "is in use" in deploy().client.get("/readyz").json()["notes"]["brand initech"]


def test_a_pipe_in_place_of_the_file_is_no_brand(home: Path) -> None:
    (home / "brands" / "pipe").mkdir(parents=True)
    os.mkfifo(home / "brands" / "pipe" / "brand.toml")
    assert brand_folders.names_in(home) == []
    with pytest.raises(BrandNotUsable, match=r"has no brand\.toml"):
        brand_folders.read(home, "pipe")
