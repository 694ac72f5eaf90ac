"""`firstline replay` on several processes: the same record as on one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from retrieval.chunks.processes import Processes
from serving.replay import replaying
from serving.replay.trial import TagThresholds, Trial, Window, tried
from serving.settings import Settings
from tests.builders import MONDAY
from tests.serving.replay.past import NOW, a_desk, folder_of, shipped


def test_the_record_is_the_same(
    connection: sa.Connection, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_desk(connection)
    connection.commit()
    monkeypatch.setattr(replaying, "CHUNK", 7)
    stricter = shipped("sla.toml").replace('= "4h"', '= "1h"')
    trial = Trial(
        NOW, tried(folder_of(tmp_path, sla=stricter), NOW), TagThresholds({"priority": 0.5}, {"priority": 0.8})
    )
    window, at = Window(MONDAY - timedelta(days=1), MONDAY + timedelta(days=9)), MONDAY + timedelta(days=9)
    alone = replaying.replay(settings.stored_in, window, trial, at).to_record()
    with Processes(2) as processes:
        together = replaying.replay(settings.stored_in, window, trial, at, processes).to_record()
    assert alone["changes"]
    assert together == alone
