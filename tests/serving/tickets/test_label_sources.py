"""From a ticket over HTTP to the refit: what nobody looked at teaches nothing, what a person set does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import Settings
from serving.tickets.snapshot import export
from tests.fakes import FrozenClock
from tests.training.desk import fitted, open_home, ticket
from training.commands.data_quality import doctor
from training.config import Head, RefitConfig
from training.errors import NothingToLearn
from triage.model import bundle as bundles

Client = TestClient[Litestar]
FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))


class Desk:
    """Opens and closes tickets over HTTP, and hands over what a refit gets."""

    def __init__(self, client: Client, clock: FrozenClock, settings: Settings, folder: Path) -> None:
        self.client, self.clock, self.settings, self.folder = client, clock, settings, folder
        open_home(folder)

    def work(self, number: int, opened: Mapping[str, Any] | None = None, **tags: str) -> None:
        """Take a ticket from its opening to its closure; `tags` are what an agent sets on the way."""
        row = ticket(number)
        sent = {"subject": row["subject"], "description": row["description"], "channel": "email"} | (opened or {})
        path = "/v1/tickets/" + self.client.post("/v1/tickets", json=sent).json()["id"]
        self.clock.advance(timedelta(minutes=1))
        if tags:
            answer = self.client.patch(path, json={"tags": tags}, headers={"If-Match": "*"})
            assert answer.status_code == 200, answer.text
        assert self.client.post(f"{path}/transitions", json={"to": "closed"}).is_success

    def snapshot(self) -> list[dict[str, Any]]:
        file = self.folder / "closed.jsonl"
        export(self.settings.stored_in, file)
        return [json.loads(line) for line in file.read_text().splitlines()]

    def examined(self) -> dict[str, Any]:
        arguments = ["--tickets", str(self.folder / "closed.jsonl"), "--home", str(self.folder), "--json"]
        done = CliRunner().invoke(doctor, arguments, catch_exceptions=False)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def desk(desk_client: Client, clock: FrozenClock, settings: Settings, tmp_path: Path) -> Desk:
    return Desk(desk_client, clock, settings, tmp_path / "training")


def test_the_snapshot_says_who_stands_for_each_label(desk: Desk) -> None:
    desk.work(1)
    desk.work(2, category="bug")  # confirmed
    desk.work(3, category="billing")
    desk.work(4, opened={"tags": {"category": "billing"}})
    assert [row["label_sources"]["category"] for row in desk.snapshot()] == [
        "model_unseen",
        "person_after_suggestion",
        "person_after_suggestion",
        "person",
    ]
    assert {row["label_sources"]["priority"] for row in desk.snapshot()} == {"model_unseen"}


def test_a_desk_where_nobody_looks_teaches_nothing_and_the_doctor_says_so(desk: Desk) -> None:
    for number in range(40):
        desk.work(number)
    rows = desk.snapshot()
    with pytest.raises(NothingToLearn, match="category: 40 of 40 labels were set by the model alone"):
        fitted(desk.folder, rows, config=FAST)
    told = [each for each in desk.examined()["findings"] if each["kind"] == "unseen"]
    assert [(each["severity"], each["count"]) for each in told] == [("fix", 40)] * 3


def test_only_what_people_set_is_learnt(desk: Desk) -> None:
    for number in range(80):
        desk.work(number, **({} if number % 2 else {"category": ticket(number)["category"]}))
    rows = desk.snapshot()
    fitted(desk.folder, rows, config=FAST)
    bundle = bundles.load(desk.folder / "candidate")
    assert list(bundle.heads) == ["category"]
    assert bundle.manifest.heads["category"].n == 40
    assert bundle.manifest.data.label_sources["category"] == {"model_unseen": 40, "person_after_suggestion": 40}
    told = [each["sentence"] for each in desk.examined()["findings"] if each["kind"] == "unseen"]
    assert [sentence.partition(":")[0] for sentence in told] == ["priority", "product_area", "category"]
