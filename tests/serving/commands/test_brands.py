"""`firstline brands`, and any other command with `--brand`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from serving.cli import cli

Run = Callable[..., Result]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("FIRSTLINE_HOME", str(home))

    def ran(*arguments: str, fails: bool = False) -> Result:
        monkeypatch.setenv("FIRSTLINE_BRAND", "")  # each command is a process of its own
        done = CliRunner().invoke(cli, [*arguments])
        assert (done.exit_code != 0) == fails, done.output
        return done

    return ran


def test_a_brand_has_keys_of_its_own(run: Run) -> None:
    run("brands", "add", "acme")
    key = run("--brand", "acme", "keys", "create", "--scope", "agent").stdout.strip()
    listed = run("--brand", "acme", "keys", "list").stdout
    assert listed.startswith(key.rpartition("_")[0][:15])
    assert run("keys", "list").stdout == ""


def test_brands_are_listed_with_their_addresses_and_what_is_wrong(run: Run, home: Path) -> None:
    run("brands", "add", "acme")
    run("brands", "add", "globex", "--host", "Help.Globex.example")
    run("brands", "add", "wrong")
    (home / "brands" / "wrong" / "brand.toml").write_text("port = 1")
    lines = [line.split("\t")[:2] for line in run("brands", "list").stdout.splitlines()]
    assert lines[:2] == [
        ["acme", "http://127.0.0.1:8000/brands/acme/"],
        ["globex", "https://help.globex.example/"],
    ]
    assert "unknown field `port`" in lines[2][1]


def test_what_is_added_can_be_read_by_its_owner_alone(run: Run, home: Path) -> None:
    run("brands", "add", "acme")
    assert (home / "brands" / "acme" / "brand.toml").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["encoder", "multilingual"])
def test_what_a_brand_builds_before_the_deployment_has_it_is_for_all(run: Run, home: Path, name: str) -> None:
    run("brands", "add", "acme")
    (home / "brands" / "acme" / name / "int8").mkdir()
    assert (home / name / "int8").is_dir()


@pytest.mark.parametrize("name", ["acme", "../acme", "Acme"])
def test_a_brand_is_added_once_and_with_a_name(run: Run, name: str) -> None:
    run("brands", "add", "acme")
    run("brands", "add", name, fails=True)


def test_a_brand_that_could_not_be_served_is_not_added(run: Run, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("FIRSTLINE_DATABASE_URL", "postgresql://u:p@db/desk")
    run("brands", "add", "acme", fails=True)
    assert not (home / "brands" / "acme" / "brand.toml").exists()


def test_removing_leaves_the_files_until_it_is_said_twice(run: Run, home: Path) -> None:
    run("brands", "add", "acme")
    folder = home / "brands" / "acme"
    (folder / "tickets").touch()
    run("brands", "remove", "acme", "--delete-everything", fails=True)
    assert (folder / "tickets").exists()
    assert run("brands", "list").stdout == ""
    run("brands", "remove", "acme", fails=True)
    assert (folder / "tickets").exists()
    run("brands", "remove", "acme", "--delete-everything")
    assert not folder.exists()


def test_the_service_is_not_started_for_one_brand_alone(run: Run) -> None:
    run("brands", "add", "acme")
    for command in ("serve", "worker"):
        assert "serves all brands" in run("--brand", "acme", command, fails=True).output


def test_a_host_is_of_one_brand(run: Run) -> None:
    run("brands", "add", "acme", "--host", "help.example")
    refused = run("brands", "add", "globex", "--host", "Help.Example.", fails=True)
    assert "help.example is a host of another brand" in str(refused.exception)
    assert run("brands", "list").stdout.count("\n") == 1


def test_a_file_is_no_folder_of_a_brand(run: Run, home: Path) -> None:
    (home / "brands").mkdir(parents=True)
    (home / "brands" / "acme").write_text("")
    assert "is no folder" in str(run("brands", "add", "acme", fails=True).exception)


def test_nothing_is_deleted_through_a_link(run: Run, home: Path) -> None:
    run("brands", "add", "acme")
    (home / "brands" / "twin").symlink_to("acme")
    run("brands", "remove", "twin")
    assert "is a link" in str(run("brands", "remove", "twin", "--delete-everything", fails=True).exception)
    assert (home / "brands" / "acme").is_dir()


def test_a_worker_leaves_out_a_brand_that_cannot_start(run: Run, home: Path, migrated_home: Path) -> None:
    run("brands", "add", "acme")
    (home / "brands" / "acme" / "brand.toml").write_text('[settings]\npolicies = "nowhere"\n')
    command = [sys.executable, "-m", "serving.cli", "worker", "--home", str(migrated_home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        words = next((line for line in process.stderr if "works on" in line), "it ended")
        process.terminate()
    assert "works on" in words
