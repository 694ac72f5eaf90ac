"""What a response says beside the answer: an incident that goes on, and declared fields of the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.deflections import replies
from serving.deflections.opening.session import attributes_of
from serving.deflections.replies import Reply
from serving.deflections.schemas import DeflectionOut, IncidentOut, QuestionIn
from serving.policy.ticket_fields import FieldOut, fields_out, missing_out, stored_only
from serving.ticket_desk import KnowsIncidents, NewTicket, PublicIncident, TicketDesk
from triage.fields.declaration import TicketFields
from triage.fields.finding import WrittenText, found, missing
from triage.tickets.attributes import Attributes, Segment

_HANDED_OFF = {"hand_off", "holdout"}


def shown(incident: PublicIncident | None) -> IncidentOut | None:
    """Return what of an incident goes over the wire."""
    if incident is None:
        return None
    return IncidentOut(id=incident.id, title=incident.title, message=incident.message, since=incident.since)


@dataclass(frozen=True, slots=True)
class BesideTheAnswer:
    """Knows incidents, declared fields, and the desk: by the labels of a ticket it asks for fields."""

    incidents: KnowsIncidents
    fields: TicketFields
    desk: TicketDesk

    def with_incident(self, question: str, reply: Reply, at: datetime) -> tuple[Reply, PublicIncident | None]:
        """Return the incident that a question is about, and the reply beside it: no article where its terms fit.

        A greeting or thanks is about none. Whoever needs a person at once gets one.
        """
        if not (reply.eligible or reply.human_requested):
            return reply, None
        best = reply.suggestions[0][0].article.product_area if reply.suggestions else None
        incident = self.incidents.about(question, best, at)
        if incident is not None and incident.instead and reply.is_from_articles:
            reply = replies.to_incident(reply, reply.language)
        return reply, incident

    def add(
        self,
        answer: DeflectionOut,
        asked: QuestionIn,
        reply: Reply,
        at: datetime,
        *,
        known: Sequence[str | None],
    ) -> list[FieldOut]:
        """Put into a response the fields that may be kept and those that are missing; return all that were read.

        Fields are read of what is handed off; what is missing is said of any question that may become a ticket.
        """
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
