"""`/v1/models` and what readiness tells, over a service that loads real bundles."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from litestar.testing import TestClient

from serving.app import create_app
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.tiny_bundle import LABELS, tiny_bundle
from tests.triage.model.test_certified_answers import in_languages
from tests.waiting import wait_until
from triage.model.bundle_files import seal
from triage.model.registry import Registry

pytestmark = pytest.mark.usefixtures("migrated_home")


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    tiny_bundle(tmp_path / "sample" / "bundle", name="sample")
    return Settings(home=home, sample=tmp_path / "sample", demo=False)


@pytest.fixture
def client(settings: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]]) -> Iterator[Client]:
    with TestClient(create_app(settings, clock=clock)) as client:
        client.headers.update(make_key("admin"))
        wait_until(lambda: client.get("/readyz").json()["missing"].get("models") is None)
        yield client


def test_the_bundle_that_serves_is_shown(client: Client) -> None:
    body = client.get("/v1/models").json()

    assert body["current"]["origin"] == "sample"
    assert (body["serves"]["what"], body["serves"]["why"]) == ("sample", "empty")
    assert body["current"]["heads"] == {head: list(labels) for head, labels in LABELS.items()}
    assert body["current"]["metrics"]["category"] == {"n": 100, "accuracy": 0.9, "macro_f1": 0.8}
    assert body["current"]["certificates"] == {head: [] for head in LABELS}
    assert body["current"]["overrides"] == []
    assert body["refused"] is None
    assert body["registry"] == {"current": None, "previous": None, "versions": []}


def test_thresholds_and_promises_of_answers_are_shown_by_language(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    registry = Registry(settings.models_path)
    registry.make_current(registry.add(in_languages(tmp_path / "fitted", {"language": "it"})))

    answers = client.post("/v1/models/reload").json()["current"]["answers"]

    (italian,) = answers["languages"]
    assert (italian["slice"], italian["answer_at"]) == ({"language": "it"}, 0.85)
    assert italian["certificate"]["slice"] == {"language": "it"}
    assert (answers["answer_at"], answers["certificate"]["slice"]) == (0.8, {"language": "*"})


def test_a_promoted_bundle_goes_live_on_reload(client: Client, settings: Settings, tmp_path: Path) -> None:
    registry = Registry(settings.models_path)
    version = registry.add(tiny_bundle(tmp_path / "fitted", name="mine"))
    registry.make_current(version)

    body = client.post("/v1/models/reload").json()

    assert (body["current"]["version"], body["current"]["origin"]) == (version, "current")
    assert client.post("/v1/tags", json={"subject": "csv export empty"}).json()["model"]["version"] == version


def test_what_was_overridden_when_the_bundle_was_promoted_is_shown(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    override = {"gate": "category: certificate", "said": "none", "because": "audit next week", "by": "Ann"}
    override |= {"at": "2026-03-02T09:00:00Z", "beside": "b1"}
    tiny = tiny_bundle(tmp_path / "fitted", name="mine")
    manifest = json.loads((tiny / "manifest.json").read_text()) | {"overrides": [override]}
    seal(tiny, {key: value for key, value in manifest.items() if key not in {"id", "files", "format"}})
    registry = Registry(settings.models_path)
    registry.make_current(registry.add(tiny))
    assert client.post("/v1/models/reload").json()["current"]["overrides"] == [override]


def test_a_refused_bundle_is_a_note_of_readiness_and_not_the_end_of_it(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    registry = Registry(settings.models_path)
    version = registry.add(tiny_bundle(tmp_path / "fitted", name="mine"))
    (registry.path(version) / "lexical.npz").write_bytes(b"not numpy")
    registry.make_current(version)

    body = client.post("/v1/models/reload").json()

    assert body["refused"]["version"] == version
    assert (body["current"], body["serves"]["what"], body["serves"]["why"]) == (None, "defaults", "refused")
    ready = client.get("/readyz").json()
    assert "models" not in ready["missing"]
    assert "lexical.npz" in ready["notes"]["models"]
    refused = re.findall(r"^firstline_model_refusals_total (.+)$", client.get("/metrics").text, flags=re.MULTILINE)
    assert float(*refused) >= 1  # the watch, which looks every second, may have been the first to refuse it


def test_no_request_fails_while_bundles_are_swapped(client: Client, settings: Settings, tmp_path: Path) -> None:
    registry = Registry(settings.models_path)
    versions = [registry.add(tiny_bundle(tmp_path / name, name=name)) for name in ("a", "b")]
    seen: list[str] = []
    over = threading.Event()

    def tag(_: int) -> set[int]:
        statuses = set()
        while not over.is_set():
            answer = client.post("/v1/tags", json={"subject": "csv export empty"})
            statuses.add(answer.status_code)
            seen.append(answer.json().get("model", {}).get("version"))
        return statuses

    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(tag, range(4))
        try:
            for turn in range(6):
                before, version = len(seen), versions[turn % 2]
                registry.make_current(version)
                client.post("/v1/models/reload")
                wait_until(lambda: version in seen[before:], "nobody was answered by it")  # noqa: B023
        finally:
            over.set()
        assert set().union(*answers) == {200}


def test_only_an_admin_may_reload(client: Client, make_key: Callable[..., dict[str, str]]) -> None:
    assert client.post("/v1/models/reload", headers=make_key("agent")).status_code == 403
    assert client.get("/v1/models", headers=make_key("agent")).status_code == 200
