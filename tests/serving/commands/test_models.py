"""`firstline models`: bundles and what they are used for, beside a service or without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from serving.cli import cli
from serving.models import store
from serving.models.store import CanaryRun
from serving.storage.database import EmbeddedDatabase
from tests.fakes import MONDAY_MORNING
from tests.tiny_bundle import tiny_bundle
from triage.errors import BundleRefused, SigningKeyRefused, UnknownVersion
from triage.model.registry import Registry
from triage.signing import key_files
from triage.signing.signatures import encoded

Run = Callable[..., Result]


@pytest.fixture
def run(home: Path) -> Run:
    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, ["models", *words], env={"FIRSTLINE_HOME": str(home)})

    return invoke


@pytest.fixture
def registry(home: Path, tmp_path: Path) -> Registry:
    registry = Registry(home / "models")
    registry.make_current(registry.add(tiny_bundle(tmp_path / "first", name="first")))
    return registry


@pytest.fixture
def database(home: Path) -> EmbeddedDatabase:
    home.mkdir(exist_ok=True)
    return EmbeddedDatabase(home / "firstline.db")


def test_a_shadow_is_started_by_folder_or_beginning_listed_and_stopped(
    run: Run, registry: Registry, tmp_path: Path
) -> None:
    candidate = tiny_bundle(tmp_path / "second", name="second")
    assert "tags silently now" in run("shadow", str(candidate)).output
    version = registry.shadow_id() or ""
    assert json.loads(run("list", "--json").output) == {
        "current": registry.current_id(),
        "previous": None,
        "shadow": version,
        "canary": None,
        "versions": registry.versions(),
    }
    assert f"{version[:12]} shadow" in run("list").output
    assert "No bundle tags silently" in run("shadow", "--stop").output
    assert registry.shadow_id() is None
    assert run("shadow", version[:8]).exit_code == 0
    assert registry.shadow_id() == version


def test_what_makes_no_sense_is_refused(run: Run, registry: Registry) -> None:
    assert "Give VERSION, or --stop" in run("shadow").output
    assert "Give VERSION, or --stop" in run("shadow", "x", "--stop").output
    assert isinstance(run("shadow", "nothing").exception, UnknownVersion)
    assert "--stop" in run("canary").output
    assert registry.shadow_id() is None


def test_a_canary_is_shown_with_its_evidence_and_stopped(
    run: Run, registry: Registry, tmp_path: Path, database: EmbeddedDatabase
) -> None:
    version = registry.add(tiny_bundle(tmp_path / "second", name="second"))
    started = registry.start_canary(version, 0.125)
    noted = CanaryRun(started.run, version, registry.current_id() or "", 0.125, MONDAY_MORNING)
    database.open()
    database.write(lambda connection: store.note_run(connection, noted))

    shown = run("show").output

    assert f"{version}, 12.5 % of the tickets" in shown
    assert "corrected: 0 of its 0 tickets" in shown
    assert "evidence 1.00; it goes back at 20" in shown
    assert "serves every ticket now" in run("canary", "--stop").output
    assert "There is no canary." in run("canary", "--stop").output
    why = "Corrected too often."
    later = MONDAY_MORNING + timedelta(hours=1)
    database.write(lambda connection: store.revert(connection, started.run, "corrected", why, later))
    assert why in run("show").output
    database.close()


def test_without_a_comparison_the_report_says_what_to_run(
    run: Run, registry: Registry, database: EmbeddedDatabase
) -> None:
    database.open()
    assert "firstline models shadow VERSION" in run("report").output
    assert json.loads(run("report", "--json").output)["agreement"]["n"] == 0
    database.close()


def test_without_a_current_bundle_the_report_says_that_there_is_none(run: Run, database: EmbeddedDatabase) -> None:
    database.open()
    assert "no current bundle" in (said := run("report").output)
    assert "models shadow" not in said
    database.close()


def test_a_shadow_that_tagged_nothing_yet_is_not_to_be_started_again(
    run: Run, registry: Registry, database: EmbeddedDatabase, tmp_path: Path
) -> None:
    database.open()
    run("shadow", str(tiny_bundle(tmp_path / "second", name="second")))
    assert "has tagged no ticket yet" in (said := run("report").output)
    assert "models shadow" not in said
    database.close()


def test_a_bundle_that_nobody_signed_tags_not_even_silently_where_signatures_are_asked_for(
    run: Run, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRSTLINE_SIGNING_PUBLIC_KEY", encoded(key_files.create(tmp_path / "key")))

    refused = run("shadow", str(tiny_bundle(tmp_path / "second", name="second")))

    assert isinstance(refused.exception, BundleRefused)
    assert registry.shadow_id() is None
    assert len(registry.versions()) == 1


def test_a_key_in_a_folder_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    made = CliRunner().invoke(cli, ["keys", "signing-key", "--out", str(tmp_path / "none" / "key")])
    assert isinstance(made.exception, SigningKeyRefused)
