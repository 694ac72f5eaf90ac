"""Why a new ticket needs nobody."""

from serving.policy.nobody import labelled_reason, nobody_reason
from serving.policy.nobody_head import NobodyHead
from serving.ticket_desk import NewTicket, Tagged
from triage.model.urgency import UrgencyPhrases
from triage.text.nobody.reasons import NobodyReason
from triage.tickets.events import AGENT


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
    return _unless_by_hand(new, labelled_reason(head, tagged.assessments, f"{new.subject}\n{new.description}", urgency))


def _unless_by_hand(new: NewTicket, reason: NobodyReason | None) -> NobodyReason | None:
    by_hand = bool(new.attachments) or new.by.startswith(f"{AGENT}:")
    return None if reason is NobodyReason.THANKS and by_hand else reason
