"""The answer that a customer reads: spans of an article, word for word, with their source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from retrieval.answering.ranking import Suggestion
from retrieval.answering.sections import shown
from retrieval.answering.spans import best_run, chosen, highlight
from retrieval.articles.article import Article, Passage
from retrieval.articles.blocks import Block
from retrieval.articles.passages import sentences
from retrieval.index.headings import innermost
from triage.text.short_text_cache import cached_if_short

#: Passage to the passages of its section.
SectionOf = Callable[[Passage], Sequence[Passage]]

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
    """A reply of quotes; `text` differs from them by the numbers and dots of its lists, and by headings over two."""

    text: str
    sources: tuple[Source, ...]
    #: For each source the steps of its ordered list, in order; empty where it is none.
    steps: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class OfferedArticle:
    """An article that is offered to be read: it is about the question, and no part of it is claimed to answer."""

    id: str
    title: str
    url: str | None
    #: What it is about, verbatim: its summary, else how it begins; None where it has neither.
    summary: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """An article, or a section of one, that could be meant."""

    article_id: str
    #: Its title, and the heading of a section; whoever asks it gets its answer.
    label: str
    #: Where it can be read.
    url: str | None


@dataclass(frozen=True, slots=True)
class Clarification:
    """A question back to the customer, with what could be meant."""

    question: str
    choices: tuple[Choice, ...]
    #: The one article that is meant, where only its section is not sure; the choices are its sections then.
    article: OfferedArticle | None = None


def compose(question: str, suggestion: Suggestion, section_of: SectionOf | None = None) -> Answer:
    """Answer from the best section of an article, or from the best two where the first is not sure.

    Parameters
    ----------
    question
        As asked; it decides which sentences are shown where a passage is long.
    suggestion
        The article and its sections.
    section_of
        Returns the passages under the same heading as one, in order: steps that were divided are shown whole.

    Returns
    -------
    Answer
        A list of steps is shown whole with what introduces it; other text as the neighbouring sentences that share
        most with the question. Two sections stand under their headings.
    """
    passages = [each.passage for each in shown(suggestion.sections)] or [suggestion.passage]
    blocks = [chosen(question, each, section_of(each) if section_of else ()) for each in passages]
    sources = tuple(
        _source(question, suggestion.article, passage, of) for passage, of in zip(passages, blocks, strict=True)
    )
    texts = ["\n".join(_shown(block) for block in of) for of in blocks]
    if len(texts) > 1:
        headings = [innermost(each.heading) or suggestion.article.title for each in passages]
        texts = [f"{heading}\n{text}" for heading, text in zip(headings, texts, strict=True)]
    steps = tuple(tuple(block.text for block in of if block.kind == "step") for of in blocks)
    return Answer("\n\n".join(texts), sources, steps)


def _source(question: str, article: Article, passage: Passage, blocks: Sequence[Block]) -> Source:
    quote = "\n".join(block.text for block in blocks)
    url = _address(article, passage)
    return Source(article.id, article.title, url, passage.heading, quote, highlight(question, blocks))


def section_label(title: str, passage: Passage) -> str:
    """Name a section so that a customer can choose it."""
    heading = innermost(passage.heading)
    return f"{title}: {heading}" if heading else title


def article_offered(suggestion: Suggestion, opening: Passage | None) -> Clarification:
    """Offer an article to be read, and ask which of its sections is meant.

    Parameters
    ----------
    suggestion
        The article and its best sections.
    opening
        What stands before its first heading; None where nothing does.

    Returns
    -------
    Clarification
        With a choice for each section, the likeliest first.
    """
    article, found = suggestion.article, dict[str, Choice]()
    for each in suggestion.sections:
        label = section_label(article.title, each.passage)
        found.setdefault(label, Choice(article.id, label, _address(article, each.passage)))
    summary = article.summary or (_opening(opening.text) if opening else None)
    offered = OfferedArticle(article.id, article.title, article.url, summary)
    return Clarification("This article is about it. Which part do you need?", tuple(found.values()), offered)


def _opening(text: str) -> str | None:
    """Return how a text begins, in whole sentences where they fit."""
    said = ""
    for sentence in _sentences(text):
        if said and len(said) + len(sentence) >= EXCERPT_CHARACTERS:
            break
        said = f"{said} {sentence}".strip()
    return _shortened(said) or None


def clarification(suggestions: Sequence[Suggestion]) -> Clarification:
    """Ask which of some articles is meant."""
    return Clarification(
        "Which of these is closest to what you need?",
        tuple(Choice(each.article.id, each.article.title, each.article.url) for each in suggestions),
    )


def excerpt(question: str, suggestion: Suggestion) -> str:
    """Return the part of the best passage that shares most with the question, in whole sentences where they fit."""
    best = _window(question, _sentences(suggestion.passage.text), EXCERPT_CHARACTERS)
    return _shortened(best)


def _shortened(text: str) -> str:
    return text if len(text) <= EXCERPT_CHARACTERS else text[: EXCERPT_CHARACTERS - 1].rsplit(" ", 1)[0] + "…"


def linked(suggestion: Suggestion) -> str | None:
    """Return the article's address, at the passage's heading where the address has no fragment of its own."""
    return _address(suggestion.article, suggestion.passage)


def _address(article: Article, passage: Passage) -> str | None:
    url, anchor = article.url, passage.anchor
    return f"{url}#{anchor}" if url and anchor and "#" not in url else url


@cached_if_short(1 << 10, 2_000)
def _sentences(passage: str) -> Sequence[str]:
    """Remember the sentences of a passage, each on one line."""
    return sentences(" ".join(passage.split()))


def _window(question: str, spans: Sequence[str], length: int) -> str:
    start, end = best_run(question, spans, length)
    return " ".join(spans[start:end])


def _shown(block: Block) -> str:
    indent = "  " * max(block.level - 1, 0)
    if block.kind == "step":
        return f"{indent}{block.number}. {block.text}"
    return f"{indent}- {block.text}" if block.kind == "item" else block.text
