"""Why a tag or a hand-off is what it is: a stable code for programs, beside the sentence for people."""

from __future__ import annotations

from enum import StrEnum

LONGEST_REASON = 140  # characters of the sentence; long explanations belong to the report and the docs


class ReasonCode(StrEnum):
    """Why a tag was applied, suggested or withheld. Codes are never renamed; `mode` says what follows."""

    CERTIFIED = "certified"
    """A certificate covers the label: it is applied."""
    NO_CERTIFICATE = "no_certificate"
    """No certificate covers tickets like this one yet: the label is suggested."""
    BELOW_THRESHOLD = "below_threshold"
    """The confidence is too low: to be applied (`suggest`) or to be shown at all (`abstain`)."""
    OUT_OF_DOMAIN = "out_of_domain"
    """The ticket is unlike all that was learnt from, or its label was retired since: no label is offered."""
    NO_MODEL = "no_model"
    """The desk has no model of its own yet: no label is offered."""
    AUDITED = "audited"
    """A certificate covers the label, but a person is asked whether such tags are still right: it is suggested."""
    CERTIFICATE_EXPIRED = "certificate_expired"
    """People's answers refuted the certificate that covered the label: it is suggested."""
    CERTIFICATE_LAPSED = "certificate_lapsed"
    """The certificate that covered the label is too old, or cannot be looked up: it is suggested."""
    RAISED_BY_PHRASE = "raised_by_phrase"
    """A phrase of the urgency lexicon raised the priority."""
    RAISED_BY_PROBABILITY = "raised_by_probability"
    """The probability of P0 or P1 raised the priority."""
    RAISED_BY_EMERGENCY = "raised_by_emergency"
    """The critical head, which knows emergencies of many kinds in seven languages, raised the priority."""
    SET_BY_PERSON = "set_by_person"
    """A person set the label."""


class HandOffCode(StrEnum):
    """Why a question was handed off to a person. Codes are never renamed."""

    EMERGENCY = "emergency"
    """It reports something that a person must see at once: an outage, lost data, a break-in, a leak, a threat."""
    PERSON_REQUESTED = "person_requested"
    """The customer asked for a person."""
    DISSATISFIED = "dissatisfied"
    """The customer said that the last answer did not help."""
    REPEATED = "repeated"
    """The customer asked this before."""
    NO_ANSWER = "no_answer"
    """No article answers it with enough certainty, or only one that is for a person to handle."""
    HOLDOUT = "holdout"
    """By chance the visitor sees no answers, so that it can be counted how many tickets answers save."""


RAISED_BY = {
    "lexicon": ReasonCode.RAISED_BY_PHRASE,
    "emergency": ReasonCode.RAISED_BY_EMERGENCY,
    "cut": ReasonCode.RAISED_BY_PROBABILITY,
}


def code_of(mode: str, raised_by: str | None) -> ReasonCode | None:
    """Return the code of a tag that was stored before there were codes; None where the rest of it does not tell."""
    if raised_by in RAISED_BY:
        return RAISED_BY[raised_by]
    return {"agent": ReasonCode.SET_BY_PERSON, "auto": ReasonCode.CERTIFIED}.get(mode)
