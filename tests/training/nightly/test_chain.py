"""A nightly refit that is killed goes on where it was: nothing finished is done twice, nothing is left half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.tiny_bundle import tiny_bundle
from tests.training.nightly import programs
from tests.waiting import wait_until
from training.audit import answers
from training.data_quality import doctor
from training.errors import StageFailed
from training.nightly import chain, stages
from training.nightly.stages import Wanted
from triage.model.promotion import verdicts
from triage.model.registry import Registry

ALL = ["snapshot", "doctor", "fit", "promote", "shadow"]
ROOT = Path(__file__).parents[3]


@dataclass
class Night:
    """A home with closed tickets, a current bundle, and the one that `fit` will write."""

    home: Path

    def started(self, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, programs.__file__, "chain", str(self.home), str(self.home / "candidate"), *more]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def runs(self, *more: str, code: int = 0) -> str:
        process = self.started(*more)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == code, said
        return said

    def killed(self, where: str, *more: str) -> None:
        """Run it, and kill it and its stage without a word when it holds there."""
        (self.home / f"hold {where}").touch()
        process = self.started(*more)
        wait_until((self.home / "held").exists)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        (self.home / "held").unlink()
        (self.home / f"hold {where}").unlink()

    def calls(self) -> list[str]:
        """Return the stages that were called since the last look."""
        path = self.home / "calls"
        found = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return found

    @property
    def registry(self) -> Registry:
        return Registry(self.home / "models")


@pytest.fixture
def night(tmp_path: Path) -> Night:
    home = tmp_path / "home"
    home.mkdir()
    (home / "closed").write_text('{"id": "t-1"}\n')
    tiny_bundle(home / "fitted", name="second")
    registry = Registry(home / "models")
    registry.make_current(registry.add(tiny_bundle(tmp_path / "first")))
    return Night(home)


def test_a_night_runs_every_stage_once_and_what_serves_stays(night: Night) -> None:
    before = night.registry.current_id()
    night.runs("--shadow")
    assert night.calls() == ALL
    candidate = night.registry.shadow_id()
    assert candidate is not None
    assert verdicts.kept(night.registry)[candidate].promoted
    assert night.registry.current_id() == before


def test_the_names_of_results_are_those_that_the_stages_write() -> None:
    assert stages._FOUND == (doctor.RESULT, doctor.NEXT)
    assert Path(answers.FOLDER) / answers.FILE == Path(stages._ANSWERS)


KILLS = [f"{when} {name}" for name in ALL for when in ("before", "after")] + ["within fit"]


@pytest.mark.slow
@pytest.mark.parametrize("where", KILLS)
def test_killed_within_a_stage_it_goes_on_with_that_stage(night: Night, where: str) -> None:
    name = where.split()[1]
    night.killed(where, "--shadow")
    assert night.calls() == ALL[: ALL.index(name) + 1]
    said = night.runs("--shadow")
    assert night.calls() == ALL[ALL.index(name) :], said
    assert "An earlier refit was killed: going on where it was." in said
    assert night.registry.shadow_id() is not None
    assert not list(night.home.glob(".*.part"))  # what the killed stage had begun is gone


@pytest.mark.slow
@pytest.mark.parametrize("name", ["snapshot", "doctor", "fit", "gates"])
def test_killed_between_stages_it_does_none_again(night: Night, name: str) -> None:
    stage = {"gates": "promote"}.get(name, name)
    night.killed(f"following {name}", "--shadow")
    assert night.calls() == ALL[: ALL.index(stage) + 1]
    night.runs("--shadow")
    assert night.calls() == ALL[ALL.index(stage) + 1 :]


def test_killed_twice_it_still_comes_to_its_end(night: Night) -> None:
    night.killed("within fit")
    night.killed("after promote")
    assert night.calls() == ["snapshot", "doctor", "fit", "fit", "promote"]
    night.runs()
    assert night.calls() == ["promote"]


def test_the_next_night_takes_a_new_snapshot_and_refits_only_if_something_has_changed(night: Night) -> None:
    night.runs()
    night.calls()
    assert "fit: finished before" in night.runs()
    assert night.calls() == ["snapshot"]
    (night.home / "closed").write_text('{"id": "t-2"}\n')
    night.runs()
    assert night.calls() == ["snapshot", "doctor", "fit", "promote"]


@pytest.mark.parametrize("name", ["snapshot", "doctor", "fit", "promote"])
def test_a_stage_that_fails_ends_it_loudly_and_no_later_stage_runs(night: Night, name: str) -> None:
    (night.home / f"fail {name}").touch()
    said = night.runs("--shadow", code=1)
    stage = {"promote": "gates"}.get(name, name)
    assert f"The refit stopped at the stage {stage}: it ended with 3. What serves is unchanged." in said
    assert night.calls() == ALL[: ALL.index(name) + 1]
    assert night.registry.shadow_id() is None
    (night.home / f"fail {name}").unlink()
    night.runs("--shadow")
    assert night.calls()[0] == "snapshot"  # it had ended, so the next one is a new one


def test_a_refused_bundle_is_no_shadow(night: Night) -> None:
    (night.home / "refuse").touch()
    assert "stopped at the stage gates: it ended with 1" in night.runs("--shadow", code=1)
    assert night.registry.shadow_id() is None
    assert len(night.registry.versions()) == 1


def test_a_result_that_somebody_changed_is_made_anew(night: Night) -> None:
    night.killed("before promote")
    night.calls()
    tiny_bundle(night.home / "candidate", name="third")
    night.runs()
    assert night.calls() == ["fit", "promote"]


def test_two_refits_of_a_home_do_not_run_at_once_also_when_the_first_was_killed_alone(night: Night) -> None:
    """The stage of a killed refit works on: it has the lock until it ends."""
    (night.home / "hold before fit").touch()
    first = night.started()
    wait_until((night.home / "held").exists)
    assert "A refit of this home runs already" in night.runs(code=1)
    first.kill()  # the refit alone, not its stage
    assert "runs already, or a stage that a killed one started still does" in night.runs(code=1)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()  # its stage has the other end of the pipe
    (night.home / "hold before fit").unlink()
    night.runs()


def test_without_a_current_bundle_there_is_no_shadow_and_that_is_said(night: Night) -> None:
    (night.home / "models" / "current").unlink()
    assert "shadow: nothing to do, no bundle is current" in night.runs("--shadow")
    assert night.calls() == ["snapshot", "doctor", "fit", "promote"]


@pytest.mark.parametrize(("hours", "goes_on"), [(19, True), (21, False)])
def test_a_round_of_yesterday_is_not_gone_on_with(
    night: Night, monkeypatch: pytest.MonkeyPatch, hours: int, *, goes_on: bool
) -> None:
    night.killed("before fit")
    night.calls()
    program = (sys.executable, programs.__file__)
    wanted = Wanted(home=night.home, out=night.home / "candidate", serving=program, training=program)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    chain.run(wanted, lambda: programs.AT + timedelta(hours=hours), lambda line: None)
    assert (night.calls()[0] == "fit") is goes_on


def test_a_fresh_refit_takes_a_new_snapshot(night: Night) -> None:
    night.killed("before fit")
    night.calls()
    night.runs("--fresh")
    assert night.calls() == ["snapshot", "fit", "promote"]


def test_a_stage_that_says_it_is_done_and_left_nothing_has_failed(night: Night) -> None:
    nothing = (sys.executable, "-c", "pass")
    wanted = Wanted(home=night.home, out=night.home / "candidate", serving=nothing, training=nothing)
    with pytest.raises(StageFailed, match="stage snapshot: it left no result"):
        chain.run(wanted, lambda: datetime(2026, 3, 1, tzinfo=UTC), lambda line: None)
