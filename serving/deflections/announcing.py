"""Events of deflections: ids, decisions and numbers."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from serving.deflections.store import Deflection
from serving.jobs import event_types, outbox
from serving.jobs.outbox import NewEvent

DECIDED: Mapping[str, str] = {
    "answer": event_types.DEFLECTION_ANSWERED,
    "clarify": event_types.DEFLECTION_CLARIFIED,
    "hand_off": event_types.DEFLECTION_HANDED_OFF,
}
SAID: Mapping[str, str] = {
    "confirmed": event_types.DEFLECTION_CONFIRMED,
    "not_helpful": event_types.DEFLECTION_NOT_HELPFUL,
    "abandoned": event_types.DEFLECTION_ABANDONED,
}


def announce_decision(connection: sa.Connection, session: Deflection) -> None:
    """Keep the event of a question that was just decided."""
    if session.decision in DECIDED:
        outbox.emit(connection, session.id, [NewEvent(DECIDED[session.decision], _told(session), session.created_at)])


def announce_outcome(connection: sa.Connection, session: Deflection, *, at: datetime) -> None:
    """Keep the event of what the customer said or did."""
    if session.outcome is not None:
        outbox.emit(connection, session.id, [NewEvent(SAID[session.outcome], _told(session), at)])


def _told(session: Deflection) -> dict[str, object]:
    return {
        "id": session.id,
        "decision": session.decision,
        "confidence": session.confidence,
        "channel": session.channel,
        "locale": session.locale,
        "articles": [article["id"] for article in session.response.get("articles", [])],
        "outcome": session.outcome,
        "model": session.model,
    }
