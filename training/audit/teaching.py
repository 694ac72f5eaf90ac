"""What the answers of an audit teach: labels that beat those of closed tickets, where tickets fit and calibrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.data import label_sources
from triage.instants import from_text
from triage.tickets.closed_ticket import heads_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from training.audit.answers import Answer, Answers
    from triage.taxonomy.changes import Changes
    from triage.tickets.closed_ticket import ClosedTicket
    from triage.tickets.fact_values import Said


def taught(
    tickets: Sequence[ClosedTicket], rows: Collection[int], answers: Answers, changes: Changes
) -> list[ClosedTicket]:
    """Put the labels that people accepted in an audit in place of those of closed tickets.

    Parameters
    ----------
    tickets
        With labels in today's words.
    rows
        Which of them fit and calibrate. All others keep their labels.
    answers
        Of an audit, about these or older held-out tickets.
    changes
        What became of the labels since a person accepted them.

    Returns
    -------
    list of ClosedTicket
        All tickets, in their order. Of several accepted labels the ticket keeps its own, or gets the first; of a multi
        head it gets all. Where none is right, none is left. Where the person could not tell, nothing changes.
    """
    found: dict[tuple[str, str], Said] = {}
    heads = heads_of(tickets)
    for row in rows:
        ticket = tickets[row]
        for head in (*heads, *ticket.label_sets):
            answer = answers.find(ticket.id, head, ticket.text)
            if answer is not None and answer.heads[head].kind != "cannot_tell":
                accepted = _accepted(answer, head, ticket, changes)
                found[ticket.id, head] = accepted if head in ticket.label_sets else _label(accepted, head, ticket)
    return label_sources.with_audited(tickets, found, rows)


def _accepted(answer: Answer, head: str, ticket: ClosedTicket, changes: Changes) -> tuple[str, ...]:
    since = from_text(answer.at, "at")
    traces = (
        changes.trace(head, label, since, lambda change: change.told_by(ticket.text))
        for label in answer.heads[head].labels
    )
    return tuple(dict.fromkeys(trace.label for trace in traces if trace.label is not None))


def _label(accepted: Sequence[str], head: str, ticket: ClosedTicket) -> str | None:
    own = ticket.labels.get(head)
    return own if own in accepted else next(iter(accepted), None)
