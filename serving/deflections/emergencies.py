"""Detect emergencies: what a person must see at once, whatever an article says about it."""

from retrieval.answering.answer_question import Finding
from triage.model.critical import CriticalHead
from triage.model.urgency import UrgencyPhrases


def is_emergency(found: Finding, phrases: UrgencyPhrases, head: CriticalHead | None) -> bool:
    """Tell whether a question reports an emergency.

    Parameters
    ----------
    found
        The question, cleaned, with the vector of its search.
    phrases
        The urgency lexicon. A phrase is enough, unless the head is sure that it is only talked about.
    head
        Sees what the phrases do not; None where the bundle has none, or one for another encoder.

    Returns
    -------
    bool
    """
    if head is None or found.vector is None:
        return phrases.find(found.question) is not None
    if head.find(found.question, found.vector) is not None:
        return True
    return phrases.find(found.question) is not None and not head.is_everyday(found.question, found.vector)
