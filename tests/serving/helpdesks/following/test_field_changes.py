"""Declared fields on both sides: what is read here goes there, and what an agent writes there comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.helpdesks.following.talking_desk import FIELDS, Both, TalkingDesk

DECLARED = """
[order]
kind = "order_number"

[version]
kind = "version"
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (policies := tmp_path / "policies").mkdir()
    (policies / "fields.toml").write_text(DECLARED, encoding="utf-8")
    return replace(settings, policies=policies)


@pytest.fixture
def both(desk_app: Litestar, clock: FrozenClock) -> Iterator[Both]:
    with TestClient(desk_app):
        yield Both(desk_app, clock, TalkingDesk(clock, fields=FIELDS | {"order": "Order", "version": "Release"}))


def here(both: Both, ticket_id: str) -> dict[str, tuple[str, str]]:
    return {each.name: (each.value, each.source) for each in both.read(ticket_id).fields}


def there(both: Both, remote_id: str) -> dict[str, object]:
    return {name: both.there.tickets[remote_id].values.get(name, "") for name in ("order", "version")}


def test_what_a_later_reply_gives_follows_into_the_custom_field(both: Both) -> None:
    ticket_id, remote_id = both.settled()
    both.there.happens(remote_id, "customer_reply", by="bob", text="It is order 10234.")
    for _ in range(3):
        both.round()
    assert here(both, ticket_id) == {"order": ("10234", "reply")}
    assert there(both, remote_id) == {"order": "10234", "version": ""}


def test_what_an_agent_changes_there_comes_back_and_is_theirs(both: Both) -> None:
    ticket_id, remote_id = both.settled(description="Order 10234 is broken.")
    assert there(both, remote_id) == {"order": "10234", "version": ""}
    both.there.sets(remote_id, order="99887", version="2.3")
    for _ in range(3):
        both.round()
    assert here(both, ticket_id) == {"order": ("99887", "person"), "version": ("2.3", "person")}
    assert both.here.load(ticket_id).events[-1].by == "agent:desk"
    version = both.read(ticket_id).version
    both.there.happens(remote_id, "customer_reply", by="bob", text="Order 55555 and version 9.9, please.")
    for _ in range(3):
        both.round()
    assert here(both, ticket_id)["order"] == ("99887", "person")
    assert there(both, remote_id) == {"order": "99887", "version": "2.3"}
    assert both.read(ticket_id).version > version


def test_what_an_agent_empties_there_is_empty_here_and_a_desk_that_never_showed_it_takes_nothing_away(
    both: Both,
) -> None:
    ticket_id, remote_id = both.settled(description="Order 10234 is broken, since 2.4.1.")
    both.there.sets(remote_id, version="")
    both.round()
    assert here(both, ticket_id) == {"order": ("10234", "description")}
    other, strange = both.settled(description="Order 20456 fails.")
    shown = both.stale.find("desk", strange)
    assert shown is not None
    assert shown.shown["order"] == "20456"
    assert here(both, other)["order"] == ("20456", "description")


def test_personal_data_and_what_is_no_value_stays_there(both: Both) -> None:
    ticket_id, remote_id = both.settled(description="Order 10234 is broken.")
    before = both.read(ticket_id).version
    both.there.sets(remote_id, order="4111 1111 1111 1111", version="the newest")
    for _ in range(3):
        both.round()
    assert here(both, ticket_id) == {"order": ("10234", "description")}
    assert both.read(ticket_id).version == before
    assert there(both, remote_id) == {"order": "4111 1111 1111 1111", "version": "the newest"}


def test_an_agents_spelling_of_our_value_is_no_change(both: Both) -> None:
    ticket_id, remote_id = both.settled(description="It is broken since 2.4.1.")
    both.there.sets(remote_id, version="v2.4.1")
    both.round()
    assert here(both, ticket_id) == {"version": ("2.4.1", "description")}
