"""What a new session keeps of a question and of the response to it."""

from datetime import datetime

import msgspec

from serving.deflections.replies import Reply
from serving.deflections.schemas import DeflectionOut, QuestionIn
from serving.deflections.store import Deflection
from triage.tickets.attributes import Attributes, Segment


def attributes_of(asked: QuestionIn) -> Attributes:
    """Return what is known of a question's customer."""
    segment = vars(Segment.of(asked))
    return Attributes(**segment, plan=asked.plan, account=asked.account, language=asked.locale, channel=asked.channel)


def session_of(session_id: str, answer: DeflectionOut, asked: QuestionIn, reply: Reply, at: datetime) -> Deflection:
    """Return the session of a question."""
    return Deflection(
        id=session_id,
        created_at=at,
        question=asked.question.strip(),
        channel=asked.channel,
        visitor=asked.visitor,
        account=asked.account,
        plan=asked.plan,
        locale=asked.locale,
        brand=asked.brand or None,
        decision=answer.decision,
        confidence=reply.confidence,
        reason=answer.reason,
        eligible=reply.eligible,
        response=msgspec.to_builtins(answer),
        model=reply.model,
        articles_version=reply.articles_version,
        ended="human_requested" if reply.human_requested else None,
        article_offered=answer.clarification is not None and answer.clarification.article is not None,
    )
