"""The answer that a customer reads: spans of an article, word for word, with their source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from retrieval.answering.ranking import Suggestion
from retrieval.answering.spans import best_run, chosen, highlight
from retrieval.articles.article import Passage
from retrieval.articles.blocks import Block
from retrieval.articles.passages import sentences

EXCERPT_CHARACTERS: Final = 240


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a part of an answer."""

    article_id: str
    title: str
    url: str | None
    heading: str
    #: Verbatim text of the article, a line for each of its blocks.
    quote: str
    #: The part of the quote, verbatim, that shares most with the question.
    highlight: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of quotes; `text` differs from them only in the numbers and bullets of lists."""

    text: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Clarification:
    """A question back to the customer, with the articles that could be meant."""

    question: str
    #: Article ids and titles.
    choices: tuple[tuple[str, str], ...]


def compose(question: str, suggestion: Suggestion, section: Sequence[Passage] = ()) -> Answer:
    """Answer from the best passage of an article.

    Parameters
    ----------
    question
        As asked; it decides which sentences are shown where the passage is long.
    suggestion
        The article and its passage.
    section
        The passages under the same heading, in order: steps that were divided among them are shown whole.

    Returns
    -------
    Answer
        A list of steps is shown whole with what introduces it; other text as the neighbouring sentences that share
        most with the question.
    """
    blocks = chosen(question, suggestion.passage, section)
    quote = "\n".join(block.text for block in blocks)
    article = suggestion.article
    best = highlight(question, blocks)
    source = Source(article.id, article.title, linked(suggestion), suggestion.passage.heading, quote, best)
    return Answer("\n".join(_shown(block) for block in blocks), (source,))


def clarification(suggestions: Sequence[Suggestion]) -> Clarification:
    """Ask which of some articles is meant."""
    return Clarification(
        "Which of these is closest to what you need?",
        tuple((each.article.id, each.article.title) for each in suggestions),
    )


def excerpt(question: str, suggestion: Suggestion) -> str:
    """Return the part of the best passage that shares most with the question, in whole sentences where they fit."""
    text = " ".join(suggestion.passage.text.split())
    best = _window(question, sentences(text), EXCERPT_CHARACTERS)
    return best if len(best) <= EXCERPT_CHARACTERS else best[: EXCERPT_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def linked(suggestion: Suggestion) -> str | None:
    """Return the article's address, at the passage's heading where the address has no fragment of its own."""
    url, anchor = suggestion.article.url, suggestion.passage.anchor
    return f"{url}#{anchor}" if url and anchor and "#" not in url else url


def _window(question: str, spans: list[str], length: int) -> str:
    start, end = best_run(question, spans, length)
    return " ".join(spans[start:end])


def _shown(block: Block) -> str:
    indent = "  " * max(block.level - 1, 0)
    if block.kind == "step":
        return f"{indent}{block.number}. {block.text}"
    return f"{indent}- {block.text}" if block.kind == "item" else block.text
