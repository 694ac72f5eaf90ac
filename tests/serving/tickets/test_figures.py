"""Figures of tickets: numbers of their events as tables of cases, and those of tickets from before there were any."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from serving.context import Context
from serving.storage.tables import ticket_events, ticket_figures
from serving.tickets.desk import Desk
from serving.tickets.figures import figures
from serving.tickets.tasks import TicketTasks
from tests.fakes import MONDAY_MORNING, FixedTagger
from triage.sla.deadlines import ticket_deadlines
from triage.sla.policy import default
from triage.tickets.events import Tag, TicketOpened
from triage.tickets.outcome import Outcome
from triage.tickets.ticket import Ticket

Client = TestClient[Litestar]
POLICY = default()
HOUR = timedelta(hours=1)
BY = "agent:ann"


def at(hours: float) -> datetime:
    return MONDAY_MORNING + hours * HOUR  # 10:00: standard's support is open for seven hours more, then 8 a day


def opened(**changes: Any) -> Ticket:
    known = {"subject": "Empty export", "description": "…", "channel": "email", "plan": "standard"}
    return Ticket.open(TicketOpened(at=at(0), by="customer", id="tkt_1", **known | changes))


def counted(ticket: Ticket) -> Any:
    return figures(ticket, ticket_deadlines(POLICY, ticket.events), POLICY)


def row(ticket: Ticket, *names: str) -> tuple[Any, ...]:
    found = counted(ticket)
    return tuple(found[name] for name in names)


def test_work_is_counted_in_the_support_hours_of_the_plan() -> None:
    """From Monday 10:00 to Tuesday 10:00 standard has 7 + 1 hours, extended (premium) 12 + 4, enterprise 24."""
    for plan, hours in (("standard", 8), ("premium", 16), ("enterprise", 24)):
        answered = opened(plan=plan).reply("Yes.", at=at(24), by=BY)
        assert row(answered, "responded_at", "response_work") == (at(24), hours * 3600)


def test_a_resolution_counts_while_it_holds_and_a_duplicate_never() -> None:
    resolved = opened().transition("resolved", at=at(2), by=BY)
    assert row(resolved, "resolved_at", "resolution_work", "reopens") == (at(2), 7200, 0)
    reopened = resolved.transition("open", at=at(3), by=BY)
    assert row(reopened, "resolved_at", "resolution_work", "reopens") == (None, None, 1)
    duplicate = opened().transition("resolved", at=at(2), by=BY, outcome=Outcome(resolution_type="duplicate"))
    assert row(duplicate, "resolved_at", "resolution_work") == (None, None)


def test_replies_reopenings_and_the_rating_are_counted() -> None:
    ticket = opened().reply("Yes.", at=at(1), by=BY).transition("resolved", at=at(2), by=BY)
    ticket = (
        ticket.transition("open", at=at(3), by=BY).reply("No.", at=at(4), by=BY).transition("resolved", at=at(5), by=BY)
    )
    ticket = ticket.transition("closed", at=at(6), by=BY, outcome=Outcome(csat=4))
    assert row(ticket, "replies", "reopens", "csat", "resolved_at") == (2, 1, 4, at(5))


def test_labels_count_as_the_model_first_gave_them() -> None:
    """Two of three were applied by the model; that an agent corrected one later changes nothing."""
    tags = {
        "category": Tag(label="bug", mode="auto"),
        "priority": Tag(label="P2", mode="auto"),
        "product_area": Tag(label=None, mode="abstain"),
    }
    ticket = opened().tag(tags, at=at(0), by="model:b1").retag({"category": "billing"}, at=at(1), by=BY)
    assert row(ticket, "labels", "labels_applied", "type") == (3, 2, "billing")
    assert row(opened().retag({"category": "bug"}, at=at(0), by=BY), "labels", "labels_applied") == (0, 0)


@pytest.mark.parametrize(
    ("ticket", "contract", "by"),
    [
        (opened(), "open", at(24)),  # 8 hours of support: 7 on Monday and 1 on Tuesday
        (opened().reply("Yes.", at=at(1), by=BY).transition("resolved", at=at(2), by=BY), "kept", None),
        (opened().reply("Late.", at=at(26), by=BY).transition("resolved", at=at(27), by=BY), "missed", None),
        (opened().reply("Late.", at=at(26), by=BY), "missed", None),
        (opened().reply("Yes.", at=at(1), by=BY).transition("pending", at=at(2), by=BY), "open", None),
    ],
)
def test_the_contract_is_open_kept_or_missed(ticket: Ticket, contract: str, by: datetime | None) -> None:
    assert row(ticket, "contract", "contract_by") == (contract, by)


def test_what_a_machine_wrote_is_marked_until_a_person_takes_part() -> None:
    machine = opened(automatic=True)
    assert row(machine, "automatic", "contract") == (True, "none")
    assert row(machine.reply("Thank you.", at=at(1), by=BY), "automatic") == (False,)


def test_tickets_from_before_there_were_figures_get_theirs(desk_client: Client) -> None:
    sent = {"subject": "Empty", "description": "…", "channel": "email"}
    for _ in range(3):
        desk_client.post("/v1/tickets", json=sent)
    context: Context = desk_client.app.state.context
    stored = sa.select(ticket_figures).order_by("ticket_id")
    before = context.database.read(lambda c: c.execute(stored).all())
    context.database.write(lambda c: c.execute(ticket_figures.delete()))
    tasks = TicketTasks(context, Desk(context, FixedTagger()))
    assert tasks.count_the_uncounted(context.clock.now()) == len(before) == 3
    assert context.database.read(lambda c: c.execute(stored).all()) == before
    assert tasks.count_the_uncounted(context.clock.now()) == 0


def test_a_log_that_cannot_be_read_hides_no_others(desk_client: Client) -> None:
    sent = {"subject": "Empty", "description": "…", "channel": "email"}
    ids = [desk_client.post("/v1/tickets", json=sent).json()["id"] for _ in range(3)]
    context: Context = desk_client.app.state.context
    context.database.write(lambda c: c.execute(ticket_figures.delete()))
    broken = ticket_events.update().where(ticket_events.c.ticket_id == ids[1], ticket_events.c.number == 1)
    context.database.write(lambda c: c.execute(broken.values(record={"type": "unheard_of"})))
    TicketTasks(context, Desk(context, FixedTagger())).count_the_uncounted(context.clock.now())
    counted_ids = context.database.read(lambda c: set(c.scalars(sa.select(ticket_figures.c.ticket_id))))
    assert counted_ids == {ids[0], ids[2]}
