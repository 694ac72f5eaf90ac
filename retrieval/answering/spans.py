"""Choose which spans of an article to quote: whole lists of steps, whole table rows, neighbouring sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from retrieval.articles.article import Passage
from retrieval.articles.blocks import Block
from retrieval.articles.passages import sentences
from retrieval.index.tokens import words
from triage.text.short_text_cache import cached_if_short

ANSWER_CHARACTERS: Final = 700
#: A list of steps is shown whole up to here; what a reader sees of a longer one ends between two steps.
STEPS_CHARACTERS: Final = 4_000


def chosen(question: str, passage: Passage, section: Sequence[Passage] = ()) -> list[Block]:
    """Choose the blocks of an answer.

    Parameters
    ----------
    question
        As asked; it decides which sentences are shown where the passage is long.
    passage
        The one that fits best.
    section
        The passages under its heading, itself among them, in order: steps that were divided come together again.

    Returns
    -------
    list of Block
        In reading order; the text of each is verbatim.
    """
    blocks = list(passage.blocks)
    if any(block.kind == "step" for block in blocks):
        return _whole_steps(blocks, *_around(passage, section))
    if len(passage.text) <= ANSWER_CHARACTERS:
        return blocks
    spans = [replace(block, text=text) for block in blocks for text in _spans(block)]
    start, end = best_run(question, [span.text for span in spans], ANSWER_CHARACTERS)
    return [*_head(spans, start), *_joined(spans[start:end])]


def highlight(question: str, blocks: Sequence[Block]) -> str:
    """Return the sentence, step, item or row that shares most words with the question; the first on ties."""
    asked = set(words(question))
    spans = [text for block in blocks if block.kind != "code" for text in _spans(block)]
    return max(spans, key=lambda span: len(asked & _words_of(span)), default=blocks[0].text if blocks else "")


def best_run(question: str, spans: Sequence[str], length: int) -> tuple[int, int]:
    """Find the run of neighbouring spans within a length that shares most words with the question; earlier on ties."""
    asked = set(words(question))
    shared = [asked & _words_of(span) for span in spans]
    best, run = -1.0, (0, min(1, len(spans)))
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
                best, run = value, (start, end + 1)
    return run


@cached_if_short(1 << 12, 400)
def _words_of(span: str) -> frozenset[str]:
    """Remember the words of an article's sentences, which every question meets again."""
    return frozenset(words(span))


def _spans(block: Block) -> list[str]:
    return sentences(block.text) if block.kind == "text" else [block.text]


def _head(spans: Sequence[Block], start: int) -> list[Block]:
    """Rows are read under the head of their table."""
    if not spans or spans[start].kind != "row" or spans[start].level:
        return []
    above = next((row for row in reversed(range(start)) if spans[row].kind != "row" or spans[row].level), None)
    return [spans[above]] if above is not None and spans[above].kind == "row" else []


def _joined(spans: list[Block]) -> list[Block]:
    """Neighbouring sentences of running text become one line again."""
    lines: list[Block] = []
    for span in spans:
        if lines and lines[-1].kind == span.kind == "text":
            lines[-1] = replace(span, text=f"{lines[-1].text} {span.text}")
        else:
            lines.append(span)
    return lines


def _around(passage: Passage, section: Sequence[Passage]) -> tuple[list[Block], list[Block]]:
    before = [block for each in section if each.position < passage.position for block in each.blocks]
    after = [block for each in section if each.position > passage.position for block in each.blocks]
    return before, after


def _whole_steps(blocks: list[Block], before: list[Block], after: list[Block]) -> list[Block]:
    """Complete the first and the last list of steps by what comes before and after."""
    level = min(block.level for block in blocks if block.kind == "step")
    steps = [block for block in blocks if block.kind == "step" and block.level == level]
    room = STEPS_CHARACTERS - sum(len(block.text) for block in blocks)
    earlier = _steps_to(steps[0].number, before, level, opens_list=steps[0] is blocks[0])
    room -= sum(len(block.text) for block in earlier)
    return [*(earlier if room > 0 else []), *blocks, *_steps_from(steps[-1].number, after, level, room)]


def _steps_to(number: int, before: list[Block], level: int, *, opens_list: bool) -> list[Block]:
    """Return the blocks from the first step of a list on, with the line that introduces it; none if it is not there."""
    if number == 1:
        return before[-1:] if opens_list and before and before[-1].kind in ("text", "item") else []
    for place in reversed(range(len(before))):
        block = before[place]
        if block.kind == "step" and block.level < level:
            break
        if block.kind == "step" and block.level == level:
            if block.number != number - 1:
                return []
            number = block.number
            if number == 1:
                introduced = place > 0 and before[place - 1].kind == "text"
                return before[place - introduced :]
    return []


def _steps_from(number: int, after: list[Block], level: int, room: int) -> list[Block]:
    """Return the blocks up to the last step of a list that still fits."""
    end, used = 0, 0
    for place, block in enumerate(after):
        used += len(block.text)
        if used > room or (block.kind == "step" and block.level < level):
            break
        if block.kind == "step" and block.level == level:
            if block.number != number + 1:
                break
            number = block.number
        if block.kind == "step":
            end = place + 1
    return after[:end]
