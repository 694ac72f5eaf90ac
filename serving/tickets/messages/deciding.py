"""Why a new ticket or a reply needs nobody."""

from collections.abc import Mapping

from serving.ticket_desk import NewTicket
from triage.model.urgency import UrgencyPhrases
from triage.text.automatic import may_be_person
from triage.text.cleaning import needs_nobody, newest_words
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


def nobody_reason(subject: str, text: str, headers: Mapping[str, str], urgency: UrgencyPhrases) -> NobodyReason | None:
    """Return why a message needs nobody; None where somebody has to see it.

    An emergency always needs somebody: urgent phrases count where a person may have written the mail after all.
    """
    reason = needs_nobody(subject, text, headers)
    if reason is None or not may_be_person(subject, newest_words(text, subject), headers):
        return reason
    alarmed = urgency.find(f"{subject}\n{newest_words(text, subject)}") is not None
    return None if alarmed else reason
