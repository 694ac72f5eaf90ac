"""200 made-up pieces of personal data through the real service, a crash of a request included: its log holds none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.service import ROOT, command, create_key, serving
from tests.personal_data import seeded

pytestmark = pytest.mark.journey
PERSONAL = seeded(200, seed=23)
ANN = "ann.quibble@example.com"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    monkeypatch.setenv("FIRSTLINE_LOG_LEVEL", "debug")
    return tmp_path / "home"


def test_the_log_of_the_real_service_holds_none_of_it_and_erasing_leaves_none_in_the_files(home: Path) -> None:
    home.mkdir()
    with serving(home, create_key(home, "admin")) as service:
        service.wait("/v1/models", until=lambda body: body["current"])
        for each in PERSONAL:
            service.client.post("/v1/deflections", json={"question": each.text, "visitor": ANN})
            service.client.post("/v1/tickets", json={"subject": "Export", "description": each.text, "email": ANN})
            service.client.post("/v1/tickets", content=f'{{"subject": "{each.secret}'.encode())
            service.client.get("/v1/tickets", params={"cursor": each.secret})
        refused = command(home, "firstline", "erase", "--email", ANN, "--yes", code=1)
        assert refused == ""
        erased = service.client.post("/v1/erasures", json={"email": ANN}).json()["erased"]
        assert (erased["tickets"], erased["deflections"]) == (200, 200)
        metrics = service.client.get("/metrics").text
    log = service.log.read_text()
    assert log.count('"event":"request"') > 800
    assert [each.secret for each in PERSONAL if each.secret in log + metrics] == []
    files = b"".join(path.read_bytes() for path in home.glob("firstline.db*"))
    assert [each.secret for each in PERSONAL if each.secret.encode() in files] == []
    assert ANN.encode() not in files
    assert command(home, "firstline", "erase", "--email", ANN, "--yes").startswith("Erased: 0 tickets, 0 deflections")
