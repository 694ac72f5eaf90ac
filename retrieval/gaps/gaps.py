"""Knowledge-base gaps: groups of questions without a good answer, classified and weighted by cost.

A question is answered well if its answer was shown and neither the customer nor the closed ticket says otherwise. The
others are assigned to the article that was shown without success or that closed tickets link. Questions without such an
article are grouped by their text and their resolutions.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from retrieval.gaps.clusters import WORD_DIM, clusters, to_unit, unit, word_vectors
from retrieval.gaps.gap_kinds import Kind, Lack, Ruling, judge, nearest
from retrieval.gaps.outlines import Outline, outline
from retrieval.gaps.replays import Replay
from retrieval.index.article_index import ArticleIndex
from retrieval.index.tokens import words
from triage.text.redaction import redact

#: What likeness is made of: meaning and words of the question, meaning and words of the resolution. With the two
#: numbers below chosen on the earlier half of a real desk's questions; docs/gaps.md says what the later half gave.
PARTS: Final = (0.35, 0.15, 0.35, 0.15)
ALIKE: Final = 0.30
#: A group is not missing an article where more than this share of the questions around it was solved by one.
COVERED: Final = 0.4
#: Groups compared with everything at once.
AT_ONCE: Final = 256
#: So many texts show half of what a desk's texts have in common.
SURE: Final = 50
#: Fewer questions are no gap.
LEAST: Final = 3
EXAMPLES: Final = 3
TELLING: Final = 5
LINE: Final = 160
MONTH: Final = 30.44

_SURFACE = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, eq=False)
class QuestionSet:
    """Questions with their encodings."""

    replays: Sequence[Replay]
    #: float32 (n, dim): of the questions; of what solved them, zeros where that is not known.
    asked: np.ndarray
    told: np.ndarray


@dataclass(frozen=True, slots=True)
class Window:
    """The period that is analysed."""

    since: datetime
    until: datetime

    @property
    def months(self) -> float:
        """Its length; no less than a day."""
        return max((self.until - self.since).total_seconds() / 86_400, 1.0) / MONTH


@dataclass(frozen=True, slots=True)
class Gap:
    """One group of questions that the knowledge base does not answer well."""

    kind: Kind
    label: str
    title: str
    evidence: str
    #: Its questions' ids, the nearest to their middle first.
    ids: tuple[str, ...]
    #: The article that it is about, unless one is missing; and one that tickets name and that is not there.
    article_id: str | None
    named: str | None
    #: Share of all the questions; questions of the first half of the window and of the second.
    share: float
    earlier: int
    later: int
    #: What an article that answers would save in a month.
    saves_a_month: float
    examples: tuple[str, ...]
    nearest: tuple[tuple[str, float], ...]
    outline: Outline


@dataclass(frozen=True, slots=True)
class Gaps:
    """All of it: `n` questions, of which `answered` were answered well and `scattered` belong to no group."""

    n: int
    answered: int
    scattered: int
    found: tuple[Gap, ...]


def find(material: QuestionSet, index: ArticleIndex, window: Window, *, least: int = LEAST) -> Gaps:
    """Find what is lacking.

    Parameters
    ----------
    material
        The questions of the window.
    index
        The knowledge base as it is.
    window
        What volumes, trends and money refer to.
    least
        Smallest group.

    Returns
    -------
    Gaps
        What costs most first, then the largest.
    """
    replays = material.replays
    fates = [each.fate(index.articles) for each in replays]
    solvers = [next((each for each in replay.solved_by if each in index.articles), None) for replay in replays]
    groups = _groups(material, fates, solvers, least)
    kept = {key: rows for key, rows in groups.items() if len(rows) >= least}
    telling = TellingWords([each.text for each in replays])
    found = [_gap(material, rows, key, index, _Frame(window, telling)) for key, rows in kept.items()]
    found.sort(key=lambda each: (-each.saves_a_month, -len(each.ids), each.ids))
    answered = sum(fate == "answered" for fate, _ in fates)
    held = sum(len(rows) for rows in kept.values())
    return Gaps(len(replays), answered, len(replays) - answered - held, tuple(found))


def likeness(material: QuestionSet) -> np.ndarray:
    """Describe each question by meaning and words, its own and those of what solved it; float32 (n, n_columns)."""
    replays, dim = material.replays, material.asked.shape[1]
    edges = np.cumsum([0, dim, WORD_DIM, dim, WORD_DIM]).tolist()
    described = np.empty((len(replays), edges[-1]), dtype=np.float32)  # one array: a copy is tens of megabytes
    of_question, words_of_question, of_told, words_of_told = (
        described[:, start:end] for start, end in itertools.pairwise(edges)
    )
    of_question[:] = _apart(material.asked)
    words_of_question[:] = word_vectors([each.text for each in replays])
    of_told[:] = _apart(material.told)
    words_of_told[:] = word_vectors([each.resolution or "" for each in replays])
    for part, weight in zip((of_question, words_of_question, of_told, words_of_told), PARTS, strict=True):
        np.multiply(part, np.float32(weight**0.5), out=part)
    return to_unit(described)


def _apart(vectors: np.ndarray) -> np.ndarray:
    """Take out what all texts of a desk have in common, the more surely the more there are; zeros stay zeros."""
    known = np.asarray(vectors.any(axis=1))
    common = vectors.sum(axis=0) / (known.sum() + SURE)
    found = np.zeros(vectors.shape, dtype=np.float32)
    np.subtract(vectors, common, out=found, where=known.reshape(-1, 1), casting="same_kind")
    return to_unit(found)


#: A group's key: what to call it, by the article that it belongs to, by one that is not there, or by a number.
_Key = tuple[str, str]


def _groups(
    material: QuestionSet, fates: Sequence[tuple[str, str | None]], solvers: Sequence[str | None], least: int
) -> Mapping[_Key, list[int]]:
    groups: dict[_Key, list[int]] = {}
    open_rows = []
    for row, (fate, article) in enumerate(fates):
        if fate == "open" and article is None:
            open_rows.append(row)
        elif fate != "answered":
            groups.setdefault(("gone" if fate == "open" else "article", str(article)), []).append(row)
    if not open_rows:
        return groups
    seen = likeness(material)
    large = [each for each in clusters(seen, ALIKE, np.array(open_rows)) if len(each) >= least]
    for number, solver in enumerate(_solvers_around(seen, large, solvers)):
        key = ("open", str(number)) if solver is None else ("article", solver)
        groups.setdefault(key, []).extend(large[number].tolist())
    return groups


def _solvers_around(
    seen: np.ndarray, groups: Sequence[np.ndarray], solvers: Sequence[str | None]
) -> Iterator[str | None]:
    """Yield for each group the article that solves what is asked around it; None where none does."""
    centres = unit(np.array([seen[rows].mean(axis=0) for rows in groups]).reshape(len(groups), seen.shape[1]))
    for start in range(0, len(groups), AT_ONCE):
        for near in centres[start : start + AT_ONCE] @ seen.T >= ALIKE:
            around = np.flatnonzero(near).tolist()
            found = Counter(solver for row in around if (solver := solvers[row]) is not None)
            yield found.most_common(1)[0][0] if found.total() > COVERED * len(around) else None


class TellingWords:
    """Which words tell a group of questions from the rest."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.of = [frozenset(words(each)) for each in texts]
        self._spread = Counter(word for each in self.of for word in each)

    def label(self, rows: Sequence[int], texts: Sequence[str]) -> str:
        """Name the words that most of the group and few others use, as they are most often written."""
        return ", ".join(written_as(self.ranked(rows)[:TELLING], texts))

    def ranked(self, rows: Sequence[int]) -> list[str]:
        """Return the words of a group, those that most of it and few others use first."""
        inside = Counter(word for row in rows for word in self.of[row])
        total = len(self.of)

        def telling(word: str) -> float:
            share = inside[word] / len(rows)
            return share**2 * (1 + float(np.log((1 + total) / self._spread[word])))

        return sorted((word for word in inside if word.isalpha()), key=lambda word: (-telling(word), word))


def written_as(stems: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return words as they are most often written in some texts; those that are not there are left out."""
    return [*surfaces(stems, texts).values()]


def surfaces(stems: Sequence[str], texts: Sequence[str]) -> dict[str, str]:
    """Return for each word how it is most often written in some texts; those that are not there are left out."""
    surface = {stem: Counter[str]() for stem in stems}
    for form in (form for text in texts for form in _SURFACE.findall(text.lower())):
        for word in words(form):
            if word in surface:
                surface[word][form] += 1
    return {stem: max(forms, key=lambda each: (forms[each], each)) for stem, forms in surface.items() if forms}


@dataclass(frozen=True)
class _Frame:
    window: Window
    words: TellingWords


def _gap(material: QuestionSet, rows: Sequence[int], key: _Key, index: ArticleIndex, frame: _Frame) -> Gap:
    order = _from_the_middle(material.asked, rows)
    replays = [material.replays[row] for row in order]
    texts = [redact(each.text).text for each in replays]
    lines = list(dict.fromkeys(_first_line(text) for text in texts))
    ruling = _ruling(material, order, key, index)
    middle = frame.window.since + (frame.window.until - frame.window.since) / 2
    later = sum(each.at is not None and each.at >= middle for each in replays)
    return Gap(
        kind=ruling.kind,
        label=frame.words.label(order, texts),
        title=lines[0],
        evidence=ruling.evidence,
        ids=tuple(each.id for each in replays),
        article_id=key[1] if key[0] == "article" else None,
        named=key[1] if key[0] == "gone" else None,
        share=len(rows) / len(material.replays),
        earlier=len(rows) - later,
        later=later,
        saves_a_month=sum(each.saves for each in replays) / frame.window.months,
        examples=tuple(lines[:EXAMPLES]),
        nearest=tuple(nearest(replays, index.articles)),
        outline=outline(lines[0], lines[1 : 1 + EXAMPLES], replays),
    )


def _ruling(material: QuestionSet, rows: Sequence[int], key: _Key, index: ArticleIndex) -> Ruling:
    replays = [material.replays[row] for row in rows]
    if key[0] == "article":
        return judge(Lack(index.articles[key[1]], replays, material.told[list(rows)]), index)
    told = sum(each.resolution is not None for each in replays)
    solved = f"{told} of them were solved in an agent's own words" if told else "nobody has solved one yet"
    if key[0] == "gone":
        return Ruling("missing", f"Closed tickets name {key[1]!r}, which is not in the knowledge base; {solved}.")
    best = max((shown.score for each in replays for shown in each.shown[:1]), default=0.0)
    return Ruling("missing", f"No article answers any of {len(replays)} questions (best score {best:.2f}); {solved}.")


def _from_the_middle(vectors: np.ndarray, rows: Sequence[int]) -> list[int]:
    chosen = vectors[list(rows)]
    near = chosen @ chosen.mean(axis=0)
    return [
        rows[number] for number in sorted(range(len(rows)), key=lambda number: (-float(near[number]), rows[number]))
    ]


def _first_line(text: str) -> str:
    line = next((each.strip() for each in text.splitlines() if each.strip()), "")
    return line if len(line) <= LINE else line[:LINE].rsplit(" ", 1)[0] + "…"
