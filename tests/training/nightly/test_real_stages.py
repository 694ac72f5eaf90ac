"""The chain with the real commands of training: a bundle that the gates passed, also when its fit is killed."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.desk import open_home, tickets
from tests.waiting import wait_until
from training.nightly.stages import TRAINING
from training.runs import folder
from triage.model import bundle as bundles
from triage.model.promotion import verdicts
from triage.model.registry import Registry

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
QUICK = "[head]\nstrengths = [30]\nlexical_weights = [0.4]\nmargins = 0\n[critical]\nlearn = 0\n"
CHAIN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from training.nightly import chain
from training.nightly.stages import Wanted
home, serving = Path(sys.argv[1]), (sys.executable, sys.argv[2])
wanted = Wanted(home=home, out=home / "candidate", config=home / "refit.toml", serving=serving)
chain.run(wanted, lambda: datetime(2026, 3, 1, tzinfo=UTC), print)
"""
SNAPSHOT = """
import shutil, sys
shutil.copy(sys.argv[sys.argv.index("--home") + 1] + "/export.gz", sys.argv[sys.argv.index("--out") + 1])
"""


def started(home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CHAIN, str(home), str(home / "snapshot.py")]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True)


def test_a_night_whose_fit_is_killed_ends_with_a_whole_bundle_that_the_gates_passed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    open_home(home)
    (home / "refit.toml").write_text(QUICK)
    (home / "snapshot.py").write_text(SNAPSHOT)
    with gzip.open(home / "export.gz", "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in tickets(300)))
    first = started(home)
    wait_until(lambda: any(each.stage not in {None, "reading"} for each in folder.runs(home)), pause=0.005)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert started(home).wait(timeout=300) == 0
    assert [each.state for each in folder.runs(home)] == ["finished", "killed"]
    bundle = bundles.load(home / "candidate")
    registry = Registry(home / "models")
    assert registry.versions() == [bundle.id]
    assert verdicts.kept(registry)[bundle.id].promoted
    assert registry.current_id() is None
    assert not list(home.glob(".*.part"))


def test_the_programs_of_the_chain_are_commands() -> None:
    """`python -m` of a module that only defines its command would end with 0 and do nothing."""
    for program in (TRAINING, (sys.executable, "-m", "serving.cli")):
        done = subprocess.run([*program, "no-such-command"], capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 2, done
