"""Why a new ticket or a customer's later message needs nobody."""

from collections.abc import Callable, Mapping
from typing import Protocol

from serving.erasure import MARK
from serving.inference.tagger import TicketText
from serving.policy.nobody import labelled_reason, nobody_reason
from serving.policy.nobody_head import NobodyHead
from serving.policy.policies import Policies
from serving.ticket_desk import NewTicket, Tagged
from triage.model.urgency import UrgencyPhrases
from triage.text.cleaning import own_words
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import AGENT
from triage.tickets.ticket import Ticket


class Tags(Protocol):
    """Tags a text; `own`: only by a model of the desk itself."""

    def __call__(self, filed: TicketText, /, *, own: bool) -> Tagged | None: ...  # noqa: D102


def reason_of_new(new: NewTicket, urgency: UrgencyPhrases) -> NobodyReason | None:
    """Return why a new ticket needs nobody by its header or its words.

    A conversation that was handed off needs somebody, and so do thanks with a file, or that an agent wrote down.
    """
    if new.deflection_id is not None:
        return None
    return _unless_by_hand(new, nobody_reason(new.subject, new.description, new.headers, urgency))


def reason_by_label(
    new: NewTicket, tagged: Tagged | None, head: NobodyHead | None, urgency: UrgencyPhrases
) -> NobodyReason | None:
    """Return why a new ticket needs nobody by a certified label of the desk's own head; else as `reason_of_new`."""
    if new.deflection_id is not None or tagged is None:
        return None
    return _unless_by_hand(new, labelled_reason(head, tagged.assessments, new.subject, new.description, urgency))


def reason_of_reply(
    read: Callable[[], Ticket],
    text: str,
    headers: Mapping[str, str],
    policies: Policies,
    tag: Tags,
) -> NobodyReason | None:
    """Return why a customer's later message needs nobody: by its header or words, else by the desk's own head.

    The head reads the message alone, and only where the policy lets it. What the message answers is not seen here:
    `triage.tickets.messages.replies.reason_on` has the last word.
    """
    reason, head = nobody_reason("", text, headers, policies.urgency), policies.nobody
    said = own_words(text)
    if reason is not None or head is None or not head.replies or not said:
        return reason
    ticket = read()
    if ticket.description == MARK:
        return None
    known = (ticket.email, ticket.account)
    filed = TicketText("", said, ticket.language, ticket.plan, ticket.channel, known, headers)
    tagged = tag(filed, own=ticket.deflection_id is None)
    return None if tagged is None else labelled_reason(head, tagged.assessments, "", text, policies.urgency)


def _unless_by_hand(new: NewTicket, reason: NobodyReason | None) -> NobodyReason | None:
    by_hand = bool(new.attachments) or new.by.startswith(f"{AGENT}:")
    return None if reason is NobodyReason.THANKS and by_hand else reason
