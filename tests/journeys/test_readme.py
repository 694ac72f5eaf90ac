"""Every command of the README and of docs/ is run, in the order in which a newcomer would type it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.journeys.service import ROOT
from tests.ports import free_port

pytestmark = pytest.mark.timeout(1_800)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ELSEWHERE = {"make test"}  # this very run; CI types it


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def script(pages: list[Path], home: Path, port: int) -> str:
    """Join the pages' blocks into one script that starts the service where the page says so, and waits for it."""
    serve = (
        f"(make demo PORT={port} > {home}/serve.log 2>&1) &\n"
        f"for _ in $(seq 1800); do curl -sf localhost:{port}/readyz > /dev/null && break; sleep 0.1; done"
    )
    lines = [block for page in pages for block in blocks(page) if block.strip() not in ELSEWHERE]
    text = "\n".join(lines).replace("make demo\n", serve + "\n", 1)
    text = (
        text.replace("localhost:8000", f"localhost:{port}")
        .replace("var/mydesk", f"{home}/mydesk")
        .replace("curl -s ", "curl -sf ")
    )
    return f"set -euo pipefail\ntrap 'pkill -TERM -f \"[s]erve --host 127.0.0.1 --port {port}\"' EXIT\n{text}"


def test_every_command_of_the_pages_works_in_its_order(tmp_path: Path) -> None:
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    environment = os.environ | {"FIRSTLINE_HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-c", script(PAGES, tmp_path, free_port())],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1_700,
    )
    log = (tmp_path / "serve.log").read_text() if (tmp_path / "serve.log").exists() else "(the service was not started)"
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}\nservice: {log[-2000:]}"
    assert '"sla_deadline"' in done.stdout
    assert '"category"' in done.stdout
