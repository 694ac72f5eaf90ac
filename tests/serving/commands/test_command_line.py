"""The command `firstline`: keys, migrations, snapshots, and the service as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from serving.cli import cli
from serving.errors import NotFound
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.storage.schema import newest
from serving.web import welcome
from tests.ports import free_port

Run = Callable[..., Result]
FIRSTLINE = str(Path(sys.executable).with_name("firstline"))


@pytest.fixture
def run(home: Path) -> Run:
    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, words, env={"FIRSTLINE_HOME": str(home)})

    return invoke


class TestKeys:
    def test_are_printed_once_and_alone_so_that_a_script_can_take_them(self, run: Run, home: Path) -> None:
        made = run("keys", "create", "--scope", "agent", "--name", "kim")
        key = made.stdout.strip()
        caller = KeyStore(KeyFile(home / "keys.db")).find(key)
        assert (made.exit_code, caller and (caller.scope, caller.name)) == (0, (Scope.AGENT, "kim"))
        assert "cannot be shown again" in made.stderr

    def test_are_listed_without_secrets(self, run: Run) -> None:
        assert (run("keys", "list").stdout, "firstline keys create" in run("keys", "list").stderr) == ("", True)
        key = run("keys", "create", "--scope", "widget", "--origin", "https://shop.example").stdout.strip()
        listed = run("keys", "list").stdout.strip().split("\t")
        assert (listed[1], listed[2], listed[-1]) == ("widget", "live", "https://shop.example")
        assert key.split("_", 2)[2] not in "".join(listed)

    def test_end_when_they_are_revoked(self, run: Run, home: Path) -> None:
        key = run("keys", "create", "--scope", "tag").stdout.strip()
        id_ = run("keys", "list").stdout.split("\t")[0]
        assert run("keys", "revoke", id_).exit_code == 0
        assert KeyStore(KeyFile(home / "keys.db")).find(key) is None
        assert "revoked" in run("keys", "list").stdout
        assert isinstance(run("keys", "revoke", id_).exception, NotFound)

    @pytest.mark.parametrize(
        "words",
        [
            ("--scope", "widget"),
            ("--scope", "agent", "--origin", "https://shop.example"),
            ("--scope", "widget", "--origin", "shop.example"),
            ("--scope", "widget", "--origin", "https://shop.example/"),
            ("--scope", "widget", "--origin", "ftp://shop.example"),
            ("--scope", "widget", "--origin", "https://*.shop.example"),
            ("--scope", "widget", "--origin", "https://Shop.example"),
            ("--scope", "boss"),
            (),
        ],
    )
    def test_that_make_no_sense_are_refused(self, run: Run, words: tuple[str, ...], home: Path) -> None:
        assert run("keys", "create", *words).exit_code == 2
        assert not home.exists()


def test_migrations_go_up_and_down(run: Run) -> None:
    assert run("migrate").stdout.strip().endswith(f"has schema {newest()}.")
    assert run("migrate", "--to", "base").stdout.strip().endswith("has schema none.")


def test_a_snapshot_says_how_many_tickets_it_holds(run: Run, tmp_path: Path) -> None:
    run("migrate")
    done = run("snapshot", "--out", str(tmp_path / "closed.jsonl.gz"))
    assert done.stdout.strip() == f"0 closed tickets in {tmp_path / 'closed.jsonl.gz'}."


def test_a_snapshot_of_a_desk_that_is_not_connected_says_so_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out" / "closed.jsonl"
    refused = run("snapshot", "--from", "zendesk", "--out", str(out)).exception
    assert "There is no connection 'zendesk' with closed tickets to read: FIRSTLINE_HELPDESKS names none." in str(
        refused
    )
    assert not out.exists()
    assert "--since 'soon'" in run("snapshot", "--out", str(out), "--since", "soon").stderr


def test_help_needs_none_of_what_serving_needs() -> None:
    code = "import sys; from serving.cli import cli; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"litestar", "uvicorn", "sqlalchemy", "numpy", "onnxruntime", "faiss"} & set(loaded)


@contextmanager
def serving(home: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run `firstline serve` and hand over the process and what it said until it listened."""
    environ = {**os.environ, "FIRSTLINE_HOME": str(home), "FIRSTLINE_SAMPLE": str(home / "no-sample")}
    environ["FIRSTLINE_DEMO"] = "1"
    with subprocess.Popen(
        [FIRSTLINE, "serve", *words], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        said: list[str] = []
        try:
            assert process.stderr is not None
            for line in process.stderr:
                said.append(line.rstrip())
                if line.startswith("Try the page "):
                    break
            yield process, said
        finally:
            process.kill()


@pytest.mark.slow
def test_the_service_says_where_it_is_and_what_to_try_and_ends_when_it_is_told(home: Path) -> None:
    port = free_port()
    with serving(home, "--port", str(port)) as (process, said):
        assert said[-1] == f"Try the page http://127.0.0.1:{port}/demo"
        made = [FIRSTLINE, "keys", "create", "--scope", "admin", "--home", str(home)]
        key = subprocess.run(made, capture_output=True, text=True, check=True).stdout.split()[0]
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/tickets", headers={"Authorization": f"Bearer {key}"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            assert answer.read() == b'{"tickets":[],"next_cursor":null}'
        other = subprocess.run(
            [FIRSTLINE, "serve", "--port", str(free_port())],
            env={**os.environ, "FIRSTLINE_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert other.returncode == 1
        assert f"firstline: {home} is in use by process {process.pid}." in other.stderr
        assert "Traceback" not in other.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not (home / "firstline.db-wal").exists()


def test_the_demo_is_offered_only_where_it_is_shown(desk_client: object) -> None:
    context = desk_client.app.state.context  # type: ignore[attr-defined]
    assert "curl" not in welcome(context)
    assert "http://127.0.0.1:8000" in welcome(context)
