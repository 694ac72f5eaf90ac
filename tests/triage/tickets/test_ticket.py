from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import MONDAY, a_tag, a_ticket, opened
from triage.errors import (
    EscalationRefused,
    NaiveInstant,
    OutcomeRefused,
    PacketIncomplete,
    TicketIsClosed,
    TransitionRefused,
    UnknownPriority,
    UnreadableRecord,
)
from triage.sla import policy as sla_policy
from triage.tickets import events
from triage.tickets.attributes import Segment
from triage.tickets.events import FACTS, AgentReplied, Message, SlaBreached, TicketTagged, from_record, to_record
from triage.tickets.outcome import Outcome
from triage.tickets.survey import rated
from triage.tickets.ticket import LEADS_TO, Status, Ticket

HOUR = timedelta(hours=1)
ANA = {"by": "agent:ana"}
RULES = sla_policy.default().escalation
T2_PACKET = {
    "steps_taken": ["cleared the cache"],
    "customer_impact": "nobody can export",
    "reproduction_steps": "Reports, Export, CSV",
    "evidence": ["export.log"],
}
T3_PACKET = {
    "bug_report": {"seen": "half a file", "expected": "a whole one"},
    "business_impact": "month end reporting stops",
    "arr": 0,
    "workaround_status": "none known",
    "communication_plan": "daily mail",
}


def test_an_opened_ticket_is_what_was_filed() -> None:
    ticket = a_ticket(transcript=(Message(MONDAY, "customer", "Help!"),), deflection_id="dfl_1")
    assert (ticket.id, ticket.status, ticket.created_at, ticket.tier, ticket.version) == (
        "tkt_1",
        "new",
        MONDAY,
        "T1",
        1,
    )
    assert (ticket.transcript[0].text, ticket.deflection_id) == ("Help!", "dfl_1")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("to", Status)
def test_a_status_leads_where_the_table_says(status: Status, to: Status) -> None:
    ticket = reached(status)
    if to in LEADS_TO[status]:
        assert ticket.transition(to, at=MONDAY + HOUR, **ANA).status is to
    else:
        with pytest.raises(TransitionRefused, match=f"ticket tkt_1 is {status} and cannot become {to}"):
            ticket.transition(to, at=MONDAY + HOUR, **ANA)


def reached(status: Status) -> Ticket:
    ticket = a_ticket()
    return ticket if status is Status.NEW else ticket.transition(status, at=MONDAY, **ANA)


def test_only_what_is_resolved_reopens_and_what_is_closed_stays_closed() -> None:
    assert {status for status, to in LEADS_TO.items() if Status.OPEN in to} == {"new", "pending", "resolved"}
    assert LEADS_TO[Status.CLOSED] == frozenset()
    assert all(Status.NEW not in to for to in LEADS_TO.values())


def test_an_agents_reply_begins_the_work() -> None:
    ticket = a_ticket().reply("We look at it.", at=MONDAY + HOUR, **ANA)
    assert ticket.status is Status.OPEN
    assert ticket.transcript[-1] == Message(MONDAY + HOUR, "agent", "We look at it.")
    assert ticket.reply("Still looking.", at=MONDAY + HOUR, **ANA).status is Status.OPEN


@pytest.mark.parametrize(
    ("status", "after"), [("new", "new"), ("open", "open"), ("pending", "open"), ("resolved", "open")]
)
def test_a_customers_reply_ends_the_wait_and_reopens(status: str, after: str) -> None:
    ticket = reached(Status(status)).reply("It is back.", at=MONDAY, by="customer", author="customer")
    assert (ticket.status, ticket.transcript[-1].by) == (after, "customer")


def test_a_closed_ticket_takes_no_reply_and_no_escalation() -> None:
    closed = reached(Status.CLOSED)
    with pytest.raises(TicketIsClosed, match="open a new ticket"):
        closed.reply("Hello?", at=MONDAY, by="customer", author="customer")
    with pytest.raises(TicketIsClosed):
        closed.escalate(T2_PACKET, to="T2", rules=RULES, at=MONDAY, **ANA)


def test_an_agents_label_is_never_overwritten_by_a_model() -> None:
    ticket = a_ticket().tag({"category": a_tag("bug"), "priority": a_tag("P3")}, at=MONDAY, by="model:1")
    ticket = ticket.retag({"category": "billing"}, at=MONDAY + HOUR, **ANA)
    later = ticket.tag({"category": a_tag("how_to"), "priority": a_tag("P1")}, at=MONDAY + 2 * HOUR, by="model:2")
    assert (later.label("category"), later.priority) == ("billing", "P1")
    assert later.tags["category"].by == "agent:ana"
    assert later.tags["priority"].by == "model:2"


def test_an_agents_agreement_is_kept_too_and_so_is_a_label_taken_away() -> None:
    ticket = a_ticket().tag({"category": a_tag("bug"), "product_area": a_tag("api")}, at=MONDAY, by="model:1")
    ticket = ticket.retag({"category": "bug", "product_area": None}, at=MONDAY, **ANA)
    ticket = ticket.tag({"category": a_tag("how_to"), "product_area": a_tag("api")}, at=MONDAY, by="model:2")
    assert (ticket.label("category"), ticket.label("product_area")) == ("bug", None)


def test_what_changes_nothing_is_no_fact() -> None:
    ticket = a_ticket().tag({"category": a_tag("bug")}, at=MONDAY, by="model:1")
    ticket = ticket.route("support", "T1", reason="general", at=MONDAY, by="firstline").retag(
        {"priority": "P1"}, at=MONDAY, **ANA
    )
    then = {"at": MONDAY + HOUR, **ANA}
    assert ticket.tag({"category": a_tag("bug")}, **then) is ticket
    assert ticket.tag({"priority": a_tag("P4")}, **then) is ticket
    assert ticket.retag({"priority": "P1"}, **then) is ticket
    assert ticket.route("support", "T1", reason="again", **then) is ticket
    assert ticket.change_plan("standard", **then) is ticket
    assert ticket.assign(None, **then) is ticket


def test_a_priority_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownPriority, match="priority 'sev1'"):
        a_ticket().retag({"priority": "sev1"}, at=MONDAY, **ANA)
    with pytest.raises(UnknownPriority):
        a_ticket().tag({"priority": a_tag("urgent")}, at=MONDAY, by="model:1")


def test_a_clock_set_back_does_not_turn_the_log_back() -> None:
    ticket = a_ticket().transition("open", at=MONDAY - HOUR, **ANA)
    assert ticket.events[-1].at == MONDAY


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(NaiveInstant):
        a_ticket().transition("open", at=MONDAY.replace(tzinfo=None), **ANA)
    with pytest.raises(NaiveInstant):
        opened(at=MONDAY.replace(tzinfo=None))


def test_the_outcome_is_kept() -> None:
    outcome = Outcome(resolution_type="workaround", root_cause="time-out", kb_article_id="export-limits")
    ticket = a_ticket().transition("resolved", at=MONDAY, **ANA, outcome=outcome)
    ticket = ticket.transition("closed", at=MONDAY, by="firstline", outcome=Outcome(csat=5))
    assert ticket.outcome == Outcome(
        resolution_type="workaround", root_cause="time-out", kb_article_id="export-limits", csat=5
    )
    with pytest.raises(OutcomeRefused, match="resolution_type: 'done' is none of solved, workaround"):
        Outcome(resolution_type="done")
    with pytest.raises(OutcomeRefused, match="csat: 6 is none of 1, 2, 3, 4, 5"):
        Outcome(csat=6)


@pytest.mark.parametrize("missing", T2_PACKET)
def test_an_escalation_without_what_must_travel_is_refused(missing: str) -> None:
    packet = {**T2_PACKET, missing: "  "}
    with pytest.raises(PacketIncomplete, match=f"from T1 to T2 the ticket still needs: {missing}") as refusal:
        a_ticket().escalate(packet, to="T2", rules=RULES, at=MONDAY, **ANA)
    assert refusal.value.missing == (missing,)


@pytest.mark.parametrize("missing", T3_PACKET)
def test_engineering_needs_its_own_packet(missing: str) -> None:
    at_t2 = a_ticket().escalate(T2_PACKET, to="T2", rules=RULES, at=MONDAY, **ANA)
    packet = {name: value for name, value in T3_PACKET.items() if name != missing}
    with pytest.raises(PacketIncomplete) as refusal:
        at_t2.escalate(packet, to="T3", rules=RULES, at=MONDAY, **ANA)
    assert refusal.value.missing == (missing,)


@pytest.mark.parametrize(
    ("priority", "handling"),
    [
        ("P0", "incident_response"),
        ("P1", "incident_response"),
        ("P2", "sprint_backlog"),
        ("P4", "sprint_backlog"),
        (None, "sprint_backlog"),
    ],
)
def test_engineering_starts_an_incident_or_fills_the_backlog(priority: str | None, handling: str) -> None:
    ticket = a_ticket(plan="premium").retag({"priority": priority}, at=MONDAY, **ANA)
    ticket = ticket.escalate(T2_PACKET, to="T2", rules=RULES, at=MONDAY, **ANA)
    assert (ticket.tier, ticket.events[-1].queue, ticket.events[-1].handling) == ("T2", "priority", None)
    ticket = ticket.escalate(T3_PACKET, to="T3", rules=RULES, at=MONDAY, **ANA)
    assert (ticket.tier, ticket.events[-1].handling) == ("T3", handling)


def test_only_enterprise_goes_straight_to_engineering() -> None:
    assert a_ticket(plan="enterprise").escalate(T3_PACKET, to="T3", rules=RULES, at=MONDAY, **ANA).tier == "T3"
    with pytest.raises(EscalationRefused, match="plan premium has only T1 to T2, T2 to T3"):
        a_ticket(plan="premium").escalate(T3_PACKET, to="T3", rules=RULES, at=MONDAY, **ANA)
    with pytest.raises(EscalationRefused, match="there is no such way"):
        a_ticket().escalate(T3_PACKET, to="T1", rules=RULES, at=MONDAY, **ANA)


def test_free_cases_stay_with_the_community_unless_they_are_critical() -> None:
    free = a_ticket(plan="free")
    with pytest.raises(EscalationRefused, match="community support; only P0, P1 goes up"):
        free.retag({"priority": "P2"}, at=MONDAY, **ANA).escalate(T2_PACKET, to="T2", rules=RULES, at=MONDAY, **ANA)
    assert (
        free.retag({"priority": "P0"}, at=MONDAY, **ANA)
        .escalate(T2_PACKET, to="T2", rules=RULES, at=MONDAY, **ANA)
        .tier
        == "T2"
    )


def a_long_life() -> Ticket:
    ticket = a_ticket(plan=None, arr=12000.5, transcript=(Message(MONDAY, "firstline", "Try this."),))
    tag = a_tag("bug", alternatives=(("how_to", 0.1),), certificate="c1", reason="sure")
    ticket = ticket.tag({"category": tag, "priority": a_tag(None, mode="abstain")}, at=MONDAY, by="model:1")
    ticket = ticket.retag({"priority": "P2"}, at=MONDAY, **ANA).change_plan("enterprise", at=MONDAY, **ANA)
    ticket = ticket.route("support", "T1", reason="general", at=MONDAY, by="firstline").assign("ana", at=MONDAY, **ANA)
    ticket = ticket.reply("Hello", at=MONDAY, **ANA).transition("pending", at=MONDAY + HOUR, **ANA)
    ticket = ticket.reply("Here.", at=MONDAY + 2 * HOUR, by="customer", author="customer")
    ticket = ticket.move(Segment(brand="acme", region="apac"), at=MONDAY + 2 * HOUR, **ANA)
    ticket = ticket.follow("tkt_9", at=MONDAY + 2 * HOUR, **ANA).follow(None, at=MONDAY + 2 * HOUR, **ANA)
    ticket = ticket.escalate(T2_PACKET, to="T2", rules=RULES, at=MONDAY + 3 * HOUR, **ANA)
    breach = SlaBreached(at=MONDAY + 4 * HOUR, by="firstline", source="target", kind="resolution", due_by=MONDAY)
    near = events.SlaWarned(at=MONDAY + 4 * HOUR, by="firstline", source="target", kind="resolution", due_by=MONDAY)
    over = events.EscalationDue(at=MONDAY + 4 * HOUR, by="firstline", since=MONDAY, due_by=MONDAY + HOUR)
    sprint = events.HandlingChosen(at=MONDAY + 4 * HOUR, by="firstline", handling="sprint_backlog")
    told = events.CsmAlerted(at=MONDAY + 4 * HOUR, by="firstline", csm="b", account="a", since=MONDAY, tickets=("t",))
    known = events.CustomerChanged(at=MONDAY + 4 * HOUR, by="helpdesk:desk", account="a", arr=9.5, health="red")
    note = events.NoteAdded(at=MONDAY + 4 * HOUR, by="agent:kim", text="Asked engineering.")
    value = events.FieldValue(name="version", value="2.3", source="person", as_written="v2.3", problem="range")
    typed = events.FieldsSet(at=MONDAY + 4 * HOUR, by="agent:kim", names=("version", "date"), fields=(value,))
    later = events.FieldsFound(at=MONDAY + 4 * HOUR, by="firstline", names=("version",), fields=(value,), message=9)
    up = events.TicketTakenUp(at=MONDAY + 4 * HOUR, by="agent:kim")
    anew = events.TicketRetriaged(at=MONDAY + 4 * HOUR, by="model:1", tags={"a": tag}, message=9, before={"a": "b"})
    for fact in (near, over, sprint, told, known, note, typed, later, up, anew):
        ticket = ticket.after(fact)
    ticket = ticket.after(breach).transition("resolved", at=MONDAY + 5 * HOUR, **ANA)
    ticket = rated(ticket, ticket.version, 4, "Quick.", MONDAY + 5 * HOUR)
    return ticket.transition("open", at=MONDAY + 6 * HOUR, **ANA).transition("closed", at=MONDAY + 7 * HOUR, **ANA)


def test_a_ticket_is_the_fold_of_its_facts_through_their_records() -> None:
    ticket = a_long_life()
    records = json.loads(json.dumps([to_record(fact) for fact in ticket.events]))
    assert {record["type"] for record in records} == set(FACTS)
    assert Ticket.from_events(from_record(record) for record in records) == ticket


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"type": "ticket_exploded"}, "type 'ticket_exploded' is unknown"),
        ({"type": "ticket_paused", "at": "2026-03-02T09:00:00Z"}, r"missing: \['by'\]"),
        ({"type": "ticket_paused", "at": "2026-03-02T09:00:00Z", "by": "x", "colour": 1}, r"unknown: \['colour'\]"),
        ({"type": "ticket_paused", "at": "yesterday", "by": "x"}, "is not written like 2026"),
        ({"type": "ticket_tagged", "at": "2026-03-02T09:00:00Z", "by": "x", "tags": 3}, "ticket_tagged"),
    ],
)
def test_a_record_that_is_no_fact_is_refused(record: dict, problem: str) -> None:
    with pytest.raises(UnreadableRecord, match=problem):
        from_record(record)


def test_a_log_begins_with_the_opening() -> None:
    with pytest.raises(UnreadableRecord, match="a log begins with ticket_opened"):
        Ticket.from_events([AgentReplied(at=MONDAY, by="agent:ana", text="Hello")])


def test_instants_of_facts_come_to_utc() -> None:
    fact = from_record({"type": "ticket_paused", "at": "2026-03-02T10:00:00+01:00", "by": "agent:ana"})
    assert to_record(fact)["at"] == "2026-03-02T09:00:00Z"
    assert to_record(TicketTagged(at=MONDAY, by="x", tags={"a": a_tag("b")}))["tags"]["a"]["alternatives"] == []
    assert events.TicketOpened.type == "ticket_opened"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*Status, "agent", "customer"]), max_size=12))
def test_whatever_happens_the_log_tells_it_again(steps: list[str]) -> None:
    ticket = a_ticket()
    for hour, step in enumerate(steps):
        then = {"at": MONDAY + hour * HOUR, "by": "agent:ana"}
        try:
            ticket = (
                ticket.reply("…", **then, author=step)
                if step in {"agent", "customer"}
                else ticket.transition(step, **then)
            )
        except (TransitionRefused, TicketIsClosed):
            continue
    assert Ticket.from_events(ticket.events) == ticket
    assert [fact.at for fact in ticket.events] == sorted(fact.at for fact in ticket.events)
