"""200 made-up pieces of personal data through the real service, a crash of a request included: its log holds none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.journeys.service import BIN, ROOT, command, create_key, serving
from tests.personal_data import seeded
from tests.personal_data_corpus import corpus

PERSONAL = seeded(200, seed=23)
FOUND = [each for each in corpus() if each.secrets and not each.left][::3]
LONG_ENOUGH = 6  # "Bob" stands in other words, too
ANN = "ann.quibble@example.com"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    monkeypatch.setenv("FIRSTLINE_LOG_LEVEL", "debug")
    return tmp_path / "home"


def refused(home: Path, *words: str, port: int | None) -> str:
    """Run a command that is refused, and return what it says."""
    told = os.environ | {"FIRSTLINE_HOME": str(home), "FIRSTLINE_PORT": str(port)}
    done = subprocess.run([str(BIN / "firstline"), *words], env=told, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_the_log_of_the_real_service_holds_none_of_it_and_erasing_beside_it_leaves_none_in_the_files(
    home: Path,
) -> None:
    home.mkdir()
    key = create_key(home, "admin")
    with serving(home, key) as service:
        service.wait("/v1/models", until=lambda body: body["current"])
        for each in PERSONAL:
            service.client.post("/v1/deflections", json={"question": each.text, "visitor": ANN})
            service.client.post("/v1/tickets", json={"subject": "Export", "description": each.text, "email": ANN})
            service.client.post("/v1/tickets", content=f'{{"subject": "{each.secret}'.encode())
            service.client.get("/v1/tickets", params={"cursor": each.secret})
        said = refused(home, "erase", "--email", ANN, "--yes", port=service.client.base_url.port)
        (line,) = (line for line in said.splitlines() if "curl" in line)
        answer = subprocess.run(["bash", "-c", line], env=os.environ | {"KEY": key}, capture_output=True, check=True)
        erased = json.loads(answer.stdout)["erased"]
        assert (erased["tickets"], erased["deflections"]) == (200, 200)
        metrics = service.client.get("/metrics").text
    log = service.log.read_text()
    assert log.count('"event":"request"') > 800
    assert [each.secret for each in PERSONAL if each.secret in log + metrics] == []
    files = b"".join(path.read_bytes() for path in home.glob("firstline.db*"))
    assert [each.secret for each in PERSONAL if each.secret.encode() in files] == []
    assert ANN.encode() not in files
    assert command(home, "firstline", "erase", "--email", ANN, "--yes").startswith("Erased: 0 tickets, 0 deflections")


def test_neither_what_tagging_remembers_nor_the_log_nor_a_snapshot_holds_any_of_it(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    with serving(home, create_key(home, "admin")) as service:
        service.wait("/v1/models", until=lambda body: body["current"])
        for each in FOUND:
            service.client.post("/v1/tags", json={"subject": "Export", "description": each.text}).raise_for_status()
        files = b"".join(path.read_bytes() for path in home.glob("firstline.db*"))  # tickets come later: as written
        for each in FOUND:
            ticket = {"subject": "Export", "description": each.text, "channel": "email"}
            path = f"/v1/tickets/{service.client.post('/v1/tickets', json=ticket).json()['id']}"
            service.client.post(f"{path}/replies", json={"text": f"Done.\n{each.text}", "by": "agent"})
            for state in ("resolved", "closed"):
                service.client.post(f"{path}/transitions", json={"to": state}).raise_for_status()
        command(home, "firstline", "snapshot", "--out", str(tmp_path / "closed.jsonl"))
    snapshot = (tmp_path / "closed.jsonl").read_text("utf-8")
    assert snapshot.count("\n") == len(FOUND)
    log = service.log.read_text("utf-8")
    secrets = {secret for each in FOUND for secret in each.secrets if len(secret) >= LONG_ENOUGH}
    assert {each for each in secrets if each in snapshot or each in log or each.encode() in files} == set()
