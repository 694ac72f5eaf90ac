"""The load generator of the benchmarks: wrk where it is installed, else `tests.benchmarks.load`.

wrk takes a tenth of a core for thousands of requests a second. The one in Python takes most of a core, and so from both
services: ratios are then nearer to 1 than they should be, which every table says.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("load.lua")
SLOWEST = 30  # seconds until a request counts as failed


@dataclass(frozen=True)
class Target:
    """Where to send requests: a port, a path and its query, a file of bodies (a line each), an API key or none."""

    port: int
    path: str
    bodies: Path
    key: str = ""


def note() -> str:
    """Say which load generator runs."""
    if shutil.which("wrk"):
        return "load generator: wrk"
    return "load generator: Python, as wrk is not installed; it takes a core from both services"


def load(target: Target, connections: int, seconds: float) -> dict[str, Any]:
    """Send requests over so many connections; return requests, failed, per_second, p50_ms and p99_ms."""
    wrk = shutil.which("wrk")
    url = f"http://127.0.0.1:{target.port}"
    if wrk:
        command = [wrk, "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", f"--timeout={SLOWEST}s"]
        command += ["-s", str(SCRIPT), url, "--", target.path, str(target.bodies), target.key]
    else:
        command = [sys.executable, "-m", "tests.benchmarks.load", "--port", str(target.port), "--path", target.path]
        command += ["--key", target.key, "--bodies", str(target.bodies), "--connections", str(connections)]
        command += ["--seconds", str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds + 120)
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr or done.stdout}")
    return dict(json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{"))))
