"""`firstline tag --apply`: lists of labels become tags, and declared fields go where a connection maps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from serving.backfill.applying import Applying, Choice
from serving.settings import Settings
from tests.serving.backfill import applied_desk
from tests.serving.backfill.applied_desk import tag
from tests.serving.backfill.test_apply import ALL
from tests.serving.backfill.test_tag import written
from tests.serving.helpdesks.freshdesk_server import FreshdeskServer

server, settings = applied_desk.server, applied_desk.settings


def test_lists_become_tags_beside_those_of_people_and_fields_go_where_they_are_mapped(
    settings: Settings, server: FreshdeskServer, tmp_path: Path
) -> None:
    (policies := tmp_path / "policies").mkdir()
    (policies / "taxonomy.toml").write_text('[[heads]]\nname = "topics"\nkind = "multi"\n', encoding="utf-8")
    (policies / "fields.toml").write_text('[order]\nkind = "order_number"\n[sum]\nkind = "amount"\n', encoding="utf-8")
    named = f'[freshdesk]\nurl = "{server.url}"\ntoken = "t"\nfields.order = "cf_order"\n'
    (tmp_path / "helpdesks.toml").write_text(named, encoding="utf-8")
    topics = {**tag(None), "labels": [{"label": "Log in", "mode": "auto"}, {"label": "slow", "mode": "suggest"}]}
    tags = written(
        tmp_path / "tags.jsonl",
        [
            {"row": 1, "id": "1", "tags": {"topics": topics}},
            {"row": 2, "id": "2", "tags": {}, "fields": {"order": "A-17", "sum": "4.00 EUR"}},
            {"row": 3, "id": "3", "tags": {}, "fields": {"sum": "4.00 EUR"}},
            {"row": 4, "id": "4", "tags": {}, "fields": {"order": "A-18"}},
        ],
    )
    server.tickets[4]["custom_fields"] = {"cf_order": "of an agent"}
    applying = Applying(replace(settings, policies=policies), "freshdesk")
    planned = {"tickets": 3, "tag: Log in": 1, "field: order": 2, "nothing to write": 1}
    assert applying.plan(tags, Choice()) == planned
    assert applying.run(tags, Choice()) == {"written": 3}
    assert server.tickets[1]["tags"] == ["firstline", "log_in", "vip"]
    assert server.tickets[2]["custom_fields"] == {"cf_order": "A-17"}
    assert server.tickets[3]["tags"] == ["vip"]
    assert server.tickets[4]["custom_fields"] == {"cf_order": "of an agent"}
    assert applying.plan(tags, ALL) == {**planned, "tag: slow": 1}
