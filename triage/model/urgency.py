"""The urgency floor: what makes a ticket urgent whatever its priority head says. It raises and never lowers.

A priority is raised by a phrase of the desk's lexicon, by an emergency that the critical head finds, or by a
probability of P0 or P1 at or above the cutoff that training set. In doubt the floor raises: an agent lowers a priority
in a second, but an outage that waits as a question costs hours. Every ticket is searched for phrases of all languages,
because tickets mix them.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

from triage.errors import UrgencyRefused
from triage.model.assessment import Assessment, Floor, Guess
from triage.model.critical import IN_WORDS, Emergency
from triage.model.phrase_context import KINDS, Context, Patterns
from triage.model.phrase_matching import Guard, Part, Phrase, Vocabulary, folded, parts, run_together, words_of
from triage.model.phrase_matching import read as read_words
from triage.reading.bounded_tables import text_of, toml_tables
from triage.reason_codes import RAISED_BY
from triage.taxonomy.labels import PRIORITIES
from triage.text.shortening import shortened

HEAD = "priority"
URGENT = PRIORITIES[:2]
ANY_LANGUAGE = "any"
_PHRASE_LENGTH = 60  # characters of a phrase in a reason
_GUARDS = ("negations", "between", "named", "barriers", "saying")
_GROUPS, _DOUBTS = "groups", ("unless", "relapse")


@dataclass(frozen=True, slots=True)
class Alarm:
    """The reason why a ticket is at least as urgent as `priority`."""

    priority: str
    by: Floor
    reason: str


@dataclass(frozen=True)
class UrgencyPhrases:
    """Phrases of all languages that make a ticket urgent."""

    phrases: tuple[tuple[str, Phrase], ...]
    """With the priority that each raises to; the most urgent first."""
    version: str
    context: Context = field(default_factory=Context)

    def find(self, text: str) -> Alarm | None:
        """Return the most urgent phrase of a text's first 4,000 characters; None where it has none."""
        plain = folded(text)
        known = self._vocabulary.meant
        there = {each for word in words_of(plain) for each in known(word)}
        possible = sorted({i for word in there for i in self._by_word.get(word, ())})
        possible = [i for i in possible if self.phrases[i][1].could_stand_in(there)]
        if not possible:
            return None
        setting = self.context.read(read_words(plain))
        found = setting.text
        meant = [known(word) for word in found.words]
        places: dict[str, list[int]] = {}
        for place, words in enumerate(meant):
            for word in words:
                places.setdefault(word, []).append(place)
        for priority, phrase in (self.phrases[i] for i in possible):
            starts = (place for word in phrase.parts[0].words for place in places.get(word, ()))
            if any(phrase.stands_at(found, meant, place) and not setting.takes_back(place) for place in starts):
                return Alarm(priority, "lexicon", _says(phrase.text, self.version))
        return None

    def find_in(self, pieces: Sequence[str]) -> Alarm | None:
        """Return the most urgent phrase of a text in pieces; see `find`."""
        found = [why for why in map(self.find, pieces) if why is not None]
        return min(found, key=lambda why: why.priority, default=None)

    def is_settled(self, pieces: Sequence[str]) -> bool:
        """Say whether a text in pieces says that it needs nothing more; a probability alone then raises nothing."""
        return any(self.context.is_settled(read_words(folded(piece))) for piece in pieces)

    @cached_property
    def _by_word(self) -> Mapping[str, Sequence[int]]:
        """Return phrases by the words of their most telling part: the longest, for the short ones stand everywhere."""
        telling: dict[str, list[int]] = {}
        for i, (_, phrase) in enumerate(self.phrases):
            for word in max(phrase.parts, key=lambda part: min(map(len, part.words), default=0)).words:
                telling.setdefault(word, []).append(i)
        return telling

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        own = (word for _, phrase in self.phrases for part in phrase.parts for word in part.words)
        return Vocabulary(frozenset(own) | self.context.words)  # what the context knows is no slip of a phrase's word


def parse(text: str) -> UrgencyPhrases:
    """Read a lexicon.

    Parameters
    ----------
    text
        The whole file; `triage/policies/urgency.toml` explains its tables.

    Returns
    -------
    The lexicon, its version a digest of what it says.

    Raises
    ------
    UrgencyRefused
        With the table and the phrase that cannot be used.
    """
    try:
        tables = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise UrgencyRefused("the file", f"it is no TOML: {problem}") from None
    lists = {name: _lists(name, table) for name, table in tables.items()}
    guards = {name: _guard(found) for name, found in lists.items() if name != ANY_LANGUAGE}
    guards[ANY_LANGUAGE] = Guard(
        *(frozenset(word for each in guards.values() for word in getattr(each, kind)) for kind in _GUARDS)
    )
    phrases = [
        (priority, phrase)
        for priority in URGENT
        for name, found in lists.items()
        for written in found.get(priority, ())
        for phrase in _phrases(name, written, guards[name], tables[name].get(_GROUPS, {}))
    ]
    patterns = {
        kind: Patterns.of(
            _parts(name, written, tables[name].get(_GROUPS, {}))
            for name, found in lists.items()
            for written in found.get(kind, ())
        )
        for kind in KINDS
    }
    doubts = (frozenset(folded(word) for found in lists.values() for word in found.get(kind, ())) for kind in _DOUBTS)
    digest = hashlib.sha256(json.dumps(tables, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return UrgencyPhrases(tuple(phrases), digest[:12], Context(patterns, *doubts))


def read(path: Path) -> UrgencyPhrases:
    """Read a lexicon file."""
    return parse(text_of(path))


@cache
def default() -> UrgencyPhrases:
    """Return the lexicon that comes with Firstline; it is read once, because nobody can change it."""
    return parse(resources.files("triage").joinpath("policies/urgency.toml").read_text(encoding="utf-8"))


def probability(by_label: Mapping[str, float]) -> float:
    """Return how likely a ticket is urgent by its head: P(P0) + P(P1)."""
    return sum(by_label.get(label, 0.0) for label in URGENT)


def by_emergency(found: Emergency | None) -> Alarm | None:
    """Return the alarm of an emergency that the critical head found: P1, as only a phrase can tell that all are hit."""
    if found is None:
        return None
    kind = IN_WORDS.get(found.kind, found.kind)
    return Alarm(URGENT[1], "emergency", f"it reports {kind}, with probability {found.probability:.2f}")


def alarm(by_text: Alarm | None, by_label: Mapping[str, float], cut: float | None) -> Alarm | None:
    """Join both floors: the more urgent one, and of equals the phrase, since a person can read it.

    Parameters
    ----------
    by_text
        What the lexicon or the critical head found.
    by_label
        The head's probability of each label; empty where there is no head.
    cut
        Where the head's urgency raises; None where training could not set it.

    Returns
    -------
    Alarm or None
        None when neither floor speaks.
    """
    urgent = probability(by_label)
    if by_text is not None or cut is None or not by_label or urgent < cut:
        return by_text
    reason = f"{URGENT[0]} or {URGENT[1]} has probability {urgent:.2f}, at or above the cutoff of {cut:.2f}"
    likeliest = max(by_label, key=by_label.__getitem__)
    return Alarm(PRIORITIES[one_up(PRIORITIES.index(likeliest))], "cut", reason)


def one_up(step: int) -> int:
    """Return how far a probability alone raises a priority: by one level, and never beyond P1. 0 is P0."""
    return max(1, step - 1)


def raised(assessment: Assessment | None, why: Alarm | None, by_label: Mapping[str, float]) -> Assessment | None:
    """Return a priority that is at least as urgent as the alarm says.

    Parameters
    ----------
    assessment
        What the head says, if there is a head.
    why
        The alarm; None leaves everything as it is.
    by_label
        The head's probability of each label; empty where there is no head.

    Returns
    -------
    Assessment or None
        The one given when it is as urgent already; a suggestion of this very priority names the floor, which stands
        for it, too. A raised one is a suggestion, never applied by itself: a
        certificate speaks of the label that the head chose and of no other. Its confidence is the probability that
        the ticket is at least so urgent, 0 without a head.
    """
    if why is None or (assessment is not None and _as_urgent(assessment.label, why.priority)):
        return _confirmed(assessment, why)
    before = assessment.label if assessment is not None else None
    reason = f"{f'Raised from {before}' if before else 'Raised'} to {why.priority}: {why.reason}."
    sure = sum(by_label.get(label, 0.0) for label in PRIORITIES if label <= why.priority)
    if assessment is None:
        code = RAISED_BY[why.by]
        return Assessment(why.priority, sure, "suggest", (), reason, code, rung="described", raised_by=why.by)
    own = (Guess(before, assessment.confidence),) if before else ()
    others = tuple(guess for guess in (*own, *assessment.alternatives) if guess.label != why.priority)
    most = max(len(assessment.alternatives), 1)
    return replace(
        assessment,
        label=why.priority,
        confidence=min(sure, 1.0),
        mode="suggest",
        alternatives=others[:most],
        reason=reason,
        reason_code=RAISED_BY[why.by],
        certificate=None,
        raised_by=why.by,
    )


def _says(phrase: str, version: str) -> str:
    return f'the text says "{shortened(phrase, _PHRASE_LENGTH)}" (urgency lexicon {version})'


def _confirmed(assessment: Assessment | None, why: Alarm | None) -> Assessment | None:
    if assessment is None or why is None or why.by == "cut" or assessment.mode != "suggest":
        return assessment
    if assessment.label != why.priority:
        return assessment
    reason = f"The model says {why.priority}, and {why.reason}."
    return replace(assessment, reason=reason, reason_code=RAISED_BY[why.by], raised_by=why.by)


def _as_urgent(label: str | None, priority: str) -> bool:
    return label in PRIORITIES and PRIORITIES.index(label) <= PRIORITIES.index(priority)


def _lists(name: str, table: object) -> Mapping[str, Sequence[str]]:
    known = URGENT if name == ANY_LANGUAGE else (*URGENT, *_GUARDS, *KINDS, *_DOUBTS, _GROUPS)
    if not isinstance(table, dict) or not set(table) <= set(known):
        raise UrgencyRefused(f"table [{name}]", f"it holds {', '.join(known)} and nothing else")
    groups = table.get(_GROUPS, {})
    if not isinstance(groups, dict):
        raise UrgencyRefused(f"table [{name}], {_GROUPS}", "write a table of lists")
    for key, listed in (*((key, listed) for key, listed in table.items() if key != _GROUPS), *groups.items()):
        if not isinstance(listed, list) or not all(isinstance(each, str) and each.strip() for each in listed):
            raise UrgencyRefused(f"table [{name}], {key}", "write a list of texts, none of them empty")
    return {key: listed for key, listed in table.items() if key != _GROUPS}


def _guard(found: Mapping[str, Sequence[str]]) -> Guard:
    return Guard(*(frozenset(folded(word) for word in found.get(kind, ())) for kind in _GUARDS))


def _parts(name: str, written: str, groups: Mapping[str, Sequence[str]]) -> tuple[Part, ...]:
    try:
        return parts(written, groups)
    except ValueError as problem:
        raise UrgencyRefused(f"table [{name}], phrase {written!r}", str(problem)) from None


def _phrases(name: str, written: str, guard: Guard, groups: Mapping[str, Sequence[str]]) -> list[Phrase]:
    found = _parts(name, written, groups)
    together = run_together(found)
    return [Phrase(written, each, guard) for each in ((found, together) if together else (found,))]
