"""Reasons that somebody typed for a change name nobody who was erased."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.change_log import policy_changes
from serving.changes.edit import Edit
from serving.keys.api_keys import KeyStore, Scope, id_of
from serving.settings import Settings
from tests.conftest import on_both_engines
from tests.fakes import FrozenClock
from triage.model.promotion import history

ANN = "ann.quibble@example.com"


@on_both_engines
def test_reasons_of_keys_and_articles_name_nobody_who_was_erased(
    client: TestClient[Litestar], keys: KeyStore, clock: FrozenClock, settings: Settings
) -> None:
    at = clock.advance(timedelta(seconds=1))
    made = keys.create(Scope.AGENT, at=at, edit=Edit(at=at, by=ANN, because=f"{ANN} asked for it"))
    keys.revoke(id_of(made), at=at, edit=Edit(at=at, by="bo", because=f"complaint of {ANN.upper()}"))
    article = {"title": "Reset", "body": "Open the page."}
    client.put("/v1/articles/reset", json=article, headers={"Change-Reason": f"{ANN} did not find it"})
    counts = client.post("/v1/erasures", json={"email": ANN}).json()["erased"]
    assert (counts["keys"], counts["changes"]) == (1, 1)
    said = [(each["by"], each["because"]) for each in client.get("/v1/audit").json()["changes"]]
    assert ("[erased]", "[erased] asked for it") in said
    assert ("bo", "complaint of [erased]") in said
    assert "quibble" not in str(said).lower()
    assert not [path.name for path in settings.home.glob("keys.db*") if b"quibble" in path.read_bytes().lower()]


def test_reasons_in_files_name_nobody_who_was_erased(
    settings: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]], migrated_home: Path, tmp_path: Path
) -> None:
    (policies := tmp_path / "policies").mkdir()
    (policies / "surges.toml").write_text("[proposals]\nfalse_alarms_a_month = 1\n", encoding="utf-8")
    settings = replace(settings, policies=policies)
    edit = Edit(at=clock.now(), by="bo", because=f"{ANN} waited")
    policy_changes.note(policies, {"surges.toml": "x"}, edit)
    settings.models_path.mkdir(parents=True, exist_ok=True)
    for because in (f"complaint of {ANN}", "better"):
        change = history.Change(at=clock.now().isoformat(), what="made_current", version="a", by="bo", because=because)
        history.add(settings.models_path, change)
    with TestClient(create_app(settings, clock=clock)) as client:
        client.headers.update(make_key("admin"))
        counts = client.post("/v1/erasures", json={"email": ANN}).json()["erased"]
    assert counts["reasons_in_files"] == 2
    newest = [each.because for each in history.last(settings.models_path, 5)]
    assert newest == ["better", "complaint of [erased]"]
    assert policy_changes.notes_of(policies)["surges.toml"].because == "[erased] waited"
