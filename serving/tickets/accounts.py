"""The CSM alert: several urgent tickets of a high-value account, once per window."""

from datetime import datetime

import sqlalchemy as sa

from serving.context import Context
from serving.tickets import notices, store
from serving.tickets.event_log import EventLog
from triage.tickets.csm_alert import Signal, signals
from triage.tickets.events import SELF, CsmAlerted
from triage.tickets.ticket import Ticket


class AccountWatch:
    """Checks accounts with recent urgent tickets; safe to repeat and to run in several processes."""

    def __init__(self, context: Context) -> None:
        self._database, self._telemetry, self._policy = context.database, context.telemetry, context.policies.sla
        self._books, self._rule = EventLog(context.policies.sla), context.policies.sla.escalation.csm

    def alert(self, at: datetime) -> int:
        """Write a fact for each window that makes a signal; return how many were told."""
        found = self._database.read(lambda connection: notices.suspects(connection, self._rule, at))
        told = 0
        for account in found:

            def operation(connection: sa.Connection, account: str = account) -> int:
                return self._told(connection, account, at)

            told += self._database.write(operation)
        return told

    def _told(self, connection: sa.Connection, account: str, at: datetime) -> int:
        cases = notices.urgent(connection, account, self._rule, at)
        told = 0
        for signal in signals(cases, self._rule, notices.alerted(connection, account)):
            tickets = list(store.load_all(connection, signal.tickets))
            valued = [ticket for ticket in tickets if self._rule.values_highly(ticket.plan, ticket.arr)]
            if valued and self._alerted(connection, account, signal, valued[-1], at):
                told += 1
        return told

    def _alerted(self, connection: sa.Connection, account: str, signal: Signal, ticket: Ticket, at: datetime) -> bool:
        """Put the alert down, with a fact on the last case that shows what the account is worth."""
        csm = self._csm(ticket)
        if not notices.first_to_alert(connection, account, signal, csm, at):
            return False
        fact = CsmAlerted(
            at=max(at, ticket.events[-1].at),
            by=SELF,
            csm=csm,
            account=account,
            since=signal.since,
            tickets=signal.tickets,
        )
        self._books.carry_on(connection, ticket, ticket.after(fact))
        self._telemetry.event("account.alerted", ticket_id=ticket.id, tickets=len(signal.tickets))
        return True

    def _csm(self, ticket: Ticket) -> str:
        """Return what kind of CSM the plan has; a plan that the policy has dropped has none."""
        plan = self._policy.plans.get(ticket.plan or self._policy.plan_when_unknown)
        return plan.csm if plan else "none"
