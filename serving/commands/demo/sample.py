"""The sample as the demo needs it: tickets at their new times, questions with what the articles say."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from serving.errors import ServingError
from triage.tickets.closed_ticket import ClosedTicket, from_record

WEEK = timedelta(days=7)
OUTAGE_DAY = date(2025, 9, 17)
_OUTAGE = datetime(2025, 9, 17, 9, 48, tzinfo=UTC), datetime(2025, 9, 17, 13, 5, tzinfo=UTC)
_URGENT = ("P0", "P1")


class SampleMissing(ServingError):
    """The sample's files are not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The sample is not here: {path} is missing. Run it in a checkout of Firstline, after `make setup`."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTicket:
    """A ticket of the sample at its new time, and whether it belongs to the outage."""

    ticket: ClosedTicket
    created_at: datetime
    responded_at: datetime | None
    closed_at: datetime
    is_outage: bool


@dataclass(frozen=True, slots=True)
class Question:
    """An everyday question, and what an article says about it; nothing where no article does."""

    text: str
    article_id: str | None
    title: str = ""
    heading: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """Tickets in the order of their new times, and questions."""

    tickets: Sequence[SampleTicket]
    questions: Sequence[Question]
    titles: Mapping[str, str]


def read(folder: Path, index: Path, at: datetime) -> Sample:
    """Read the sample so that it ends now.

    Times move by whole weeks, so that weekdays and hours stay; what would lie ahead is left out. The outage is moved to
    the day before.

    Raises `SampleMissing`: a file is not there.
    """
    records = [json.loads(line) for line in _lines(folder / "tickets.jsonl.gz")]
    tickets = [each for each in map(from_record, records) if not each.spam and each.created_at and each.closed_at]
    last = max(each.created_at for each in tickets if each.created_at)
    moved = -((last - at) // WEEK) * WEEK if last < at else timedelta()
    outage = at.date() - timedelta(days=1) - OUTAGE_DAY
    found = [_moved(each, moved, outage) for each in tickets]
    past = sorted((each for each in found if each.created_at < at), key=lambda each: each.created_at)
    titles, quotes = _articles(index)
    asked = [json.loads(line) for line in _lines(folder / "articles/known_questions.jsonl")]
    return Sample(past, [_question(each, titles, quotes) for each in asked], titles)


def _moved(ticket: ClosedTicket, by: timedelta, outage: timedelta) -> SampleTicket:
    created_at, closed_at = ticket.created_at, ticket.closed_at
    assert created_at is not None and closed_at is not None  # noqa: S101, PT018 (only such are moved)
    is_outage = _OUTAGE[0] <= created_at < _OUTAGE[1] and ticket.labels.get("priority") in _URGENT
    span = outage if is_outage else by
    answered = ticket.first_response_at
    return SampleTicket(
        ticket=replace(ticket, created_at=created_at + span),
        created_at=created_at + span,
        responded_at=None if answered is None else answered + span,
        closed_at=closed_at + span,
        is_outage=is_outage,
    )


def _articles(index: Path) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return titles of articles, and of their sections the first sentences."""
    titles = {str(each["id"]): str(each["title"]) for each in map(json.loads, _lines(index / "articles.jsonl"))}
    quotes: dict[tuple[str, str], str] = {}
    for article_id, _, heading, _, pieces in map(json.loads, _lines(index / "passages.jsonl")):
        texts = [piece[1] for piece in pieces if piece[0] != "row"] or [piece[1] for piece in pieces]
        quotes.setdefault((article_id, heading), " ".join(texts[:2]))
    return titles, quotes


def _question(record: Mapping[str, Any], titles: Mapping[str, str], quotes: Mapping[tuple[str, str], str]) -> Question:
    article_id = record.get("article_id")
    heading = next(iter(record.get("passages") or ()), "")
    quote = quotes.get((article_id or "", heading)) or quotes.get((article_id or "", ""), "")
    if article_id is None or not quote:
        return Question(record["question"], None)
    return Question(record["question"], article_id, titles[article_id], heading, quote)


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise SampleMissing(path)
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode().splitlines()
