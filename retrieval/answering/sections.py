"""Which section of an article answers a question, and how sure that is."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from retrieval.answering.polarity import agrees, is_opposed, wanted
from retrieval.articles.article import Passage
from retrieval.articles.passages import HEADING_JOINT
from retrieval.index.article_index import ArticleIndex, Fits
from retrieval.index.headings import innermost
from retrieval.index.tokens import words

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


@dataclass(frozen=True, slots=True)
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
        if not np.isfinite(self.weights()).all():
            raise ValueError("a weight of the sections is not a finite number")

    def weights(self) -> np.ndarray:
        """Return the weights in the order of the fields, float64 (n_weights,)."""
        return np.array([getattr(self, each.name) for each in fields(self)], dtype=np.float64)


def ranked(
    index: ArticleIndex, number: int, question: str, fits: Fits, ranker: SectionRanker, vector: np.ndarray
) -> tuple[RankedSection, ...]:
    """Rank the sections of one article.

    Parameters
    ----------
    index
        The knowledge base.
    number
        The article's number in it.
    question
        As asked, cleaned.
    fits
        How well everything fits it.
    ranker
        The weights.
    vector
        The question's encoding, float32 (dim,).

    Returns
    -------
    tuple of RankedSection
        Best first, at most `MOST_SECTIONS`. A section that states the issue comes behind every sibling, and so does a
        lead unless it is nearly certain; their shares stay what they are.
    """
    rows, columns = index.passages_of(number), signals(index, number, question, fits, vector)
    logits = columns @ ranker.weights()
    risen = np.exp(logits - logits.max())
    passages = index.passages[rows.start : rows.stop]
    best: dict[tuple[str, str], int] = {}
    for place in np.argsort(-logits, kind="stable").tolist():
        best.setdefault((passages[place].heading, passages[place].anchor), place)
    mass = sum(float(risen[place]) for place in best.values())
    found = [
        RankedSection(passages[place], float(risen[place]) / mass, *_near(columns[place])) for place in best.values()
    ]
    return tuple(sorted(found, key=is_set_aside)[:MOST_SECTIONS])


def shown(sections: Sequence[RankedSection]) -> Sequence[RankedSection]:
    """Return what a customer is shown of an article's sections, best first: one that is sure, else two."""
    if not sections or sections[0].share >= ONE_SECTION_FROM:
        return sections[:1]
    return [*sections[:1], *(each for each in sections[1:2] if each.share >= SECOND_FROM and not is_set_aside(each))]


def is_set_aside(section: RankedSection) -> bool:
    """Tell whether a section is quoted only where the article has no other."""
    if not section.passage.heading:
        return section.share < CERTAIN_LEAD
    return _STATES_ISSUE.match(innermost(section.passage.heading)) is not None


def signals(index: ArticleIndex, number: int, question: str, fits: Fits, vector: np.ndarray) -> np.ndarray:
    """Return what speaks for each passage of an article, float64 (n_passages_of_it, n_weights).

    `beyond` is what question and passage share at right angles to the title, which all passages share; `own_words` is
    the share of the question's words that are not in the title and that the passage has; `asked` is how near the
    nearest question is that the section is known to answer; `opens_named` is 1 for the section that begins the task
    where the question has no word beyond the title.
    """
    rows = index.passages_of(number)
    titled = float(fits.title_cosine[number])
    cosine = fits.passage_cosine[rows.start : rows.stop].astype(np.float64)
    beyond = set(words(question)) - set(words(index.by_number[number].title))
    passages = index.passages[rows.start : rows.stop]
    asked, fixed = index.asked.by_heading(number, fits.asked_cosine), _structure(passages)
    opens = fixed[:, :1]
    return np.column_stack(
        (
            cosine,
            cosine - titled * index.title_cosines(number),
            index.headings.cosines(vector, rows, titled),
            index.passage_words.covered(beyond, rows),
            opens,
            opens * titled,
            fixed[:, 1:6],
            [asked.get(each.heading, 0.0) for each in passages],
            fixed[:, 6:],
            _ways(question, index.by_number[number].title, passages),
            opens * float(not beyond),
        )
    )


def _ways(question: str, title: str, passages: Sequence[Passage]) -> np.ndarray:
    """Tell for each passage whether it goes the way that a question asks for, and whether the other; (n, 2)."""
    if not any(wanted(question).values()):
        return np.zeros((len(passages), 2))
    rows = [
        (agrees(question, each.heading), is_opposed(question, title, innermost(each.heading), each.text))
        for each in passages
    ]
    return np.array(rows, dtype=np.float64)


def _near(columns: np.ndarray) -> tuple[float, float]:
    return float(columns[0]), float(columns[2])


def _structure(passages: Sequence[Passage]) -> np.ndarray:
    """Describe passages without regard to a question: opens, lead, length, steps, code, table, explains, parent."""
    first = next((passage.heading for passage in passages if passage.heading), None)
    headings = {passage.heading for passage in passages}
    return np.array([_described(passage, first, headings) for passage in passages], dtype=np.float64)


def _described(passage: Passage, first: str | None, headings: set[str]) -> tuple[float, ...]:
    length = max(1, sum(len(block.text) for block in passage.blocks))
    of = {kind: sum(len(each.text) for each in passage.blocks if each.kind == kind) for kind in ("step", "code", "row")}
    above = f"{passage.heading}{HEADING_JOINT}"
    return (
        float(bool(passage.heading) and passage.heading == first),
        float(not passage.heading),
        math.log1p(length) / 7,
        float(of["step"] > 0),
        of["code"] / length,
        of["row"] / length,
        float(bool(passage.heading) and _EXPLAINS.match(innermost(passage.heading)) is not None),
        float(bool(passage.heading) and any(each.startswith(above) for each in headings)),
    )
