"""The response of the gap report, as JSON and as CSV."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from retrieval.gaps.gaps import Gap
from retrieval.gaps.outlines import Line
from retrieval.index.article_index import ArticleIndex
from serving.http.spreadsheets.csv_rows import Cell, written
from serving.reports.export import span_of
from serving.reports.kb_gaps import Report

Kind = Literal["missing", "unreachable", "unhelpful", "contradictory", "stale"]
Trend = Literal["rising", "steady", "falling"]
#: A trend is told from this ratio between the halves of the window on.
TOLD_FROM = 1.5
COLUMNS = (
    *("kind", "label", "title", "questions", "share", "trend", "earlier", "later", "saves_a_month", "article_id"),
    *("nearest_article_id", "nearest_score", "example", "draft_title", "evidence", "from", "to"),
)
NOTHING_ASKED = "Nobody asked anything in this time: choose a longer one, or wait for questions and closed tickets."
NOTHING_FOUND = "No group of unanswered questions is large enough to be a gap."
WAITING = "Some questions are still being encoded: ask again in a minute."


class NearOut(Struct, kw_only=True):
    """An article that was found, with its mean score over the group."""

    id: str
    title: str
    score: float


class LineOut(Struct, kw_only=True):
    """A sentence or step, word for word and redacted, with the ticket that it is from."""

    text: str
    ticket_id: str
    agreeing: int


class OutlineOut(Struct, kw_only=True):
    """A draft for an article; nothing in it is made up."""

    title: str
    asked: list[str]
    steps: list[LineOut]
    facts: list[LineOut]
    sources: list[str]


class GapOut(Struct, kw_only=True):
    """A group of questions without a good answer."""

    kind: Kind
    label: str
    title: str
    evidence: str
    article_id: str | None
    questions: int
    share: float
    trend: Trend
    earlier: int
    later: int
    saves_a_month: float
    examples: list[str]
    nearest: list[NearOut]
    outline: OutlineOut


class GapsOut(Struct, kw_only=True):
    """Knowledge-base gaps, most expensive first."""

    generated_at: datetime
    since: datetime
    until: datetime
    n: int
    answered: int
    scattered: int
    waiting: int
    clusters: list[GapOut]
    note: str | None


def gaps_out(report: Report, limit: int, at: datetime) -> GapsOut:
    """Write a report."""
    found = report.gaps
    note = WAITING if report.waiting else NOTHING_ASKED if not found.n else None if found.found else NOTHING_FOUND
    return GapsOut(
        generated_at=at,
        since=report.window.since,
        until=report.window.until,
        n=found.n,
        answered=found.answered,
        scattered=found.scattered,
        waiting=report.waiting,
        clusters=[_gap_out(gap, report.index) for gap in found.found[:limit]],
        note=note,
    )


def gaps_csv(report: GapsOut) -> str:
    """Return a row for each knowledge-base gap, with the article that comes nearest and the title of the draft."""
    return written(COLUMNS, (_row(each, report) for each in report.clusters))


def _row(gap: GapOut, report: GapsOut) -> tuple[Cell, ...]:
    near = gap.nearest[0] if gap.nearest else None
    return (
        *(gap.kind, gap.label, gap.title, gap.questions, gap.share, gap.trend, gap.earlier, gap.later),
        *(gap.saves_a_month, gap.article_id, near.id if near else None, near.score if near else None),
        *(next(iter(gap.examples), None), gap.outline.title, gap.evidence, *span_of(report.since, report.until)),
    )


def _gap_out(gap: Gap, index: ArticleIndex) -> GapOut:
    return GapOut(
        kind=gap.kind,
        label=gap.label,
        title=gap.title,
        evidence=gap.evidence,
        article_id=gap.article_id,
        questions=len(gap.ids),
        share=round(gap.share, 4),
        trend=_trend(gap),
        earlier=gap.earlier,
        later=gap.later,
        saves_a_month=round(gap.saves_a_month, 2),
        examples=list(gap.examples),
        nearest=[NearOut(id=each, title=index.articles[each].title, score=round(s, 2)) for each, s in gap.nearest],
        outline=OutlineOut(
            title=gap.outline.title,
            asked=list(gap.outline.asked),
            steps=[_line_out(each) for each in gap.outline.steps],
            facts=[_line_out(each) for each in gap.outline.facts],
            sources=list(gap.outline.sources),
        ),
    )


def _line_out(line: Line) -> LineOut:
    return LineOut(text=line.text, ticket_id=line.source, agreeing=line.agreeing)


def _trend(gap: Gap) -> Trend:
    if gap.later >= TOLD_FROM * max(gap.earlier, 1):
        return "rising"
    return "falling" if gap.earlier >= TOLD_FROM * max(gap.later, 1) else "steady"
