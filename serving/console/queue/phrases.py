"""How the queue says things: statuses, priorities, who did something, how a label was set, and what happened."""

from collections.abc import Mapping
from typing import Final

from triage.reason_codes import ReasonCode

NO_SUBJECT = "(no subject)"
TONES: Final[Mapping[str, str]] = {"P0": "bad", "P1": "bad", "P2": "warn"}
STATUS_TONES: Final[Mapping[str, str]] = {"new": "warn", "resolved": "good", "closed": "good"}
HEADS: Final[Mapping[str, str]] = {"product_area": "product area"}
MODES: Final[Mapping[str, str]] = {
    "auto": "applied by itself",
    "suggest": "suggested",
    "abstain": "none offered",
    "agent": "set by a person",
}
REASONS: Final[Mapping[ReasonCode, str]] = {
    ReasonCode.CERTIFIED: "A certificate covers this label, so it was applied.",
    ReasonCode.NO_CERTIFICATE: "No certificate covers tickets like this one yet, so it is only suggested.",
    ReasonCode.BELOW_THRESHOLD: "The model is not sure enough.",
    ReasonCode.OUT_OF_DOMAIN: "The ticket is unlike all that the model learnt from.",
    ReasonCode.NO_MODEL: "There is no model of this desk yet.",
    ReasonCode.AUDITED: "A certificate covers this label. A person is asked here to check that such tags are right.",
    ReasonCode.CERTIFICATE_EXPIRED: "The certificate expired: people found too many wrong labels.",
    ReasonCode.CERTIFICATE_LAPSED: "The certificate lapsed, or cannot be looked up, so it is only suggested.",
    ReasonCode.RAISED_BY_PHRASE: "An urgent phrase in the ticket raised the priority.",
    ReasonCode.RAISED_BY_PROBABILITY: "The probability of P0 or P1 raised the priority.",
    ReasonCode.RAISED_BY_EMERGENCY: "The ticket reads like an emergency, which raised the priority.",
    ReasonCode.SET_BY_PERSON: "A person set it. No model changes it.",
}
NOBODY_REASONS: Final[Mapping[str, str]] = {
    "out_of_office": "an out-of-office note",
    "bounce": "a mail that came back",
    "acknowledgement": "an automatic confirmation",
    "newsletter": "a newsletter",
    "notification": "a message of a machine",
    "thanks": "only thanks",
}
HAPPENED: Final[Mapping[str, str]] = {
    "ticket_opened": "came in",
    "ticket_tagged": "tags set",
    "fields_set": "fields set",
    "fields_found": "fields found in a later message",
    "ticket_retriaged": "tags changed after a later message",
    "ticket_taken_up": "needs somebody after all",
    "plan_changed": "plan changed",
    "customer_changed": "customer's account changed",
    "ticket_moved": "brand or region changed",
    "incident_joined": "linked to an incident",
    "incident_left": "unlinked from the incident",
    "ticket_routed": "sent to a team",
    "ticket_assigned": "assignee changed",
    "agent_replied": "agent replied",
    "customer_replied": "customer replied",
    "note_added": "note added",
    "ticket_started": "set to open",
    "ticket_paused": "set to pending",
    "ticket_resumed": "set to open after pending",
    "ticket_resolved": "resolved",
    "ticket_reopened": "reopened",
    "ticket_closed": "closed",
    "ticket_rated": "customer rated it",
    "ticket_escalated": "escalated",
    "sla_breached": "deadline missed",
    "sla_warned": "deadline is near",
    "escalation_due": "first line's time for troubleshooting is over",
    "handling_chosen": "handling at T3 chosen",
    "csm_alerted": "customer success was alerted",
}
MOVES: Final[Mapping[str, str]] = {"open": "Set to open", "pending": "Set to pending", "closed": "Close"}
FIELDS: Final[Mapping[str, str]] = {
    "text": "To the customer",
    "resolution_type": "How it ended",
    "root_cause": "Root cause",
    "kb_article_id": "Article that solved it",
    "incident": "Incident",
}
RESOLUTIONS: Final[Mapping[str, str]] = {
    "solved": "Solved",
    "workaround": "Workaround",
    "wont_fix": "Will not be fixed",
    "duplicate": "Duplicate",
    "feature_request": "Feature request",
}
KINDS: Final[Mapping[str, str]] = {
    "first_response": "First response",
    "next_response": "Next response",
    "resolution": "Resolution",
}
SOURCES: Final[Mapping[str, str]] = {"contract": "contract of the plan", "target": "target of the priority"}
LENT: Final = ", of another ticket of the incident"
STATES: Final[Mapping[str, str]] = {
    "running": "running",
    "paused": "paused",
    "stopped": "done",
    "unreachable": "no open hour meets it",
}
_SURE: Final = ((0.9, "very sure"), (0.7, "fairly sure"), (0.5, "not sure"))
_LEAST = 0.005  # that is written as a number
_SUREST = 0.99  # that is shown: nobody is certain of a suggestion


def field_name(name: str) -> str:
    """Name a field as its form does."""
    last = name.removeprefix("tags.").removeprefix("fields.")
    return FIELDS.get(last) or head_name(last).capitalize()


def head_name(head: str) -> str:
    """Name a head."""
    return HEADS.get(head, head.replace("_", " "))


def actor_name(by: str) -> str:
    """Name whoever did something, from the author of a fact."""
    kind, _, name = by.partition(":")
    if kind == "agent" and name:
        return name
    known = {"customer": "Customer", "firstline": "Firstline", "agent": "Agent"}
    return known.get(by) or (f"{kind.capitalize()} {name}" if name else by)


def confidence(share: float) -> str:
    """Write how sure a model is: in words, and in figures."""
    words = next((words for least, words in _SURE if share >= least), "a guess")
    return f"{words} ({percent(share)})"


def percent(share: float) -> str:
    """Write a share of a model's certainty."""
    return "<1%" if share < _LEAST else f"{min(share, _SUREST):.0%}"
