"""A field that changes at a helpdesk was changed by a person; what only we wrote there stays the model's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.helpdesks.following.label_sources import ShownHere, with_sources
from serving.tagging.label_sources import shown
from serving.tickets.store import load_all
from tests.fakes import FrozenClock
from tests.serving.helpdesks.following.talking_desk import Both, TalkingDesk
from triage.tickets.label_sources import LabelSource, source_of

HERE = ShownHere(load_all, shown)
PERSON, AFTER, UNSEEN = LabelSource.PERSON, LabelSource.PERSON_AFTER_SUGGESTION, LabelSource.MODEL_UNSEEN


@pytest.fixture
def app(desk_app: Litestar) -> Iterator[Litestar]:
    with TestClient(desk_app):
        yield desk_app


@pytest.fixture
def noting(app: Litestar, clock: FrozenClock) -> Both:
    """A desk at which suggestions stand in the note alone."""
    return Both(app, clock, TalkingDesk(clock, suggestions="note"))


@pytest.fixture
def filling(app: Litestar, clock: FrozenClock) -> Both:
    """A desk whose fields take suggestions."""
    return Both(app, clock, TalkingDesk(clock))


def closed_there(both: Both, remote_id: str, **labels: str) -> dict[str, Any]:
    """Return the sources of a ticket that `firstline snapshot --from` finds closed."""
    record = {"id": f"desk-{remote_id}", "subject": "Export is empty", **labels}
    database = both.context.database
    [found] = database.read(lambda reading: with_sources(reading, "desk", both.there, [record], HERE))
    return dict(found.get("label_sources", {}))


def source_here(both: Both, ticket_id: str, head: str) -> LabelSource | None:
    return source_of(both.here.load(ticket_id), head)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("value", ["bug", "Bug", "billing"])
def test_a_person_who_fills_the_field_has_confirmed_or_changed_the_suggestion(
    noting: Both, value: str, *, lost: bool
) -> None:
    ticket_id, remote_id = noting.settled()
    assert source_here(noting, ticket_id, "category") is UNSEEN
    noting.there.sets(remote_id, category=value)
    noting.poll() if lost else noting.round()
    tag = noting.read(ticket_id).tags["category"]
    assert (tag.label, tag.mode) == (value.lower(), "agent")
    assert source_here(noting, ticket_id, "category") is AFTER
    assert source_here(noting, ticket_id, "product_area") is UNSEEN


def test_the_value_that_we_wrote_there_is_nobodys(filling: Both) -> None:
    ticket_id, remote_id = filling.settled()
    assert filling.there.tickets[remote_id].values["category"] == "bug"
    for _ in range(3):
        filling.round()
    filling.there.sets(remote_id, category="BUG")  # the helpdesk's own spelling
    filling.round()
    assert source_here(filling, ticket_id, "category") is UNSEEN
    assert closed_there(filling, remote_id, category="bug", priority="P1") == {"category": UNSEEN, "priority": UNSEEN}


def test_what_differs_from_ours_there_was_chosen_there_though_no_webhook_came(filling: Both) -> None:
    _, remote_id = filling.settled()
    assert closed_there(filling, remote_id, category="billing")["category"] is AFTER


def test_the_models_label_in_a_field_that_we_never_wrote_was_chosen_there(noting: Both) -> None:
    _, remote_id = noting.settled()
    assert closed_there(noting, remote_id, category="bug") == {"category": AFTER}


def test_a_tag_that_we_wrote_there_is_the_models_and_one_that_we_did_not_is_a_persons(
    app: Litestar, clock: FrozenClock
) -> None:
    both = Both(app, clock, TalkingDesk(clock, fields={}))
    _, remote_id = both.settled()
    assert "category_bug" in both.there.tickets[remote_id].values["tags"]
    assert closed_there(both, remote_id, category="bug", product_area="billing") == {
        "category": UNSEEN,
        "product_area": AFTER,
    }


def test_a_correction_here_is_a_persons_there_too(filling: Both) -> None:
    ticket_id, remote_id = filling.settled()
    now = filling.clock.now()
    filling.here.change(ticket_id, lambda t: t.retag({"category": "how_to"}, at=now, by="agent:ana"), at=now)
    filling.round()
    assert closed_there(filling, remote_id, category="how_to") == {"category": AFTER}


def test_a_ticket_that_was_never_here_has_no_sources(filling: Both) -> None:
    filling.settled()
    assert closed_there(filling, "4711", category="bug") == {}
