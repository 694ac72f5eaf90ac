"""What happened to a ticket of the sample, from its opening to now, as the desk would have written it."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from serving.commands.demo.sample import SampleTicket
from serving.policy.policies import Policies
from serving.storage.ids import new_id
from triage.reason_codes import ReasonCode
from triage.sla.deadlines import ticket_deadlines
from triage.taxonomy.labels import PRIORITIES
from triage.tickets.events import SELF, Fact, SlaBreached, Tag, TicketOpened
from triage.tickets.outcome import Outcome
from triage.tickets.ticket import CUSTOMER, Status, Ticket

MODEL = "model:sample"
HEADS = ("category", "priority", "product_area")
_AGENTS = ("kim", "lee", "noor", "sam", "eva", "jo")
_ARR = {"standard": 4_800.0, "premium": 24_000.0, "enterprise": 140_000.0}
_HEALTH = ("green", "green", "green", "yellow", "red")
_THANKS = ("Thank you, that is it.", "Works now, thanks!", "Great, thank you for the quick help.")
_MORE = ("I attached what you asked for.", "Yes, it happens in every workspace.", "Here is the id that you wanted.")
_AGAIN = ("It came back this morning.", "Sorry, it is still the same for two of us.", "It worked for a day only.")
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_WRONG, _SURE, _WAITS, _REOPENED, _STUCK = 0.04, 0.72, 0.3, 0.07, 0.12  # shares of tickets
_SILENT = 0.5  # of those that are stuck: the customer does not answer
_LATELY = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Session:
    """The session that a ticket comes from."""

    id: str
    visitor: str


@dataclass(frozen=True, slots=True)
class Histories:
    """Writes histories that end now, the same for the same chance."""

    policies: Policies
    chance: random.Random
    at: datetime

    def of(
        self, each: SampleTicket, session: Session, incident_id: str | None = None, *, is_open: bool = False
    ) -> Ticket:
        """Return the ticket as it stands now: answered and no more where it is to be open.

        One of an incident's cases follows it ten minutes after its opening.
        """
        ticket = self._routed(self._tagged(self._opened(each, session), each), each.created_at)
        if incident_id is not None:
            ticket = ticket.follow(incident_id, at=each.created_at + 10 * _MINUTE, by=f"agent:{_AGENTS[0]}")
        for step in self._worked(ticket, each):
            if step.events[-1].at > self.at:
                break
            ticket = step
            if is_open:
                break
        return self._with_breaches(ticket)

    def _opened(self, each: SampleTicket, session: Session) -> Ticket:
        sent = each.ticket
        plan = sent.plan if sent.plan in self.policies.sla.plans else None
        email = f"{session.visitor}@{sent.account or 'mail'}.example"
        opened = TicketOpened(
            at=each.created_at,
            by=CUSTOMER,
            id=new_id("tkt", each.created_at),
            subject=sent.subject,
            description=sent.description,
            channel=sent.channel or "email",
            plan=plan,
            account=sent.account,
            language=sent.language,
            email=email,
            arr=_ARR.get(plan or ""),
            health=self.chance.choice(_HEALTH) if sent.account else None,
            deflection_id=session.id,
            external_id=sent.id,
        )
        return Ticket.open(opened)

    def _tagged(self, ticket: Ticket, each: SampleTicket) -> Ticket:
        """Give the ticket the sample's labels as a model's: some only suggested, and a few of them wrong."""
        tags = {head: self._tag(head, each.ticket.labels.get(head)) for head in HEADS}
        return ticket.tag(tags, at=each.created_at, by=MODEL)

    def _tag(self, head: str, label: str | None) -> Tag:
        if label is None:
            code = ReasonCode.BELOW_THRESHOLD
            return Tag(label=None, mode="abstain", confidence=0.31, reason="No label is likely.", reason_code=code)
        if head == "category" and self.chance.random() < _WRONG:
            label = "how_to" if label != "how_to" else "bug"
        sure = self.chance.random() < _SURE
        code = ReasonCode.CERTIFIED if sure else ReasonCode.NO_CERTIFICATE
        return Tag(
            label=label,
            mode="auto" if sure else "suggest",
            confidence=round(self.chance.uniform(0.86, 0.99) if sure else self.chance.uniform(0.45, 0.85), 2),
            reason="The demo took the label that the sample's desk filed.",
            reason_code=code,
        )

    def _routed(self, ticket: Ticket, at: datetime) -> Ticket:
        route = self.policies.routing.route(ticket.attributes)
        return ticket.route(route.team, route.tier, reason=route.reason, at=at, by=SELF)

    def _worked(self, ticket: Ticket, each: SampleTicket) -> Iterator[Ticket]:
        """Yield the ticket after each step of an agent or the customer; the caller stops at the present."""
        chance, text = self.chance, each.ticket.resolution or "Done."
        agent = f"agent:{chance.choice(_AGENTS)}"
        at = each.responded_at or each.created_at + _HOUR
        worked = max(each.closed_at - at, 2 * _MINUTE)
        stays = each.created_at > self.at - _LATELY and chance.random() < _STUCK
        ticket = ticket.assign(agent.removeprefix("agent:"), at=at, by=agent)
        ticket = ticket.retag(_corrected(ticket, each), at=at, by=agent).reply(text, at=at, by=agent)
        yield ticket
        if chance.random() < _WAITS or stays:
            yield (ticket := ticket.transition(Status.PENDING, at=at + worked / 10, by=agent))
            if stays and chance.random() < _SILENT:
                return
            yield (ticket := ticket.reply(chance.choice(_MORE), at=at + worked / 3, by=CUSTOMER, author=CUSTOMER))
            if stays:
                return
            yield (ticket := ticket.reply(text, at=at + worked / 2, by=agent))
        outcome = Outcome(
            resolution_type=each.ticket.resolution_type,
            kb_article_id=next(iter(each.ticket.kb_article_ids), None),
            csat=None if each.ticket.csat is None else int(each.ticket.csat),
        )
        if chance.random() < _REOPENED:
            yield (ticket := ticket.transition(Status.RESOLVED, at=at + worked * 0.55, by=agent, outcome=outcome))
            yield (ticket := ticket.reply(chance.choice(_AGAIN), at=at + worked * 0.7, by=CUSTOMER, author=CUSTOMER))
            yield (ticket := ticket.reply(text, at=at + worked * 0.75, by=agent))
        elif chance.random() < _WAITS:
            yield (ticket := ticket.reply(chance.choice(_THANKS), at=at + worked * 0.7, by=CUSTOMER, author=CUSTOMER))
        yield (ticket := ticket.transition(Status.RESOLVED, at=at + worked * 0.8, by=agent, outcome=outcome))
        yield ticket.transition(Status.CLOSED, at=each.closed_at, by=agent, outcome=outcome)

    def _with_breaches(self, ticket: Ticket) -> Ticket:
        """Enter each deadline that was missed at its time, as the watch of deadlines would have done."""
        clocks = ticket_deadlines(self.policies.sla, ticket.events)
        missed = [
            SlaBreached(
                at=clock.due_by,
                by=SELF,
                source=clock.source,
                kind=clock.kind,
                due_by=clock.due_by,
                credit_percent=clock.credit_percent,
            )
            for clock in (*clocks.answered, *clocks.clocks)
            if clock.due_by is not None and clock.is_late(clock.stopped_at or self.at)
        ]
        if not missed:
            return ticket
        events: list[Fact] = sorted([*ticket.events, *missed], key=lambda fact: fact.at)
        return Ticket.from_events(events)


def _corrected(ticket: Ticket, each: SampleTicket) -> Mapping[str, str | None]:
    """Return what an agent sets otherwise: wrong categories, and a priority that nobody offered."""
    meant = {head: each.ticket.labels.get(head) for head in HEADS}
    wrong = {head: label for head, label in meant.items() if label and label != ticket.label(head)}
    return wrong if ticket.priority or "priority" in wrong else {**wrong, "priority": PRIORITIES[3]}
