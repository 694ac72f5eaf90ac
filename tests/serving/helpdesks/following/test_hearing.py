"""A webhook about a ticket that is there already: the link is read, and a stranger is looked at, once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.helpdesks.following.stale_links import LOOKED_FOR_AFTER
from serving.helpdesks.port.signatures import Delivery
from serving.helpdesks.receiving import Receiving
from serving.helpdesks.schemas import HeardOut
from serving.helpdesks.store import LinkStore
from tests.fakes import FrozenClock
from tests.serving.helpdesks.recording_transport import a_connection
from tests.serving.helpdesks.webhook_payloads import DJANGO

Hear = Callable[..., HeardOut]


@pytest.fixture
def links(desk_app: Litestar) -> Iterator[LinkStore]:
    with TestClient(desk_app):
        yield LinkStore(desk_app.state.context.database)


@pytest.fixture
def hear(links: LinkStore, clock: FrozenClock) -> Hear:
    receiving = Receiving({"desk": a_connection("django_helpdesk", name="desk")}, links)

    def hearing(**more: Any) -> HeardOut:
        body = json.dumps(DJANGO | more).encode()
        delivery = Delivery(body=body, headers={}, query={"token": "s3cret"}, method="POST", uri="https://us.example")
        return receiving.hear("desk", delivery, at=clock.now())

    return hearing


def test_a_change_of_a_ticket_that_was_never_announced_is_looked_at_a_minute_later(
    hear: Hear, links: LinkStore, clock: FrozenClock
) -> None:
    heard = hear(followup_id=9)
    assert (heard.accepted, heard.repeated, heard.ignored) == (1, 0, [])
    assert links.arrived(clock.now()) == []
    [link] = links.arrived(clock.advance(LOOKED_FOR_AFTER))
    assert (link.remote_id, link.arrived and link.arrived.has_text) == ("3", False)


def test_the_webhook_of_its_creation_that_comes_late_is_taken_at_once(
    hear: Hear, links: LinkStore, clock: FrozenClock
) -> None:
    hear(followup_id=9)
    assert hear().accepted == 1
    [link] = links.arrived(clock.now())
    assert link.arrived is not None
    assert link.arrived.has_text


def test_a_change_of_what_was_not_taken_is_ignored_with_the_reason(
    hear: Hear, links: LinkStore, clock: FrozenClock
) -> None:
    hear()
    [link] = links.arrived(clock.now())
    links.drop(link)
    assert hear(followup_id=9).ignored == ["a change of a ticket that is not here"]
