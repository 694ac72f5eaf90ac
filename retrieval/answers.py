"""The reply that a customer reads: spans of an article, word for word, with their source. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from retrieval.articles import Passage
from retrieval.blocks import Block
from retrieval.passages import sentences
from retrieval.ranking import Suggestion
from retrieval.words import words

ANSWER_CHARACTERS: Final = 700
EXCERPT_CHARACTERS: Final = 240


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of an answer stands."""

    article_id: str
    title: str
    url: str | None
    heading: str
    #: Verbatim text of the article, a line for each of its blocks.
    quote: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of quotes; `text` differs from them by the numbers and dots of its lists alone."""

    text: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Clarification:
    """A question back, with the articles that could be meant."""

    question: str
    #: Article ids and titles.
    choices: tuple[tuple[str, str], ...]


def compose(question: str, suggestion: Suggestion) -> Answer:
    """Answer from the best passage of an article.

    Parameters
    ----------
    question
        As asked; it decides which sentences are shown where the passage is long.
    suggestion
        The article and its passage.

    Returns
    -------
    Answer
        A list of steps is shown whole with what introduces it; other text as the neighbouring sentences that share
        most with the question.
    """
    blocks = _chosen(question, suggestion.passage)
    quote = "\n".join(block.text for block in blocks)
    article = suggestion.article
    source = Source(article.id, article.title, linked(suggestion), suggestion.passage.heading, quote)
    return Answer("\n".join(_shown(block) for block in blocks), (source,))


def clarification(suggestions: Sequence[Suggestion]) -> Clarification:
    """Ask which of some articles is meant."""
    return Clarification(
        "Which of these is closest to what you need?",
        tuple((each.article.id, each.article.title) for each in suggestions),
    )


def excerpt(question: str, suggestion: Suggestion, length: int = EXCERPT_CHARACTERS) -> str:
    """Return the part of the best passage that shares most with the question, in whole sentences where they fit."""
    text = " ".join(suggestion.passage.text.split())
    best = _window(question, sentences(text), length)
    return best if len(best) <= length else best[: length - 1].rsplit(" ", 1)[0] + "…"


def linked(suggestion: Suggestion) -> str | None:
    """Return the article's address, at the passage's heading where the address has no fragment of its own."""
    url, anchor = suggestion.article.url, suggestion.passage.anchor
    return f"{url}#{anchor}" if url and anchor and "#" not in url else url


def _chosen(question: str, passage: Passage) -> list[Block]:
    blocks = list(passage.blocks)
    if len(passage.text) <= ANSWER_CHARACTERS or any(block.kind == "step" for block in blocks):
        return blocks
    spans = [_sentence(block, text) for block in blocks for text in _spans(block)]
    start, end = _best_run(question, [span.text for span in spans], ANSWER_CHARACTERS)
    return _joined(spans[start:end])


def _spans(block: Block) -> list[str]:
    return sentences(block.text) if block.kind == "text" else [block.text]


def _sentence(block: Block, text: str) -> Block:
    return Block(block.kind, text, block.level, block.number, block.anchor)


def _joined(spans: list[Block]) -> list[Block]:
    """Neighbouring sentences of running text become one line again."""
    lines: list[Block] = []
    for span in spans:
        if lines and lines[-1].kind == span.kind == "text":
            lines[-1] = _sentence(span, f"{lines[-1].text} {span.text}")
        else:
            lines.append(span)
    return lines


def _window(question: str, spans: list[str], length: int) -> str:
    start, end = _best_run(question, spans, length)
    return " ".join(spans[start:end])


def _best_run(question: str, spans: Sequence[str], length: int) -> tuple[int, int]:
    """Find the run of neighbouring spans within a length that shares most words with the question; earlier on ties."""
    asked = set(words(question))
    shared = [asked & set(words(span)) for span in spans]
    best, chosen = -1.0, (0, min(1, len(spans)))
    for start in range(len(spans)):
        used, covered = 0, set[str]()
        for end in range(start, len(spans)):
            used += len(spans[end]) + 1
            if used > length + 1 and end > start:
                break
            covered |= shared[end]
            # The second term fills the room up with the text that follows, as an answer rarely ends with its cue.
            value = len(covered) + used / (10 * length)
            if value > best:
                best, chosen = value, (start, end + 1)
    return chosen


def _shown(block: Block) -> str:
    indent = "  " * max(block.level - 1, 0)
    if block.kind == "step":
        return f"{indent}{block.number}. {block.text}"
    return f"{indent}- {block.text}" if block.kind == "item" else block.text
