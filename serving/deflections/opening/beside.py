"""What a response says beside the answer: an incident that goes on, and declared fields of the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.deflections.opening.session import attributes_of
from serving.deflections.replies import Reply
from serving.deflections.schemas import DeflectionOut, IncidentOut, QuestionIn
from serving.policy.ticket_fields import FieldOut, fields_out, missing_out, stored_only
from serving.ticket_desk import KnowsIncidents, NewTicket, TicketDesk
from triage.fields.declaration import TicketFields
from triage.fields.finding import WrittenText, found, missing
from triage.tickets.attributes import Attributes, Segment

_HANDED_OFF = {"hand_off", "holdout"}


@dataclass(frozen=True, slots=True)
class BesideTheAnswer:
    """Knows incidents, declared fields, and the desk: by the labels of a ticket it asks for fields."""

    incidents: KnowsIncidents
    fields: TicketFields
    desk: TicketDesk

    def add(
        self,
        answer: DeflectionOut,
        question: str,
        asked: QuestionIn,
        reply: Reply,
        at: datetime,
        *,
        known: Sequence[str | None],
    ) -> list[FieldOut]:
        """Put into a response the incident, the fields that may be kept and those that are missing.

        `question` is the cleaned one. Returns all fields that were read.
        """
        answer.incident = self._incident(question, reply, at)
        return self._fields_of(answer, asked, reply, at, known)

    def _incident(self, question: str, reply: Reply, at: datetime) -> IncidentOut | None:
        """Return the incident that a question is about; a greeting or thanks is about none."""
        found_one = self.incidents.about(question, at) if reply.eligible or reply.human_requested else None
        if found_one is None:
            return None
        return IncidentOut(title=found_one.title, message=found_one.message, since=found_one.since)

    def _fields_of(
        self, answer: DeflectionOut, asked: QuestionIn, reply: Reply, at: datetime, known: Sequence[str | None]
    ) -> list[FieldOut]:
        """Read fields of what is handed off, and say what is missing of any question that may become a ticket."""
        handed_off = answer.decision in _HANDED_OFF
        asks = any(rule.required is not None for rule in self.fields.rules) and (handed_off or reply.eligible)
        if not (handed_off or asks):
            return []
        read = found(self.fields, WrittenText("", asked.question, known), at.date())
        if asks:
            required = self.fields.required_of(self._attributes(asked))
            answer.missing = missing_out(missing(required, read), asked.locale or reply.language)
        shown = fields_out(read) if handed_off else []
        answer.fields = stored_only(self.fields, shown)
        return shown

    def _attributes(self, asked: QuestionIn) -> Attributes:
        if not self.fields.ask_for_labels:
            return attributes_of(asked)
        return self.desk.attributes(
            NewTicket(
                **vars(Segment.of(asked)),
                subject="",
                description=asked.question,
                channel=asked.channel,
                plan=asked.plan,
                account=asked.account,
                language=asked.locale,
                deflection_id="",
            )
        )
