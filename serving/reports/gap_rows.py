"""Knowledge-base gaps as CSV."""

from serving.http.spreadsheets.csv_rows import Cell, written
from serving.reports.export import span_of
from serving.reports.schemas import GapOut, GapsOut

COLUMNS = (
    *("kind", "label", "title", "questions", "share", "trend", "earlier", "later", "saves_a_month", "article_id"),
    *("nearest_article_id", "nearest_score", "example", "draft_title", "evidence", "from", "to"),
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
