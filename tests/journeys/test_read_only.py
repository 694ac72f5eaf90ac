"""The real service on a read-only root, without capabilities, as compose.yaml runs it: it writes home and /tmp only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.journeys.service import BIN, ROOT, create_key, serving

#: Everything but two folders is read-only for what runs inside, and no right can be gained.
INSIDE = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount --bind "$2" "$2"
mount -o remount,bind,ro /
shift 2
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""


def read_only_but(home: Path, temporary: Path) -> tuple[str, ...]:
    """Return what runs a command so; skip the test where this machine does not allow it."""
    inside = ("unshare", "--mount", "sh", "-c", INSIDE, "sh", str(home), str(temporary))
    if not all(shutil.which(each) for each in ("unshare", "setpriv", "mount")):
        pytest.skip("unshare, setpriv and mount (util-linux) are not installed")
    tried = subprocess.run([*inside, "true"], capture_output=True, check=False, timeout=60)
    if tried.returncode:
        pytest.skip(f"mounting in a namespace is not allowed here: {tried.stderr.decode()[-200:]}")
    refused = subprocess.run([*inside, "touch", str(ROOT / "written")], capture_output=True, check=False, timeout=60)
    assert refused.returncode, "the root is not read-only"
    return inside


def test_the_service_writes_nothing_outside_of_home_and_tmp(tmp_path: Path) -> None:
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    home = tmp_path / "home"
    home.mkdir()
    key = create_key(home, "admin")
    with tempfile.TemporaryDirectory() as temporary:
        inside = read_only_but(home, Path(temporary))
        with serving(home, key, inside=inside, TMPDIR=temporary, HOME="/nonexistent") as service:
            asked = service.client.post("/v1/deflections", json={"question": "How do I export a report?"})
            assert asked.status_code == 201
            ticket = service.client.post(
                f"/v1/deflections/{asked.json()['id']}/ticket", json={"email": "kim@example.com"}
            )
            assert ticket.status_code == 201
            article = {"title": "Export a report", "body": "Open **Reports**, then choose *Export*."}
            assert service.client.put("/v1/articles/export", json=article).status_code == 201
            found = service.client.post("/v1/articles/search", json={"query": "export"}).json()
            assert found["results"]
            assert service.client.get("/v1/reports/kb_gaps").status_code == 200
            done = subprocess.run(
                [*inside, str(BIN / "firstline"), "backup", str(home / "desk.tar.gz")],
                cwd=ROOT,
                env=os.environ | {"FIRSTLINE_HOME": str(home), "TMPDIR": temporary},
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert done.returncode == 0, done.stderr
        log = service.log.read_text()
    assert '"level":"error"' not in log
    assert "not_saved" not in log
