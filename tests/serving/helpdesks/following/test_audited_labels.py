"""A label that was put to a person as an audit, on a ticket of a helpdesk: what is set there is the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.inference.tagger import TicketText
from serving.inference.watching import store
from tests.fakes import FixedTagged, FixedTagger, FrozenClock
from tests.serving.helpdesks.following.talking_desk import Both, TalkingDesk
from triage.model.certificate import Audit, Certificate
from triage.model.watching.audited_tags import audited

AUDIT = Audit(Certificate("crt_1", 0.8, 0.05, 0.1, 100, 1), probability=0.02, weight=1.0)


class AuditingTagger(FixedTagger):
    """Puts every category to a person."""

    def tag(self, filed: TicketText, *, own: bool = False) -> FixedTagged:
        tagged = super().tag(filed, own=own)
        category = audited(replace(tagged.assessments["category"], certificate="crt_1"), AUDIT)
        return replace(tagged, assessments={**tagged.assessments, "category": category})


@pytest.fixture
def both(desk_app: Litestar, clock: FrozenClock) -> Iterator[Both]:
    with TestClient(desk_app):
        both = Both(desk_app, clock, TalkingDesk(clock, suggestions="note"))
        both.here._tagger = AuditingTagger()
        yield both


def answers(both: Both) -> dict[str, int]:
    return both.context.database.read(lambda connection: store.counts(connection, ["crt_1"])).get("crt_1", {})


@pytest.mark.parametrize(("label", "answer"), [("bug", "right"), ("billing", "wrong")])
def test_a_label_that_a_person_sets_there_is_the_answer(both: Both, label: str, answer: str) -> None:
    ticket_id, remote_id = both.settled()
    assert answers(both) == {"open": 1}
    both.there.sets(remote_id, category=label)
    both.round()
    tag = both.read(ticket_id).tags["category"]
    assert (tag.label, tag.mode, answers(both)) == (label, "agent", {answer: 1})


def test_a_ticket_that_is_solved_there_and_has_no_label_set_is_no_answer(both: Both) -> None:
    _, remote_id = both.settled()
    both.there.happens(remote_id, "status", status="resolved")
    both.round()
    assert answers(both) == {"unconfirmed": 1}
