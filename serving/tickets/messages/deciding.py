"""Why a new ticket needs nobody."""

from serving.policy.nobody import nobody_reason
from serving.ticket_desk import NewTicket
from triage.model.urgency import UrgencyPhrases
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import AGENT


def reason_of_new(new: NewTicket, urgency: UrgencyPhrases) -> NobodyReason | None:
    """Return why a new ticket needs nobody.

    A conversation that was handed off needs somebody, and so do thanks with a file, or that an agent wrote down.
    """
    if new.deflection_id is not None:
        return None
    reason = nobody_reason(new.subject, new.description, new.headers, urgency)
    by_hand = bool(new.attachments) or new.by.startswith(f"{AGENT}:")
    return None if reason is NobodyReason.THANKS and by_hand else reason
