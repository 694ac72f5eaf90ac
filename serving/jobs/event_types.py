"""Event types, as used by OpenAPI, validation and the documentation."""

from collections.abc import Mapping

TICKET_CREATED = "ticket.created"
TICKET_TAGGED = "ticket.tagged"
TICKET_FIELDS_SET = "ticket.fields_set"
TICKET_ROUTED = "ticket.routed"
TICKET_ASSIGNED = "ticket.assigned"
TICKET_REPLIED = "ticket.replied"
TICKET_CUSTOMER_REPLIED = "ticket.customer_replied"
TICKET_STATUS_CHANGED = "ticket.status_changed"
TICKET_ESCALATED = "ticket.escalated"
TICKET_ESCALATION_DUE = "ticket.escalation_due"
TICKET_SLA_WARNED = "ticket.sla_warned"
TICKET_SLA_BREACHED = "ticket.sla_breached"
TICKET_RATED = "ticket.rated"
SURVEY_OFFERED = "survey.offered"
CSM_ALERTED = "csm.alerted"
CERTIFICATE_EXPIRED = "certificate.expired"
DEFLECTION_ANSWERED = "deflection.answered"
DEFLECTION_CLARIFIED = "deflection.clarified"
DEFLECTION_HANDED_OFF = "deflection.handed_off"
DEFLECTION_CONFIRMED = "deflection.confirmed"
DEFLECTION_NOT_HELPFUL = "deflection.not_helpful"
DEFLECTION_ABANDONED = "deflection.abandoned"
MODEL_CANARY_REVERTED = "model.canary_reverted"
STAFFING_ALARM = "staffing.alarm"
TRENDS_WEEKLY = "trends.weekly"
INCIDENT_PROPOSED = "incident.proposed"
WEBHOOK_ENDPOINT_DISABLED = "webhook.endpoint_disabled"
WEBHOOK_DELIVERY_EXHAUSTED = "webhook.delivery_exhausted"
WEBHOOK_TEST = "webhook.test"

EVENT_TYPES: Mapping[str, str] = {
    TICKET_CREATED: "a ticket was opened",
    TICKET_TAGGED: "labels were set, by a model or an agent",
    TICKET_FIELDS_SET: "declared fields were set, by a person or by a later message of the customer",
    TICKET_ROUTED: "it was routed to a team and tier",
    TICKET_ASSIGNED: "the assignee changed",
    TICKET_REPLIED: "an agent replied",
    TICKET_CUSTOMER_REPLIED: "the customer replied",
    TICKET_STATUS_CHANGED: "the status changed",
    TICKET_ESCALATED: "it was escalated to a higher tier",
    TICKET_ESCALATION_DUE: "it is due for escalation",
    TICKET_SLA_WARNED: "a deadline is near",
    TICKET_SLA_BREACHED: "a deadline was missed",
    TICKET_RATED: "the customer rated a resolution",
    SURVEY_OFFERED: "a ticket was resolved: this link asks the customer how the help was",
    CSM_ALERTED: "an account of high value has several urgent tickets: its CSM should know",
    CERTIFICATE_EXPIRED: "a certificate ended: tags that it covered are no longer applied, only suggested",
    DEFLECTION_ANSWERED: "a question was answered",
    DEFLECTION_CLARIFIED: (
        "the customer was asked which article, or which part of an article that is offered, is meant"
    ),
    DEFLECTION_HANDED_OFF: "a question was handed off to a person",
    DEFLECTION_CONFIRMED: "the customer said that the answer helped",
    DEFLECTION_NOT_HELPFUL: "the customer said that the answer did not help",
    DEFLECTION_ABANDONED: "the customer left without feedback",
    MODEL_CANARY_REVERTED: "a canary went back by itself: the current model serves every ticket again",
    STAFFING_ALARM: "a figure of the week that ended says that people are missing",
    TRENDS_WEEKLY: "the week ended in which some themes of tickets grew or shrank",
    INCIDENT_PROPOSED: "an unusual burst of tickets: it may be an incident",
    WEBHOOK_ENDPOINT_DISABLED: "an endpoint was disabled",
    WEBHOOK_DELIVERY_EXHAUSTED: "the last attempt of a delivery failed",
    WEBHOOK_TEST: "a test was requested for this endpoint",
}
