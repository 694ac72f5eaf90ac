"""Labels of heads with several: what null says of them, and filters by heads that are not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from serving.settings import Settings
from tests.serving.conftest import Client


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (policies := tmp_path / "policies").mkdir()
    heads = '[[heads]]\nname = "topics"\nkind = "multi"\n[topics]\nrefund = ""\n'
    (policies / "taxonomy.toml").write_text(heads, encoding="utf-8")
    return replace(settings, policies=policies)


def test_null_takes_all_labels_of_a_list_away(client: Client) -> None:
    path = f"/v1/tickets/{client.post('/v1/tickets', json={'subject': 'Lamp'}).json()['id']}"
    for version, topics in enumerate([["refund"], None]):
        etag = client.get(path).headers["etag"]
        answer = client.patch(path, json={"tags": {"topics": topics}}, headers={"If-Match": etag})
        assert answer.status_code == 200, (version, answer.text)
    tag = answer.json()["tags"]["topics"]
    assert (tag["label"], tag["labels"], tag["mode"]) == (None, [], "agent")


def test_a_filter_by_a_head_that_is_not_there_says_which_are(client: Client) -> None:
    refused = client.get("/v1/tickets", params={"label": "nope=x"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:firstline:problem:not-known")
    assert refused.json()["errors"] == [
        {"field": "label", "message": "There is no head 'nope': the heads are priority, topics."}
    ]
    assert client.get("/v1/tickets", params={"label": "topics=refund"}).json()["tickets"] == []
