"""Declared heads at helpdesks: fields and tags take their labels there, and closed tickets bring them back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from serving.helpdesks.checking import checked
from serving.helpdesks.handing_off import handoff
from serving.helpdesks.merging import changes, kept
from serving.helpdesks.port.connections import read
from serving.helpdesks.port.errors import HelpdesksNotValid
from serving.helpdesks.port.tags import labels_at, labels_in, tags_of
from serving.inference.tags import ListedLabel, without_model
from serving.policy.ticket_fields import FieldOut
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


def test_the_labels_of_a_list_are_tags_of_the_helpdesk_itself(tmp_path: Path) -> None:
    (path := tmp_path / "desks.toml").write_text(RT)
    connection = read(path, (*HEADS, "topics"), ("topics",))["rt"]
    assert (connection.topics, connection.multi) == (("category", "intent"), ("topics",))
    tags = tags_of({"category": "bug"}, ("late refund", "vat"))
    assert tags == ("category_bug", "firstline", "late_refund", "vat")
    assert labels_at([*tags, "tkt_01"], connection) == {"category": "bug", "topics": ["late_refund", "vat"]}


def test_closed_tickets_of_a_helpdesk_bring_their_tags_as_a_list() -> None:
    desk = a_desk("zendesk", RecordingTransport(ZENDESK))
    desk.connection = replace(desk.connection, heads=HEADS, multi=("topics",))
    (found,) = desk.closed_since(SINCE, None).records
    assert isinstance(found["topics"], list)
    assert not any(tag.startswith(("firstline", "category_")) for tag in found["topics"])


def test_a_tag_that_stood_there_before_is_a_persons_and_stays() -> None:
    before, wanted = {"tags": ("refund",)}, {"tags": ("firstline", "refund", "vat")}
    made = changes({}, before, wanted, {})
    assert made == {"tags": ("firstline", "refund", "vat")}
    written = kept({}, before, wanted, made)
    assert written == {"tags": ("firstline", "vat")}
    # a person here says that neither fits: only what we wrote is taken away
    assert changes(written, made, {"tags": ("firstline",)}, {}) == {"tags": ("firstline", "refund")}


def test_only_certain_labels_of_a_list_become_tags_and_valid_fields_go_to_custom_fields() -> None:
    labels = [ListedLabel("refund", 0.99, "auto", "crt_1"), ListedLabel("vat", 0.6, "suggest")]
    order = FieldOut(
        name="order_number", value="10", valid=True, problem=None, source="subject", start=0, end=2, as_written="10"
    )
    wrong = msgspec.structs.replace(order, name="serial", value="7", valid=False, problem="checksum")
    due = SimpleNamespace(resolution_by=None, first_response_by=None)
    ticket: Any = SimpleNamespace(
        **dict.fromkeys(("id", "subject", "description", "email"), "x"),
        tags={"topics": msgspec.structs.replace(without_model(), labels=labels, mode="auto")},
        fields=[order, wrong],
        transcript=[],
        sla=SimpleNamespace(contract=due, target=due),
    )
    desk = a_desk("zendesk", RecordingTransport())
    desk.connection = replace(desk.connection, fields={"order_number": "900"}, multi=("topics",))
    case = handoff(ticket, desk.connection)
    assert desk.wanted(case) == {"tags": ("firstline", "refund"), "order_number": "10"}
    assert desk.custom({"order_number": "10"}) == {"900": "10"}
    assert handoff(ticket, replace(desk.connection, suggestions="fields")).listed == ("refund", "vat")
