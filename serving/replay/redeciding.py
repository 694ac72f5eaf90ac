"""The decisions on past questions under other thresholds, from the probability that is kept of each."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from retrieval.answering.answerability import UNCERTAIN
from retrieval.articles.translations import tongue
from serving.deflections.customer_language import CustomerLanguages
from serving.deflections.phrases import PHRASES
from serving.inference.languages import Languages
from serving.replay.trial import AnswerThresholds, Window
from serving.storage.database import read_only
from serving.storage.tables import articles, deflections
from triage.text.cleaning import clean

#: How the reason of a hand-off reads that a threshold decided, in every language.
_UNSURE = frozenset({UNCERTAIN, *(each["unsure"] for each in PHRASES.values())})
_BY_TITLE = "was asked for by its title."
DECISIONS = ("answer", "clarify", "hand_off")


class Session(NamedTuple):
    """What is kept of the decision on one question."""

    id: str
    decision: str
    confidence: float | None
    reason: str
    visitor: str | None
    language: str | None = None
    """That the question is clearly written in; only where thresholds depend on it."""
    article_offered: bool = False


def stored(database: Path | str, window: Window, *, by_language: bool = False) -> Iterator[Session]:
    """Read the sessions of a window whose question was a real one, with their languages where these decide."""
    columns = deflections.c
    wanted = columns.id, columns.decision, columns.confidence, columns.reason, columns.visitor
    chosen = sa.select(*wanted, columns.article_offered, columns.question, columns.locale).where(
        columns.created_at >= window.begins_at, columns.created_at < window.ends_at, columns.eligible
    )
    languages = Languages() if by_language else None
    with read_only(database) as connection:
        known = sorted({tongue(each) for each in connection.scalars(sa.select(articles.c.locale).distinct()) if each})
        for row in connection.execute(chosen.order_by(columns.created_at, columns.id)):
            language = None
            if languages is not None:
                language = CustomerLanguages.of(clean(row.question), row.locale, languages, known).written
            yield Session(row.id, row.decision, row.confidence, row.reason, row.visitor, language, row.article_offered)


def redecided(session: Session, now: AnswerThresholds, then: AnswerThresholds) -> str:
    """Decide on a question again; what no threshold decided stays, such as an emergency or an article for a person.

    Parameters
    ----------
    session
        The question's session.
    now
        The thresholds that apply: a hand-off above them had another reason.
    then
        Those that are tried.

    Returns
    -------
    str
        One of `DECISIONS`.
    """
    now, then = now.of(session.language), then.of(session.language)
    p = session.confidence
    if p is None or session.decision not in DECISIONS:
        return session.decision
    if session.decision == "hand_off":
        if session.reason not in _UNSURE:
            return session.decision
        if p >= then.answer_at:
            return "answer"
        return "clarify" if then.clarify_at <= p < now.clarify_at else session.decision
    if p >= then.answer_at:
        return "answer"
    if session.decision == "answer" and session.reason.endswith(_BY_TITLE):
        return session.decision
    if session.article_offered:
        return session.decision
    return "clarify" if p >= then.clarify_at else "hand_off"
