"""The console's room of models: what it shows, and what an admin changes there."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from litestar.testing import TestClient

from serving.app import create_app
from serving.console.models import reading
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.console.conftest import HERE, Console
from tests.tiny_bundle import tiny_bundle, with_answers_from
from tests.waiting import wait_until
from triage.model.bundle_files import seal
from triage.model.multi.entry import MultiEntry, MultiLabel, MultiMetrics
from triage.model.promotion import verdicts
from triage.model.promotion.overrides import Override
from triage.model.promotion.verdicts import GateVerdict, Verdict
from triage.model.registry import Registry
from triage.tickets import tombstones
from triage.tickets.tombstones import Tombstone

AT = "2026-03-02T09:00:00Z"
GOOD = GateVerdict(name="checksums", passed=True, reason="all files are as sealed")
BAD = GateVerdict(name="leaks", passed=False, reason='"[queue: billing]" gives billing away')


@dataclass
class ModelRoom(Console):
    """An admin in the console of a desk with a current bundle and a candidate."""

    registry: Registry
    home: Path
    current: str
    candidate: str

    def judged(self, *gates: GateVerdict, beside: str | None = None, version: str | None = None) -> None:
        passed = all(gate.passed for gate in gates)
        about = {"version": version or self.candidate, "beside": beside or self.current, "promoted": passed}
        verdicts.keep(self.registry, Verdict(**about, at=AT, gates=gates))

    def does(self, what: str, status: int = 303, **fields: str) -> str:
        answer = self.post(f"/models/changes/{what}", **fields)
        assert answer.status_code == status, answer.text
        return answer.headers.get("location") or answer.text


@pytest.fixture
def room(
    home: Path, tmp_path: Path, clock: FrozenClock, make_key: Callable[..., dict[str, str]]
) -> Iterator[ModelRoom]:
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    registry = Registry(home / "models")
    current = registry.add(tiny_bundle(tmp_path / "first", name="first"))
    registry.make_current(current)
    candidate = registry.add(tiny_bundle(tmp_path / "second", name="second"))
    settings = Settings(home=home, sample=tmp_path / "no-sample", demo=False)
    with TestClient(create_app(settings, clock=clock)) as client:
        wait_until(lambda: client.get("/readyz").json()["missing"].get("models") is None)
        key = make_key("admin", name="Ann")["Authorization"].removeprefix("Bearer ")
        client.post("/sign-in", data={"key": key}, headers=HERE)
        yield ModelRoom(client, registry, home, current, candidate)


def test_the_page_shows_the_bundles_their_figures_and_what_they_are_used_for(room: ModelRoom) -> None:
    page = room.read("/models")
    assert "What serves now This desk's own model bundle serves." in page
    assert f"Bundle {room.current[:12]} current" in page
    assert "category 3 100 90.0 % 0.800" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert f"{room.candidate[:12]} Mar 1" in page or room.candidate[:12] in page
    assert "no verdict is kept" in page
    assert "Make current" not in page  # the gates have not judged the candidate


def test_a_bundle_that_passed_the_gates_is_made_current_and_rolled_back_and_it_is_recorded_who_did_it(
    room: ModelRoom,
) -> None:
    room.judged(GOOD)
    assert "Make current" in room.get("/models")
    assert room.does("current", version=room.candidate) == "/models?done=made_current"
    assert (room.registry.current_id(), room.registry.previous_id()) == (room.candidate, room.current)
    assert "The bundle is current now" in room.read("/models?done=made_current")
    assert room.does("rollback") == "/models?done=rolled_back"
    assert room.registry.current_id() == room.current
    page = room.read("/models")
    assert f"rolled back to {room.current[:12]}" in page
    assert f"made current {room.candidate[:12]}" in page
    assert "Ann sk_" in page


def test_a_bundle_that_breaks_a_golden_question_does_not_serve_and_the_page_says_which(
    room: ModelRoom, tmp_path: Path, make_key: Callable[..., dict[str, str]]
) -> None:
    silent = room.registry.add(with_answers_from(tmp_path / "second", tmp_path / "silent", 0.999))
    room.judged(GOOD, version=silent)
    key = make_key("admin")
    article = {"id": "export", "title": "csv export empty", "body": "csv export empty"}
    other = {"id": "reset", "title": "reset password login", "body": "reset password login"}
    taken = {"articles": [article, other]}
    wait_until(lambda: room.client.post("/v1/articles/import", json=taken, headers=key).json().get("searchable"))
    toml = '[[question]]\nask = "csv export empty"\narticle = "export"\nexpect = "answer"\n'
    tried = room.client.post("/v1/evals/trial", json={"toml": toml}, headers=key).json()
    assert tried["passed"] == 1, tried
    toml = '[[question]]\nask = "csv empty broken"\narticle = "export"\nexpect = "answer"\n'
    assert room.client.put("/v1/evals", json={"toml": toml}, headers=key).status_code == 200
    said = room.does("current", 409, version=silent)
    assert "a golden question fails with it and passes now: “csv empty broken”" in said
    assert room.registry.current_id() == room.current
    room.judged(GOOD)
    assert room.does("current", version=room.candidate) == "/models?done=made_current"


def test_a_bundle_with_an_overridden_gate_is_made_current_and_the_page_says_who_and_why(
    room: ModelRoom, tmp_path: Path
) -> None:
    why = Override(
        gate="category: certificate", said="none", because="audited <b>next</b> week", by="Ann", at=AT, beside=None
    )
    tiny = tiny_bundle(tmp_path / "tiny", name="third")
    manifest = json.loads((tiny / "manifest.json").read_text()) | {"overrides": [msgspec.to_builtins(why)]}
    seal(tiny, {key: value for key, value in manifest.items() if key not in {"id", "files", "format"}})
    version = room.registry.add(tiny)
    lost = GateVerdict(name=why.gate, passed=False, reason=why.said, override=why)
    told = Verdict(version=version, beside=room.current, at=AT, promoted=True, gates=(GOOD, lost))
    verdicts.keep(room.registry, told)
    page = room.read("/models")
    assert "1 gates passed 1 overridden" in page
    assert "overridden category: certificate by Ann on 2026-03-02: audited <b>next</b> week" in page
    room.does("current", version=version)
    assert room.registry.current_id() == version


@pytest.mark.parametrize("what", ["current", "canary"])
def test_a_bundle_that_the_gates_refused_does_not_serve_and_the_page_says_why(room: ModelRoom, what: str) -> None:
    room.judged(GOOD, BAD)
    page = room.does(what, 409, version=room.candidate, share="0.1")
    assert "did not pass leaks." in page
    assert "gives billing away" in page
    assert (room.registry.current_id(), room.registry.canary()) == (room.current, None)


def test_a_verdict_beside_another_bundle_is_none(room: ModelRoom) -> None:
    room.judged(GOOD, beside="0" * 64)
    assert "judged it beside another bundle" in room.does("current", 409, version=room.candidate)


def test_a_refused_bundle_that_is_not_on_disk_is_shown_with_its_reasons(room: ModelRoom) -> None:
    room.judged(GOOD, BAD, version="f" * 64)
    assert "Refused: ffffffffffff" in room.read("/models")
    room.judged(BAD, version="e" * 64)  # the next one takes its place
    assert "ffffffffffff" not in room.read("/models")


def test_shadow_and_canary_start_and_stop(room: ModelRoom) -> None:
    room.judged(GOOD)
    room.does("shadow", version=room.candidate)
    assert room.registry.shadow_id() == room.candidate
    assert "tags silently" in room.read("/models")
    assert "Nothing was compared yet" in room.read("/models/shadow")
    room.does("stop-shadow")
    room.does("canary", version=room.candidate, share="0.2")
    running = room.registry.canary()
    assert running is not None
    assert (running.version, running.share) == (room.candidate, 0.2)
    assert "serves 20.0" in room.read("/models")
    room.does("stop-canary")
    assert (room.registry.shadow_id(), room.registry.canary()) == (None, None)


@pytest.mark.parametrize(
    ("what", "fields", "said"),
    [
        ("canary", {"share": "0.9"}, "A canary cannot serve the share 0.9"),
        ("canary", {"share": "half"}, "A canary cannot serve the share"),
        ("shadow", {"version": "nothing"}, "holds no model nothing"),
        ("rollback", {}, "there is nothing to go back to"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(room: ModelRoom, what: str, fields: dict[str, str], said: str) -> None:
    room.judged(GOOD)
    assert said in room.does(what, 409, **{"version": room.candidate} | fields)


def test_nobody_goes_back_to_a_bundle_with_erased_tickets(room: ModelRoom) -> None:
    room.judged(GOOD)
    room.does("current", version=room.candidate)
    (room.home / tombstones.FILE).write_bytes(tombstones.write([Tombstone.over("old-1", None, ["csv export empty"])]))
    assert "holds tickets that customers had erased" in room.does("rollback", 409)


def test_a_folder_that_cannot_be_written_is_said(room: ModelRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    room.judged(GOOD)
    monkeypatch.setattr("triage.model.registry.write_file", fails)
    assert "cannot be written: Permission denied." in room.does("current", 503, version=room.candidate)


def test_an_agent_reads_and_changes_nothing(room: ModelRoom, make_key: Callable[..., dict[str, str]]) -> None:
    key = make_key("agent", name="Kim")["Authorization"].removeprefix("Bearer ")
    room.client.post("/sign-in", data={"key": key}, headers=HERE)
    room.judged(GOOD)
    page = room.get("/models")
    assert "Make current" not in page
    assert "Load again" not in page
    room.does("current", 403, version=room.candidate)
    assert room.registry.current_id() == room.current


def test_there_is_no_such_change(room: ModelRoom) -> None:
    room.does("explode", 404)


def test_a_second_encoder_is_named(room: ModelRoom, tmp_path: Path) -> None:
    assert "second encoder" not in room.read("/models")
    room.registry.make_current(room.registry.add(tiny_bundle(tmp_path / "third", name="third", second=1)))
    wait_until(lambda: "are read by a second encoder, tiny" in room.read("/models"))


def test_heads_with_several_labels_a_ticket_stand_beside_the_others() -> None:
    label = MultiLabel(name="vat", suggest_at=0.4, n=30, support=9)
    figures = MultiMetrics(n=145, micro_f1=0.96, macro_f1=0.967, coverage=0.48, applied=0.0)
    entry = MultiEntry(file="x", labels=(label,), rare={}, strength=1.0, n=900, metrics=figures, parity=0.0)
    row = reading._lists("topics", entry)
    assert (row.name, row.labels, row.n, row.accuracy, row.macro_f1) == ("topics", 1, 145, None, 0.967)
    assert (row.suggested, row.applied) == (0.48, 0.0)
    assert row.uncertified == ["any label: its labels are suggestions, the likeliest first"]
