"""Dask unpickles what it is sent: nothing that serves requests, nor a command without `--cluster`, loads it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVES = "serving.app, serving.web, serving.worker, serving.composition, serving.supervising.supervisor"
COMMANDS = "serving.cli, training.cli, serving.backfill.running, retrieval.chunks.opening"


@pytest.mark.parametrize("modules", [SERVES, COMMANDS])
def test_dask_is_not_loaded(modules: str) -> None:
    code = f"import sys, {modules}; print(*sorted({{each.partition('.')[0] for each in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"serving", "retrieval"} <= set(loaded)
    assert {"dask", "distributed", "cloudpickle"} & set(loaded) == set()
