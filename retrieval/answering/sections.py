"""Which section of an article answers a question, and how sure that is."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

import numpy as np

from retrieval.answering.polarity import agrees, is_opposed, wanted
from retrieval.answering.second_view import Asked, heading_cosines
from retrieval.articles.article import Passage
from retrieval.articles.passages import HEADING_JOINT
from retrieval.index.article_index import ArticleIndex
from retrieval.index.fits import Fits
from retrieval.index.headings import innermost
from retrieval.index.known_questions import near
from retrieval.index.tokens import words
from triage.text.short_text_cache import cached_if_short

#: A lead that has this share of the certainty is quoted, although a sibling could be.
CERTAIN_LEAD: Final = 0.5
#: So many sections of an article are kept with a suggestion.
MOST_SECTIONS: Final = 3
#: From this certainty on one section is shown; below it the next one too, if it has at least the other.
ONE_SECTION_FROM: Final = 0.6
SECOND_FROM: Final = 0.1

#: Sections that state the question again, and sections that explain rather than say what to do.
_STATES_ISSUE: Final = re.compile(
    r"(issue|problem|symptom|question|description|affected|fehlerbild|beschreibung|frage|problème|symptôme|problema"
    r"|síntoma|sintoma|pregunta|pergunta|domanda)s?e?n?\b",
    re.IGNORECASE,
)
_EXPLAINS: Final = re.compile(
    r"(what (is|are|does)|about|background|overview|introduction|why|how .+ works?|tips|advanced|other|see also"
    r"|related|additional|more|notes?|examples?|was ist|hintergrund|überblick|einleitung|siehe auch|à propos|aperçu"
    r"|voir aussi|introducción|véase)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RankedSection:
    """A section, by the passage of it that fits best."""

    passage: Passage
    #: How likely it is the one among those of its article, 0 to 1.
    share: float
    #: Cosine similarity of the question and the passage, and of the question and the heading.
    cosine: float
    heading_cosine: float


@dataclass(frozen=True)
class SectionRanker:
    """A weighted sum of what speaks for a passage within its article; the softmax of it is the certainty.

    The defaults were learnt by `training.answers.sections` on the sample's own questions (`datasets/sample`), and on
    nothing else. The last six are set and not learnt, as the sample hardly has such pairs: a section that explains,
    that only opens its subsections or that goes the other way loses against an equal one that answers; and who asks for
    no more than the title is shown the section that begins the task.
    """

    cosine: float = 10.778
    beyond: float = 4.226
    heading: float = 2.149
    own_words: float = 3.653
    opens: float = -0.28
    opens_title: float = 1.45
    lead: float = -0.522
    length: float = 2.381
    steps: float = 0.117
    code: float = 0.347
    table: float = 0.445
    asked: float = 6.0
    explains: float = -1.0
    parent: float = -1.5
    agrees: float = 1.0
    opposed: float = -2.0
    opens_named: float = 2.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.weights).all():
            raise ValueError("a weight of the sections is not a finite number")

    @cached_property
    def weights(self) -> np.ndarray:
        """The weights in the order of the fields, float64 (n_weights,)."""
        return np.array([getattr(self, each.name) for each in fields(self)], dtype=np.float64)


def ranked(
    index: ArticleIndex, numbers: Sequence[int], asked: Asked, fits: Fits, ranker: SectionRanker
) -> list[tuple[RankedSection, ...]]:
    """Rank the sections of some articles, each within its article.

    Parameters
    ----------
    index
        The knowledge base.
    numbers
        The articles' numbers in it.
    asked
        The question.
    fits
        How well everything fits it.
    ranker
        The weights.

    Returns
    -------
    list of tuple of RankedSection
        For each article best first, at most `MOST_SECTIONS`. A section that states the issue comes behind every
        sibling, and so does a lead unless it is nearly certain; their shares stay what they are.
    """
    if not numbers:
        return []
    columns = signals(index, numbers, asked, fits)
    every, cosines = columns @ ranker.weights, columns[:, (0, 2)].tolist()
    of = [index.passages_of(number) for number in numbers]
    lengths = np.array([len(rows) for rows in of])
    ends = np.cumsum(lengths)
    begins = ends - lengths
    risen = np.exp(every - np.repeat(np.maximum.reduceat(every, begins), lengths)).tolist()
    logits = every.tolist()
    return [
        _within(index.passages[rows.start : rows.stop], cosines[begin:end], logits[begin:end], risen[begin:end])
        for rows, begin, end in zip(of, begins.tolist(), ends.tolist(), strict=True)
    ]


def _within(
    passages: Sequence[Passage], cosines: Sequence[Sequence[float]], logits: Sequence[float], risen: Sequence[float]
) -> tuple[RankedSection, ...]:
    best: dict[tuple[str, str], int] = {}
    for place in sorted(range(len(logits)), key=logits.__getitem__, reverse=True):
        best.setdefault((passages[place].heading, passages[place].anchor), place)
    mass = sum(risen[place] for place in best.values())
    first, set_aside = list[RankedSection](), list[RankedSection]()
    for place in best.values():
        section = RankedSection(passages[place], risen[place] / mass, *cosines[place])
        (set_aside if is_set_aside(section) else first).append(section)
        if len(first) == MOST_SECTIONS:
            break
    return (*first, *set_aside)[:MOST_SECTIONS]


def prepare(index: ArticleIndex) -> None:
    """Find out what no question changes of the articles, unless they are too many to be compared with each question."""
    for number in range(0 if index.vectors.is_large else len(index.by_number)):
        _facts(index, number)


def shown(sections: Sequence[RankedSection]) -> Sequence[RankedSection]:
    """Return what a customer is shown of an article's sections, best first: one that is sure, else two."""
    if not sections or sections[0].share >= ONE_SECTION_FROM:
        return sections[:1]
    return [*sections[:1], *(each for each in sections[1:2] if each.share >= SECOND_FROM and not is_set_aside(each))]


def is_set_aside(section: RankedSection) -> bool:
    """Tell whether a section is quoted only where the article has no other."""
    if not section.passage.heading:
        return section.share < CERTAIN_LEAD and not any(each.kind == "step" for each in section.passage.blocks)
    return _states_issue(section.passage.heading)


@cached_if_short(1 << 14, 300)
def _states_issue(heading: str) -> bool:
    return _STATES_ISSUE.match(innermost(heading)) is not None


def signals(index: ArticleIndex, numbers: Sequence[int], asked: Asked, fits: Fits) -> np.ndarray:
    """Return what speaks for each passage of some articles, float64 (n_passages_of_them, n_weights).

    `beyond` is what question and passage share at right angles to the title, which all passages share; `own_words` is
    the share of the question's words that are not in the title and that the passage has; `asked` is how near the
    nearest question is that the section is known to answer; `opens_named` is 1 for the section that begins the task
    where the question has no word beyond the title.
    """
    facts = [_facts(index, number) for number in numbers]
    lengths = np.array([len(each.to_title) for each in facts])
    begins = np.cumsum(lengths) - lengths  # of each article among all these passages
    of = np.repeat(np.arange(len(numbers)), lengths)
    rows = np.arange(len(of)) + (index.starts[np.array(numbers)] - begins)[of]
    titled = fits.title_cosine[np.array(numbers)].astype(np.float64)[of]
    cosine = fits.passage_cosine[rows].astype(np.float64)
    spoken = set(words(asked.question))
    named = np.array([spoken <= each.title_words for each in facts])[of]
    fixed = np.concatenate([each.structure for each in facts])
    opens = fixed[:, 0]
    return np.column_stack(
        (
            cosine,
            cosine - titled * np.concatenate([each.to_title for each in facts]),
            heading_cosines(index, asked, rows, titled),
            index.passage_words.covered(spoken, [each.title_words for each in facts], rows, of),
            opens,
            opens * titled,
            fixed[:, 1:6],
            _asked(index, numbers, facts, begins, fits),
            fixed[:, 6:],
            _ways(index, numbers, asked.question, len(rows)),
            opens * named,
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Facts:
    """What no question changes of an article's passages."""

    #: float64 (n_passages, 8), see `_described`; and how similar they are to the title, float32 (n_passages,).
    structure: np.ndarray
    to_title: np.ndarray
    title_words: frozenset[str]
    #: Which of the questions that it is known to answer, and a passage under that heading, int64 (n_pairs,) each.
    asked: np.ndarray
    answering: np.ndarray


def _facts(index: ArticleIndex, number: int) -> _Facts:
    article = index.by_number[number]
    known = index.facts.get(article.id)
    if isinstance(known, _Facts):
        return known
    rows = index.passages_of(number)
    passages = index.passages[rows.start : rows.stop]
    headings = [index.asked.headings[row] for row in index.asked.of(number)]
    pairs = [(at, row) for at, of in enumerate(headings) for row, each in enumerate(passages) if each.heading == of]
    asked, answering = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    title = frozenset(words(article.title))
    found = _Facts(_structure(passages), index.title_cosines(number), title, asked, answering)
    index.facts[article.id] = found
    return found


def _asked(
    index: ArticleIndex, numbers: Sequence[int], facts: Sequence[_Facts], begins: np.ndarray, fits: Fits
) -> np.ndarray:
    """Return how near the nearest known question of each passage's section is, 0 to 1, float64 (n_passages,)."""
    nearest = np.zeros(int(begins[-1]) + len(facts[-1].to_title))
    firsts = np.searchsorted(index.asked.numbers, numbers).tolist()
    asked = np.concatenate([each.asked + first for each, first in zip(facts, firsts, strict=True)])
    answering = np.concatenate([each.answering + begin for each, begin in zip(facts, begins.tolist(), strict=True)])
    np.maximum.at(nearest, answering, near(fits.asked_cosine[asked]))
    return nearest


def _ways(index: ArticleIndex, numbers: Sequence[int], question: str, n_rows: int) -> np.ndarray:
    """Tell for each passage whether it goes the way that a question asks for, and whether the other; (n_rows, 2)."""
    asked = wanted(question)  # once: of a long question nothing is cached
    if not any(asked.values()):
        return np.zeros((n_rows, 2))
    return np.array(
        [
            (agrees(asked, each.heading), is_opposed(asked, title, innermost(each.heading), each.text))
            for number in numbers
            for title in [index.by_number[number].title]
            for each in (index.passages[row] for row in index.passages_of(number))
        ],
        dtype=np.float64,
    )


def _structure(passages: Sequence[Passage]) -> np.ndarray:
    """Describe passages without regard to a question: opens, lead, length, steps, code, table, explains, parent.

    A lead with numbered steps opens the task, and is no introduction.
    """
    acts = any(not each.heading and any(block.kind == "step" for block in each.blocks) for each in passages)
    first = "" if acts else next((passage.heading for passage in passages if passage.heading), None)
    headings = {passage.heading for passage in passages}
    return np.array([_described(passage, first, headings) for passage in passages], dtype=np.float64)


def _described(passage: Passage, first: str | None, headings: set[str]) -> tuple[float, ...]:
    length = max(1, sum(len(block.text) for block in passage.blocks))
    of = {kind: sum(len(each.text) for each in passage.blocks if each.kind == kind) for kind in ("step", "code", "row")}
    above = f"{passage.heading}{HEADING_JOINT}"
    return (
        float(passage.heading == first),
        float(not passage.heading and first != ""),
        math.log1p(length) / 7,
        float(of["step"] > 0),
        of["code"] / length,
        of["row"] / length,
        float(bool(passage.heading) and _EXPLAINS.match(innermost(passage.heading)) is not None),
        float(bool(passage.heading) and any(each.startswith(above) for each in headings)),
    )
