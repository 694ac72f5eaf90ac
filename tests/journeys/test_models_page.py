"""The walk of docs/models.md: every command of it, in its order, beside a running service."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from serving.app import create_app
from serving.cli import cli as firstline
from serving.clock import SystemClock
from serving.settings import Settings
from tests.serving.conftest import Client
from tests.training.desk import fitted, open_home, tickets
from tests.waiting import wait_until
from training.cli import cli as firstline_train
from training.config import Head, RefitConfig

PAGE = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
COMMANDS = PAGE.partition("```bash\n")[2].partition("```")[0].splitlines()
PROGRAMS = {".venv/bin/firstline": firstline, ".venv/bin/firstline-train": firstline_train}
FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))


@pytest.fixture
def desk(home: Path, tmp_path: Path, make_key: Callable[..., dict[str, str]]) -> Iterator[Client]:
    """A service whose current bundle knows 300 tickets, and a candidate that knows 340."""
    fitted(home, tickets(300), out="first", config=FAST)
    fitted(home, tickets(340), out="candidate", config=FAST)
    registry = open_home(home).registry
    registry.make_current(registry.add(home / "first"))
    with TestClient(
        create_app(Settings(home=home, sample=tmp_path / "none", demo=False), clock=SystemClock())
    ) as client:
        client.headers.update(make_key("admin"))
        wait_until(lambda: client.get("/readyz").json()["missing"].get("models") is None)
        yield client


def run(command: str, home: Path) -> str:
    program, *words = shlex.split(command.replace("var/candidate", str(home / "candidate")))
    result = CliRunner().invoke(PROGRAMS[program], words, env={"FIRSTLINE_HOME": str(home), "COLUMNS": "200"})
    assert result.exit_code == 0, (command, result.output, result.exception)
    return result.output


def test_the_walk_of_the_page(desk: Client, home: Path) -> None:
    said: dict[str, str] = {}
    for command in COMMANDS:
        name = " ".join(shlex.split(command)[1:4])
        if name == "models report":
            desk.post("/v1/models/reload")
            for each in tickets(30, first=400):
                body = {"subject": each["subject"], "description": each["description"]}
                assert desk.post("/v1/tags", json=body).status_code == 200
            wait_until(lambda: desk.get("/v1/models/shadow").json()["agreement"]["n"] == 30, "not compared")
        if name == "models show":
            wait_until(lambda: (desk.get("/v1/models").json()["canary"] or {}).get("began_at"), "not noted")
        said[command.removeprefix(".venv/bin/")] = run(command, home)

    candidate = (home / "models/current").read_text()[:12]
    assert f"{candidate} shadow" in said["firstline models list"]
    assert "30 tickets" in said["firstline models report"]
    assert "Same labels on all heads" in said["firstline models report"].splitlines()[1]
    assert "serves 10 % of the tickets now." in said["firstline-train promote --bundle var/candidate --canary 10%"]
    assert "10 % of the tickets" in said["firstline models show"]
    assert "is current now." in said["firstline-train promote --finish"]
    assert not (home / "models/canary").exists()
    desk.post("/v1/models/reload")
    assert desk.get("/v1/models").json()["current"]["version"].startswith(candidate)


def test_the_page_shows_the_commands_that_there_are() -> None:
    assert len(COMMANDS) == 7
    assert {shlex.split(command)[0] for command in COMMANDS} == set(PROGRAMS)
