"""Why a message needs nobody: by its header, its words and the urgent phrases, or by a head that the policy names."""

from collections.abc import Mapping

from serving.policy.nobody_head import NobodyHead
from triage.model.assessment import Assessment
from triage.model.urgency import HEAD, URGENT, UrgencyPhrases
from triage.text.automatic import may_be_person
from triage.text.cleaning import needs_nobody, newest_words, own_words
from triage.text.nobody.objections import objects
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


def labelled_reason(
    head: NobodyHead | None, assessments: Mapping[str, Assessment], subject: str, text: str, urgency: UrgencyPhrases
) -> NobodyReason | None:
    """Return why a message needs nobody by the label of the desk's own head; None where somebody has to see it.

    Only a label that is applied under its certificate says so, a suggestion never. An emergency always needs somebody:
    an urgent phrase, a priority that was raised, or one that is urgent by its own head. So does whoever may want
    something by their words: of these the closed tickets, and so the certificate, may have had too few.
    """
    tag = assessments.get(head.head) if head is not None else None
    if head is None or tag is None or tag.mode != "auto" or tag.certificate is None or tag.label is None:
        return None
    priority = assessments.get(HEAD)
    if priority is not None and (priority.raised_by is not None or priority.label in URGENT):
        return None
    reason = head.reasons.get(tag.label)
    if reason is None or urgency.find(f"{subject}\n{text}") is not None:
        return None
    wants = objects(reason, subject, newest_words(text, subject), own_words(text, subject))
    return None if wants else reason
