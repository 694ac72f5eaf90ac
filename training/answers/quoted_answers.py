"""What the held-out questions were answered with, kept in the bundle so that people can check it (`answered.jsonl`)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from retrieval.answering.quotes import compose
from retrieval.encoder.text_language import language_of
from triage.model.bundle_files import ANSWERED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from retrieval.index.article_index import ArticleIndex
    from training.answers.leave_articles_out import Trial
    from training.evaluation.certificates import Evidence
    from triage.model.bundle import Bundle


@dataclass(frozen=True, slots=True)
class QuotedAnswer:
    """A held-out question, what would be quoted to its customer, and how sure the model is of it."""

    id: str
    """Of the ticket."""
    question: str
    article: str
    title: str
    quote: str
    probability: float
    linked: bool
    """Whether the ticket's link says that the quote answers."""
    language: str | None = None
    """Of the question; None where it is not clear, or in a bundle of an earlier version."""

    @property
    def shown(self) -> str:
        """Return what a person reads who checks it; another quote is another text."""
        return f"{self.question}\n\n── the answer, from “{self.title}” ──\n{self.quote}"


def quoted(
    index: ArticleIndex, trials: Sequence[Trial], test: Evidence, mixed: Sequence[bool]
) -> Iterator[QuotedAnswer]:
    """Yield what held-out questions were answered with, where there was anything.

    Parameters
    ----------
    index
        The articles.
    trials
        The questions.
    test
        Probability of each, and whether it is right by its link.
    mixed
        Which of them were asked without their articles.

    Yields
    ------
    QuotedAnswer
        In the order of the questions.
    """
    for trial, without, probability, right in zip(trials, mixed, test.confidence, test.right, strict=True):
        first = (trial.without if without else trial.as_it_was).first
        if first is None or not probability:
            continue
        yield QuotedAnswer(
            id=trial.id,
            question=trial.question,
            article=first.article.id,
            title=first.article.title,
            quote=compose(trial.question, first, index.section).text,
            probability=float(probability),
            linked=bool(right),
            language=language_of(trial.question),
        )


def write(rows: Sequence[QuotedAnswer]) -> bytes:
    """Write `answered.jsonl`."""
    return b"".join(json.dumps(asdict(row), ensure_ascii=False).encode() + b"\n" for row in rows)


def read(bundle: Bundle) -> list[QuotedAnswer]:
    """Read a bundle's `answered.jsonl`; nothing where it has none."""
    if bundle.manifest.file(ANSWERED) is None:
        return []
    return [QuotedAnswer(**json.loads(line)) for line in bundle.read(ANSWERED).splitlines() if line]
