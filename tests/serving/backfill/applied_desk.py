"""A Freshdesk that tags are applied to, and files of tags as `firstline tag` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.settings import Settings
from tests.serving.backfill.test_tag import written
from tests.serving.helpdesks.freshdesk_server import FreshdeskServer, running


@pytest.fixture
def server() -> Iterator[FreshdeskServer]:
    with running() as server:
        for number in range(1, 5):
            server.tickets[number] = {"id": number, "custom_fields": {}, "tags": ["vip"], "priority": 1}
        yield server


@pytest.fixture
def settings(tmp_path: Path, server: FreshdeskServer) -> Settings:
    (tmp_path / "helpdesks.toml").write_text(
        f'[freshdesk]\nurl = "{server.url}"\ntoken = "t"\n[rt]\nurl = "http://a.example"\noptions.queue = "1"\n'
    )
    return Settings(home=tmp_path / "home", helpdesks=tmp_path / "helpdesks.toml", allow_cidrs="127.0.0.0/8")


def tag(label: str | None, mode: str = "auto") -> dict[str, Any]:
    return {"label": label, "mode": mode}


def tags_file(folder: Path, *records: tuple[str | None, dict[str, Any]]) -> Path:
    lines = [{"row": row, "id": id_, "tags": tags} for row, (id_, tags) in enumerate(records, start=1)]
    return written(folder / "tags.jsonl", lines)


def four(folder: Path) -> Path:
    return tags_file(
        folder,
        ("1", {"category": tag("bug"), "priority": tag("P1")}),
        ("freshdesk-2", {"category": tag("billing"), "priority": tag("P0", "suggest")}),
        ("3", {"category": tag("how_to", "suggest"), "priority": tag(None, "abstain")}),
        (None, {"category": tag("bug")}),
        ("4", {"category": tag("bug")}),
    )
