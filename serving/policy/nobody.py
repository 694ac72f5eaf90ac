"""Why a message needs nobody, by its header, its words, and the urgent phrases of the policy."""

from collections.abc import Mapping

from triage.model.urgency import UrgencyPhrases
from triage.text.automatic import may_be_person
from triage.text.cleaning import needs_nobody, newest_words
from triage.text.nobody.reasons import NobodyReason


def nobody_reason(subject: str, text: str, headers: Mapping[str, str], urgency: UrgencyPhrases) -> NobodyReason | None:
    """Return why a message needs nobody; None where somebody has to see it.

    An emergency always needs somebody: urgent phrases count where a person may have written the mail after all.
    """
    reason = needs_nobody(subject, text, headers)
    if reason is None or not may_be_person(subject, newest_words(text, subject), headers):
        return reason
    alarmed = urgency.find(f"{subject}\n{newest_words(text, subject)}") is not None
    return None if alarmed else reason
