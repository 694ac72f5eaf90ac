"""A draft for an article: sentences from closed tickets' resolutions, word for word, with their sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from retrieval.articles.passages import sentences
from retrieval.gaps.replays import Replay
from retrieval.index.tokens import words
from triage.text.redaction import redact

#: Resolutions that are compared, sentences of one that are read, and how long a sentence may be.
READ: Final = 60
SENTENCES: Final = 30
#: Characters of one that are read, in whole lines: room for its sentences even where only every second is kept.
CHARACTERS: Final = 24_000
LONGEST: Final = 400
SHORTEST_WORDS: Final = 4
#: Two sentences say the same from this share of common words on.
SAME: Final = 0.5
#: Sentences and lists in a draft.
KEPT: Final = 6
CONTENT: Final = 4.0  # a mark from which on a customer was content

_STEP = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+\S")


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence or step, its ticket, and how many others agree."""

    text: str
    source: str
    agreeing: int
    step: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """A draft for an article; nothing in it is made up, so it may be short."""

    title: str
    #: How customers put it.
    asked: tuple[str, ...]
    steps: tuple[Line, ...]
    facts: tuple[Line, ...]
    #: Tickets whose resolutions were read.
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    line: Line
    words: frozenset[str]
    number: int  # of its resolution


def outline(title: str, asked: Sequence[str], replays: Sequence[Replay]) -> Outline:
    """Draft an article.

    Parameters
    ----------
    title
        As a customer asks it.
    asked
        More ways to ask it.
    replays
        The questions, nearest to the middle of their group first; only those with a resolution teach.

    Returns
    -------
    Outline
        Steps stay a list, that of the ticket whose steps most others share; sentences are those most tickets agree
        on, each once. Personal data is taken out.
    """
    solved = [each for each in replays if each.resolution][:READ]
    solved.sort(key=lambda each: each.csat is not None and each.csat < CONTENT)  # the discontent last
    told = [each for number, replay in enumerate(solved) for each in _told(number, replay)]
    weighed = [(_agreement(each, told), each) for each in told]
    return Outline(
        title=title,
        asked=tuple(asked),
        steps=_steps(weighed),
        facts=_facts(weighed),
        sources=tuple(each.ticket_id or each.id for each in solved),
    )


def _told(number: int, replay: Replay) -> list[_Told]:
    source, found = replay.ticket_id or replay.id, []
    for line in redact(_beginning(replay.resolution or "")).text.splitlines():
        step = bool(_STEP.match(line))
        for text in [line] if step else sentences(line):
            kept = " ".join(text.split())
            said = frozenset(words(kept))
            if (step or len(said) >= SHORTEST_WORDS) and 0 < len(kept) <= LONGEST and said:
                found.append(_Told(Line(kept, source, 0, step=step), said, number))
    return found[:SENTENCES]


def _beginning(text: str) -> str:
    """Cut after a line, so that no sentence is quoted by half and no address escapes the redaction by half."""
    return text if len(text) <= CHARACTERS else text[: text.rfind("\n", 0, CHARACTERS) + 1]


def _agreement(one: _Told, every: Sequence[_Told]) -> int:
    """Count the other tickets that say the same."""
    return len({each.number for each in every if each.number != one.number and _same(one.words, each.words)})


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SAME * len(one | other)


def _facts(weighed: Sequence[tuple[int, _Told]]) -> tuple[Line, ...]:
    best = sorted((each for each in weighed if not each[1].line.step), key=lambda each: (-each[0], each[1].number))
    chosen: list[tuple[int, _Told]] = []
    for agreeing, each in best:
        if len(chosen) < KEPT and not any(_same(each.words, other.words) for _, other in chosen):
            chosen.append((agreeing, each))
    return tuple(_line(*each) for each in chosen)


def _steps(weighed: Sequence[tuple[int, _Told]]) -> tuple[Line, ...]:
    """Keep one ticket's list whole: steps of different tickets together are no procedure."""
    lists: dict[int, list[tuple[int, _Told]]] = {}
    for agreeing, each in weighed:
        if each.line.step:
            lists.setdefault(each.number, []).append((agreeing, each))
    whole = [each for each in lists.values() if len(each) > 1]
    best = max(whole, key=lambda each: (sum(agreeing for agreeing, _ in each) / len(each), len(each)), default=[])
    return tuple(_line(*each) for each in best)


def _line(agreeing: int, told: _Told) -> Line:
    return Line(told.line.text, told.line.source, agreeing, step=told.line.step)
