"""Reasons that somebody typed for a change name nobody who was erased."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.change_log import policy_changes
from serving.changes.edit import Edit
from serving.keys.api_keys import KeyStore, Scope, id_of
from serving.settings import Settings
from tests.conftest import on_both_engines
from tests.fakes import FrozenClock
from triage.model.promotion import history, verdicts
from triage.model.promotion.overrides import Override
from triage.model.promotion.verdicts import GateVerdict, Verdict
from triage.model.registry import Registry
from triage.text.mentions import Mention

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


def test_a_damaged_line_names_nobody_either_and_the_next_change_has_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    torn = b'{"at": "2026", "what": "made_current", "by": "bo", "because": "complaint of ' + ANN.encode() + b" \xff"
    path.write_bytes(torn)
    mention = Mention.of(ANN)
    assert mention is not None
    assert history.reword(tmp_path, mention.erased_from) == 1
    assert path.read_bytes() == torn.replace(ANN.encode(), b"[erased]")
    history.add(tmp_path, history.Change(at="2026-01-01", what="made_current", by="bo"))
    assert [each.by for each in history.last(tmp_path, 5)] == ["bo"]


def test_an_erasure_that_is_killed_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        history.add(tmp_path, history.Change(at="2026-01-01", what="made_current", by="bo", because=f"{ANN} waited"))
    before = (tmp_path / "changes.jsonl").read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            history.reword(tmp_path, lambda text: text.replace(ANN, "[erased]"))
    assert (tmp_path / "changes.jsonl").read_bytes() == before
    assert history.reword(tmp_path, lambda text: text.replace(ANN, "[erased]")) == 3


def test_what_is_added_while_a_person_is_erased_is_kept(tmp_path: Path) -> None:
    history.add(tmp_path, history.Change(at="2026-01-01", what="made_current", by="bo", because=f"{ANN} waited"))

    def adds(number: int) -> None:
        if number % 2:
            history.reword(tmp_path, lambda text: text.replace("waited", f"waited {number}")[:60])
        else:
            history.add(tmp_path, history.Change(at="2026-01-02", what="reloaded", by=f"by {number}"))

    with ThreadPoolExecutor(8) as people:
        list(people.map(adds, range(40)))
    assert {each.by for each in history.last(tmp_path, 99)} == {"bo", *(f"by {n}" for n in range(0, 40, 2))}


def test_notes_that_cannot_be_read_name_nobody_either(tmp_path: Path) -> None:
    (tmp_path / ".applied.json").write_text('{"sla.toml": {"by": "' + ANN)
    assert policy_changes.reword_notes(tmp_path, lambda text: text.replace(ANN, "[erased]")) == 1
    assert (tmp_path / ".applied.json").read_text() == '{"sla.toml": {"by": "[erased]'


def test_reasons_of_gates_that_were_overridden_name_nobody(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    gate = GateVerdict(
        name="leaks",
        passed=False,
        reason="",
        override=Override(gate="leaks", said="", because=f"{ANN} waits", by="bo", at="2026-01-01", beside=None),
    )
    verdicts.keep(registry, Verdict(version="a" * 64, beside=None, at="2026-01-01", promoted=True, gates=(gate,)))
    assert verdicts.reword(registry.folder, lambda text: text.replace(ANN, "[erased]")) == 1
    (override,) = verdicts.kept(registry)["a" * 64].overrides
    assert override.because == "[erased] waits"
