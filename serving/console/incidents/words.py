"""Proposals in words."""

from datetime import timedelta

from serving.console.words import span
from serving.surges.schemas import ProposalOut, WindowCount

STATES = {"open": "to decide", "accepted": "an incident", "dismissed": "dismissed"}
DONE = {
    "accepted": "It is an incident now: its tickets follow the incident's ticket and share its deadlines.",
    "linked": "The tickets that came since are linked.",
    "dismissed": "Dismissed. This burst is not proposed again.",
    "opened": "The incident is open. Customers are told from now on.",
    "changed": "Customers are told this from now on.",
    "ended": "It has ended. Nobody is told any more.",
    "concluded": "The message went to all open tickets, and they are resolved.",
}
_NAMES = {"all": "all tickets", "urgent": "tickets of P0 and P1", "near": "tickets that say nearly the same"}


def title(proposal: ProposalOut) -> str:
    """Name a proposal by its words, else by its area."""
    return ", ".join(proposal.words[:3]) or proposal.area or "unusually many tickets"


def counted(count: WindowCount) -> str:
    """Say what was counted, and what is usual."""
    about = {"area": f"tickets of {count.name}", "word": f"tickets with the word {count.name or ''}"}
    of = _NAMES.get(count.kind) or about[count.kind]
    window = span(timedelta(minutes=count.window_minutes))
    usual = f"{count.expected:.1f} expected, at most {count.usual_most} in 97.5 % of such windows"
    return f"{count.n} senders of {of.strip()} within {window}; {usual}"
