"""The report of a bundle as the console sends it, and what is kept of verdicts and changes beside the bundles."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from serving.console.models.report import response
from serving.errors import NotFound
from tests.tiny_bundle import tiny_bundle
from triage.model.bundle_files import seal
from triage.model.promotion import history, verdicts
from triage.model.promotion.history import Change
from triage.model.promotion.verdicts import Verdict
from triage.model.registry import Registry
from triage.tickets.tombstones import Erased

STYLE = "p { color: red }"
PAGE = f'<style>{STYLE}</style><p style="--to: 7%">ticket-1234</p><script>alert(1)</script>'


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tiny_bundle(tmp_path / "bundle")
    (folder / "report.html").write_text(PAGE)
    manifest = json.loads((folder / "manifest.json").read_text())
    seal(folder, {key: value for key, value in manifest.items() if key not in {"id", "files", "format"}})
    return folder


def test_a_report_is_sent_as_it_is_with_its_own_style_and_without_scripts(bundle: Path) -> None:
    found = response(bundle, Erased())
    assert found.content == PAGE.encode()
    policy = found.headers["Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "script-src" not in policy
    assert policy.endswith("; sandbox")


def test_a_report_that_names_an_erased_ticket_is_not_shown(bundle: Path) -> None:
    with pytest.raises(NotFound, match="names a ticket that was erased"):
        response(bundle, Erased(ids=frozenset({"ticket-1234"})))


def test_a_bundle_without_a_report_and_a_damaged_one_have_none(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="carries no report"):
        response(tiny_bundle(tmp_path / "plain"), Erased())
    (bundle / "report.html").write_text("x" * len(PAGE))
    with pytest.raises(NotFound, match="carries no report"):
        response(bundle, Erased())


def test_damaged_verdicts_and_lines_are_left_out(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert (verdicts.kept(registry), history.last(tmp_path, 9)) == ({}, [])
    verdicts.keep(registry, Verdict(version="abc", beside=None, at="2026-03-02T09:00:00Z", promoted=True, gates=()))
    (tmp_path / "verdicts" / "def.json").write_text("{")
    assert list(verdicts.kept(registry)) == ["abc"]
    for number in range(3):
        change = Change(at="2026-03-02T09:00:00Z", what="reloaded", by=f"Ann {number}", key_id="sk_1")
        history.add(tmp_path, change)
    with (tmp_path / "changes.jsonl").open("a") as file:
        file.write("nonsense\n")
    assert [each.by for each in history.last(tmp_path, 2)] == ["Ann 2", "Ann 1"]
