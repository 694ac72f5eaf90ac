"""Proposals of incidents as CSV."""

from datetime import datetime

from serving.http.spreadsheets.csv_rows import Cell, written
from serving.surges.schemas import ProposalList, ProposalOut

COLUMNS = (
    *("id", "state", "proposed_at", "began_at", "grew_at", "ended_at", "senders", "tickets", "words", "area"),
    *("priority", "counted", "counted_name", "window_minutes", "n", "expected", "usual_most", "p_value"),
    *("incident_id", "decided_at", "actor"),
)


def proposals_csv(report: ProposalList) -> str:
    """Return a row for each proposal."""
    return written(COLUMNS, (_row(each) for each in report.proposals))


def _row(each: ProposalOut) -> tuple[Cell, ...]:
    seen = each.counted
    return (
        *(each.id, each.state, *map(_at, (each.proposed_at, each.began_at, each.grew_at, each.ended_at))),
        *(each.senders, each.tickets, " ".join(each.words), each.area, each.priority),
        *(seen.kind, seen.name, seen.window_minutes, seen.n, seen.expected, seen.usual_most, seen.p_value),
        *(each.incident_id, _at(each.decided_at), each.actor),
    )


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant:%Y-%m-%dT%H:%M:%SZ}"
