"""Stand-ins for `firstline` and `firstline-train` in a chain: they write down each call, and hold where a test says so.

`python programs.py chain HOME OUT` runs the chain itself with them.
"""

from __future__ import annotations

import gzip
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from shutil import copytree, rmtree

from triage.durable_files import new_folder, write_file
from triage.errors import FirstlineError
from triage.model.bundle_files import SealedFolder
from triage.model.promotion import verdicts
from triage.model.promotion.verdicts import GateVerdict, Verdict
from triage.model.registry import Registry

AT = datetime(2026, 3, 1, 2, 17, tzinfo=UTC)


def hold(home: Path, where: str) -> None:
    """Wait to be killed, if the test wants it here."""
    if (home / f"hold {where}").exists():
        (home / "held").touch()
        time.sleep(600)


def stage(words: list[str]) -> int:
    options = dict(pairwise(words))
    name = words[0] if words[0] != "models" else "shadow"
    home = Path(options["--home"])
    with (home / "calls").open("a") as calls:
        calls.write(f"{name}\n")
    hold(home, f"before {name}")
    if (home / f"fail {name}").exists():
        return 3
    if name == "snapshot":
        write_file(Path(options["--out"]), gzip.compress((home / "closed").read_bytes()))
    elif name == "doctor":
        Path(options["--out"]).mkdir(exist_ok=True)
        for file in ("doctor.json", "label_next.jsonl"):
            (Path(options["--out"]) / file).write_text("{}")
    elif name == "fit":
        out = Path(options["--out"])
        with new_folder(out, clear=lambda: rmtree(out, ignore_errors=True)) as unfinished:
            copytree(home / "fitted", unfinished, dirs_exist_ok=True)
            hold(home, "within fit")
    elif name == "promote":
        registry, bundle = Registry(home / "models"), Path(options["--bundle"])
        passed = not (home / "refuse").exists()
        if passed:
            registry.add(bundle)
        gate = GateVerdict(name="latency", passed=passed, reason="")
        registry.folder.mkdir(exist_ok=True)
        verdict = {"version": SealedFolder.open(bundle).id, "beside": registry.current_id(), "at": "2026-03-01"}
        verdicts.keep(registry, Verdict(**verdict, promoted=passed, gates=(gate,)))
        if not passed:
            return 1
    elif name == "shadow":
        registry = Registry(home / "models")
        registry.start_shadow(registry.add(Path(words[2])))
    hold(home, f"after {name}")
    return 0


def main(words: list[str]) -> int:
    if words[0] != "chain":
        return stage(words)
    from training.nightly import chain  # the stand-ins do without it
    from training.nightly.stages import Wanted

    home, out, *more = words[1:]
    program = (sys.executable, __file__)
    wanted = Wanted(home=Path(home), out=Path(out), shadow="--shadow" in more, serving=program, training=program)

    def say(line: str) -> None:
        print(line, flush=True)
        if "finished after" in line:
            hold(Path(home), f"following {line.partition(':')[0]}")

    try:
        chain.run(wanted, lambda: AT, say, fresh="--fresh" in more)
    except FirstlineError as problem:
        print(problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
