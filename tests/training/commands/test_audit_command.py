"""`firstline-train audit` as people type it: answer, stop, go on, export, import, promote."""

from __future__ import annotations

import json
import os
import pty
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.training.audit.noisy_desk import ONE_HEAD, answer, noisy, right
from tests.training.desk import fitted, open_home, write
from training.audit.answers import Header, append, read, start
from training.cli import cli
from triage.model import bundle as bundles


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    fitted(home, noisy(800), out="candidate", config=ONE_HEAD)
    return home


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> Path:
    open_home(tmp_path)
    (tmp_path / "candidate").symlink_to(trained / "candidate")
    return tmp_path


def run(home: Path, *arguments: object, keys: str = "", code: int = 0) -> str:
    common = ["audit", "--home", home, "--bundle", home / "candidate", *arguments]
    result = CliRunner().invoke(cli, [str(each) for each in common], input=keys)
    assert result.exit_code == code, result.output
    return result.output


def test_the_help_teaches_the_keys() -> None:
    said = CliRunner().invoke(cli, ["audit", "--help"]).output
    assert all(word in said for word in ("neither is right", "cannot tell", "everything so far is saved"))
    assert "\\b" not in said


def test_an_audit_that_is_stopped_keeps_its_answers_and_changes_no_bundle(home: Path) -> None:
    said = run(home, "--by", "ann", keys="11q")
    assert "Nothing is certified yet" in said
    assert [each.who for each in read(home / "audits" / "answers.jsonl").lines] == ["ann", "ann"]
    assert not (home / "models").exists()


def test_where_no_answer_can_certify_anything_the_end_does_not_say_go_on(home: Path) -> None:
    said = run(home, keys="n" * 2000)
    assert "no further answer about these tickets can change that" in said
    assert "go on with the same command" not in said


def test_questions_go_out_and_come_back_until_a_bundle_is_certified_and_promoted(home: Path) -> None:
    labels, file = right(800), home / "questions.jsonl"
    for _ in range(6):
        run(home, "--export", file, "--questions", 60)
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        for row in rows:
            row["heads"]["category"]["answer"] = labels[row["id"]]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        said = run(home, "--import", file)
        if not rows or "To let it serve" in said:
            break
    folder = Path(said.split("promote --bundle ")[1].split(" --home")[0])
    assert folder.parent == home / "models"
    (record,) = bundles.load(folder).manifest.heads["category"].certificates
    assert record.kind == "audit"
    promoted = CliRunner().invoke(cli, ["promote", "--bundle", str(folder), "--home", str(home)])
    assert promoted.exit_code == 0, promoted.output
    again = run(home, "--certify", "--json")
    assert json.loads(again[again.index('{"certified"') :])["certified"]["category"]["asked"] == record.asked


def test_out_writes_the_certified_bundle_where_the_candidate_is(trained: Path, home: Path) -> None:
    log = home / "audits" / "answers.jsonl"
    start(log, Header(seed="s", created_at="2026-01-01T00:00:00Z"))
    append(log, [answer(ticket, label) for ticket, label in right(800).items()])
    said = run(home, "--certify", "--out", home / "certified")
    assert f"promote --bundle {home / 'certified'}" in said
    assert bundles.load(home / "certified").manifest.parent == bundles.load(trained / "candidate").id


def test_an_order_of_asking_cannot_be_changed_after_the_first_answer(home: Path) -> None:
    run(home, "--seed", "mine", keys="1q")
    assert read(home / "audits" / "answers.jsonl").header.seed == "mine"
    said = " ".join(run(home, "--seed", "other", code=2).replace("│", " ").split())
    assert "--seed and --all are for a new log" in said


def test_without_a_bundle_the_command_says_what_to_give(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["audit", "--home", str(tmp_path)])
    assert result.exit_code == 2
    assert "give --bundle" in result.output


def test_a_refit_finds_the_answers_in_the_home(home: Path) -> None:
    log = home / "audits" / "answers.jsonl"
    start(log, Header(seed="s", created_at="2026-01-01T00:00:00Z", exhaustive=True))
    append(log, [answer(ticket, label) for ticket, label in right(800).items()])
    (home / "refit.toml").write_text(
        "[critical]\nlearn = 0\n[head]\nstrengths = [3]\nlexical_weights = [0.4]\nprior_shifts = [0]\nmargins = 0\n"
    )
    rows = write(home / "closed.jsonl", noisy(800))
    common = ("--tickets", rows, "--config", home / "refit.toml", "--home", home, "--out", home / "again")
    result = CliRunner().invoke(cli, ["fit", *map(str, common)])
    assert result.exit_code == 0, result.output
    assert "that a person checked" in result.output
    (record,) = bundles.load(home / "again").manifest.heads["category"].certificates
    assert record.kind == "audit"


class Terminal:
    """The command at a real terminal, which echoes and buffers lines unless it is told not to."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-c", "from training.cli import main; main()", "audit", "--by", "ann"]
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, [*command, "--home", str(home), "--bundle", str(home / "candidate")])
        self.seen = ""

    def until(self, words: str) -> None:
        """Read until the screen shows the words once more."""
        while words not in self.seen:
            self.seen += os.read(self.file, 65536).decode("utf-8", "replace")
        self.seen = ""

    def answer(self, tickets: int) -> None:
        for _ in range(tickets):
            self.until("q stop")
            os.write(self.file, b"1")
        self.until("q stop")

    def end(self, *, kill: bool = False) -> None:
        if kill:
            os.kill(self.pid, signal.SIGKILL)
        else:
            os.write(self.file, b"q")
            self.until("Nothing is certified yet")
        os.waitpid(self.pid, 0)
        os.close(self.file)


@pytest.mark.timeout(120)
def test_a_killed_audit_loses_nothing_and_asks_nothing_twice(home: Path) -> None:
    start(home / "audits" / "answers.jsonl", Header(seed="s", created_at="2026-01-01T00:00:00Z"))
    for kill in (True, True, False):
        terminal = Terminal(home)
        terminal.answer(3)
        terminal.end(kill=kill)
    lines = read(home / "audits" / "answers.jsonl").lines
    once = [each.id for each in lines if not each.repeat]
    assert len(lines) == 9
    assert len(set(once)) == len(once)
