"""`POST /v1/tags` says that a message needs nobody where a certified label of the desk's own head says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from tests.fakes import FixedBundle, HashingEncoder
from tests.serving.conftest import Client, a_model
from tests.serving.tagging.test_certified_tags import RULE

FILED = {"subject": "CSV export is empty", "description": "No rows, in every file and on every day since the update."}

CALM = {"category": {"bug": 0.9, "how_to": 0.1}, "priority": {"P3": 0.9, "P1": 0.1}}


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel:
    return a_model(encoder, FixedBundle(says=CALM, ruled={"category": RULE}))


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (policies := tmp_path / "policies").mkdir()
    (policies / "nobody.toml").write_text('head = "category"\n[labels]\nbug = "newsletter"\n', encoding="utf-8")
    return replace(settings, policies=policies)


def test_a_certified_label_says_so_and_a_suggestion_or_an_emergency_does_not(knowing: Client) -> None:
    tags = knowing.post("/v1/tags", json=FILED | {"plan": "premium"}).json()
    assert (tags["tags"]["category"]["label"], tags["tags"]["category"]["mode"]) == ("bug", "auto")
    assert tags["needs_nobody"] == "newsletter"
    assert knowing.post("/v1/tags", json=FILED | {"plan": "standard"}).json()["needs_nobody"] is None
    down = FILED | {"plan": "premium", "description": "Production is down for everyone."}
    assert knowing.post("/v1/tags", json=down).json()["needs_nobody"] is None
