"""A message that asks nothing: by the header of its mail, or by its words."""

from typing import NamedTuple

from serving.deflections.schemas import QuestionIn
from serving.deflections.small_talk import closing
from serving.policy.nobody import nobody_reason
from triage.model.urgency import UrgencyPhrases
from triage.text.automatic import machine_reason
from triage.text.nobody.closing import is_automatic_text
from triage.text.nobody.reasons import NobodyReason


class Closed(NamedTuple):
    """Why nobody has to act, None for a farewell; and whether it confirms the answer before it."""

    needs_nobody: NobodyReason | None
    confirms: bool


def closed_by(question: str, asked: QuestionIn, urgency: UrgencyPhrases) -> Closed | None:
    """Return what a message is that only closes; None for any other. `question` is its text as people see it."""
    by_header = nobody_reason("", asked.question, asked.headers, urgency) if asked.headers else None
    if by_header is not None:
        return Closed(by_header, by_header is NobodyReason.THANKS)
    closes = closing(question)
    if closes == "confirming":
        return Closed(NobodyReason.THANKS, confirms=True)
    if closes is None:
        return None
    away = NobodyReason.OUT_OF_OFFICE if is_automatic_text(question) else None
    return Closed(machine_reason("", question) or away, confirms=False)
