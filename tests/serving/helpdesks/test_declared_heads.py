"""Declared heads at helpdesks: fields and tags take their labels there, and closed tickets bring them back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from serving.helpdesks.checking import checked
from serving.helpdesks.port.connections import read
from serving.helpdesks.port.errors import HelpdesksNotValid
from serving.helpdesks.port.tags import labels_in, tags_of
from serving.settings import Settings
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk
from tests.serving.helpdesks.test_closed_there import SINCE, ZENDESK

HEADS = ("category", "intent", "priority")
RT = '[rt]\nurl = "http://127.0.0.1:9"\ntoken = "t"\noptions.queue = "S"\nfields.intent = "What"'


def test_a_connection_maps_declared_heads_and_no_others(tmp_path: Path) -> None:
    (path := tmp_path / "desks.toml").write_text(RT)
    assert read(path, HEADS)["rt"].topics == ("category", "intent")
    with pytest.raises(HelpdesksNotValid, match=r"fields\.intent is not known; known are category, external_id"):
        read(path)


def test_a_check_tells_the_places_of_declared_heads(tmp_path: Path) -> None:
    (path := tmp_path / "desks.toml").write_text(RT)
    (policies := tmp_path / "policies").mkdir()
    (policies / "taxonomy.toml").write_text('[[heads]]\nname = "intent"')
    settings = Settings(home=tmp_path, helpdesks=path, policies=policies, allow_cidrs="127.0.0.1/32")
    lines = checked(settings).lines
    assert "  intent            custom field What" in lines
    assert not any("product_area" in line for line in lines)


def test_tags_bring_back_the_head_with_the_longest_name() -> None:
    tags = tags_of({"queue": "first line", "queue_type": "a", "priority": "P1"})
    assert tags == ("firstline", "queue_first_line", "queue_type_a")
    assert labels_in(tags, ("queue", "queue_type")) == {"queue": "first_line", "queue_type": "a"}
    assert labels_in(tags, ("queue",)) == {"queue": "type_a"}


def test_closed_tickets_of_a_helpdesk_have_the_labels_of_declared_heads() -> None:
    desk = a_desk("zendesk", RecordingTransport(ZENDESK))
    desk.connection = replace(desk.connection, heads=HEADS, fields={"intent": "102"})
    (found,) = desk.closed_since(SINCE, None).records
    assert (found["category"], found["intent"]) == ("bug", "reports")
