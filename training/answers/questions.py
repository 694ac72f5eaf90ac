"""Questions with known answers, to measure ranking and decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from retrieval.articles.translations import tongue
from training.errors import QuestionsNotReadable
from triage.errors import FileNotReadable
from triage.reading import bounded_files

ANSWERS: Final = 2


@dataclass(frozen=True, slots=True)
class Acceptable:
    """The passages of one article that answer a question."""

    passages: tuple[str, ...]
    #: Whether they are given by their headings (full paths), or by phrases that the right passage contains.
    match: str = "heading"

    def holds(self, heading: str, text: str) -> bool:
        """Tell whether a section with this heading and text is one of them."""
        if self.match == "heading":
            return heading in self.passages
        return any(" ".join(phrase.split()) in " ".join(text.split()) for phrase in self.passages)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the articles that answer it; none at all means that no article does."""

    id: str
    question: str
    relevant: frozenset[str]
    locale: str | None = None
    created_at: datetime | None = None
    #: Articles were named, but graded as no more than helpful: neither right nor known to be unanswerable.
    doubtful: bool = False
    #: Every article that was named, those that merely help too.
    named: frozenset[str] = frozenset()
    #: By article id, the passages that answer it; empty where the file names none.
    acceptable: Mapping[str, Acceptable] = field(default_factory=dict)

    def accepts(self, article_id: str, heading: str, text: str) -> bool:
        """Tell whether a section of an article is known to answer it."""
        of = self.acceptable.get(article_id)
        return of is not None and of.holds(heading, text)

    def is_in(self, language: str | None) -> bool:
        """Tell whether it is in a language (`en` for `en-US` too); every question is in none at all."""
        return language is None or tongue(self.locale or "") == tongue(language)


def read(path: Path, *, since: datetime | None = None) -> list[Question]:
    """Read questions, one JSON object a line (.jsonl or .jsonl.gz).

    Parameters
    ----------
    path
        The file.
    since
        Leave out what was asked before; a question without a time is then left out too, unless none has a time.

    Returns
    -------
    list of Question
        Where grades are given, only articles with grade 2 count as relevant. A line may name one `article_id` in place
        of `relevant` (null: no article answers it), `passages` of it that answer (headings as full paths, or phrases
        with `"match": "text"`), and under `also` other articles with theirs.

    Raises
    ------
    QuestionsNotReadable
        No such file, or a line that is not a question; names the line.
    """
    questions = list(_read(path))
    if not questions:
        raise QuestionsNotReadable(path, None, "there is no question in it")
    if since is None or all(each.created_at is None for each in questions):
        return questions
    return [each for each in questions if each.created_at is not None and each.created_at >= since]


def _read(path: Path) -> Iterator[Question]:
    try:
        for number, line in enumerate(bounded_files.lines(path), 1):
            if line.strip():
                yield _question(line, path, number)
    except FileNotReadable as error:
        raise QuestionsNotReadable(path, None, error.problem) from error
    except OSError as error:
        raise QuestionsNotReadable(path, None, error.strerror or str(error)) from error


def _question(line: bytes, path: Path, number: int) -> Question:
    try:
        record = json.loads(line)
        created_at = record.get("created_at")
        acceptable = _acceptable(record)
        named = _named(record) if "article_id" in record else [str(article) for article in record["relevant"]]
        return Question(
            id=str(record["id"]),
            question=_text(record),
            relevant=_relevant(named, record.get("grades")),
            locale=record.get("locale"),
            created_at=_instant(created_at) if created_at else None,
            doubtful=bool(named) and not _relevant(named, record.get("grades")),
            named=frozenset(named),
            acceptable=acceptable,
        )
    except KeyError as error:
        raise QuestionsNotReadable(path, number, f"`{error.args[0]}` is missing") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise QuestionsNotReadable(path, number, f"not a question with known answers: {error}") from error


def _named(record: Mapping[str, Any]) -> list[str]:
    first = record["article_id"]
    return [str(each["article_id"]) for each in (record, *(record.get("also") or ()))] if first is not None else []


def _acceptable(record: Mapping[str, Any]) -> dict[str, Acceptable]:
    if not record.get("passages"):
        return {}
    own = [record["article_id"]] if "article_id" in record else list(record["relevant"])
    lists = [(article, record) for article in own]
    lists += [(each["article_id"], each) for each in record.get("also") or ()]
    return {
        str(article): Acceptable(tuple(map(str, each["passages"])), str(each.get("match", "heading")))
        for article, each in lists
    }


def _text(record: Mapping[str, object]) -> str:
    text = record["question"]
    if not isinstance(text, str) or not text.strip():
        raise ValueError("`question` is empty")
    return text


def _relevant(named: list[str], grades: Mapping[str, int] | None) -> frozenset[str]:
    if not grades:
        return frozenset(named)
    return frozenset(article for article in named if grades.get(article, ANSWERS) >= ANSWERS)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"`created_at` {text!r} has no time zone")
    return instant.astimezone(UTC)
