"""What makes several processes one service: the demo's key, what runs once, and how many there are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from serving import settings as module
from serving.jobs.periodic import PeriodicTask
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.settings import Settings, environment_of
from tests.fakes import MONDAY_MORNING


def test_a_key_that_workers_lend_from_one_secret_is_the_same_in_all(tmp_path: Path) -> None:
    stores = [KeyStore(KeyFile(tmp_path / "keys.db")) for _ in range(2)]

    def lent(store: KeyStore, secret: bytes) -> str:
        return store.lend(Scope.WIDGET, at=MONDAY_MORNING, name="demo", origins=("self",), drawn_from=secret)

    one, other = (lent(each, b"\1" * 32) for each in stores)
    assert one == other
    assert stores[1].find(one) is not None
    assert len({one, lent(stores[0], b"\2" * 32), lent(stores[0], b""), lent(stores[0], b"")}) == 4


def test_a_task_that_only_changes_rows_runs_where_its_name_is_claimed() -> None:
    ran, holds = [], {"periodic task rows"}
    rows = PeriodicTask("rows", timedelta(1), lambda _: ran.append("rows"), once=True)
    memory = PeriodicTask("memory", timedelta(1), lambda _: ran.append("memory"))
    for claims in (holds.__contains__, lambda _: False):
        for task in (rows, memory):
            task.for_who(claims).run(MONDAY_MORNING)
    assert ran == ["rows", "memory", "memory"]


@pytest.mark.parametrize(
    ("quota", "processors"), [("max 100000", 8), ("200000 100000", 2), ("50000 100000", 1), (None, 8)]
)
def test_a_container_has_the_processors_of_its_quota(
    quota: str | None, processors: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cpu.max"
    if quota is not None:
        file.write_text(quota)
    monkeypatch.setattr(module, "QUOTA", file)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))
    assert Settings().processors == processors


def test_a_worker_has_the_settings_of_its_parent_and_imports_the_same_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    monkeypatch.setenv("FIRSTLINE_PORT", "1")
    told = environment_of({"PORT": 2, "HOME": Path("/h")}, Path("/ours"))
    assert (told["FIRSTLINE_PORT"], told["FIRSTLINE_HOME"], told["PYTHONPATH"]) == ("2", "/h", "/ours:/theirs")
    assert environment_of({}, Path("/x/site-packages"))["PYTHONPATH"] == "/theirs"
