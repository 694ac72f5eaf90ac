"""How labels change over time: rename, merge, split, retire, add; each at an instant, in an append-only file.

A label is followed through the changes after it was given. What a change does to a label:

    rename x to y        x is y from then on                       nothing is decided otherwise
    merge a, b to c      a and b are c                             c may be one of them
    split a into b, c    no answer, unless a rule tells them apart a may be one of the parts, with a narrower meaning
    retire a [to b]      no answer, or b
    add d                no label becomes d
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from triage.errors import TaxonomyRefused
from triage.taxonomy.change import Change
from triage.taxonomy.heads import Head
from triage.taxonomy.labels import Label, Taxonomy


@dataclass(frozen=True, slots=True)
class Trace:
    """A label's current name (None: unknown), and the changes that led to it, oldest first."""

    label: str | None
    chain: tuple[Change, ...] = ()


Teller = Callable[[Change], str | None]


def _silent(_: Change) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes in order of time, checked for consistency."""

    all: tuple[Change, ...] = ()

    @classmethod
    def of(cls, changes: Iterable[Change], where: Callable[[Change], str] = lambda each: each.sentence) -> Changes:
        """Put changes into order and check each against those before. Raises `TaxonomyRefused`, saying `where`."""
        ordered = tuple(sorted(changes, key=lambda change: change.at))
        for place, change in enumerate(ordered):
            problem = _contradiction(change, ordered[:place])
            if problem:
                raise TaxonomyRefused(f"taxonomy changes, {where(change)}", problem)
        return cls(ordered)

    def trace(self, head: str, label: str, since: datetime | None = None, tell: Teller = _silent) -> Trace:
        """Follow a label to today.

        Parameters
        ----------
        head
            The label's head.
        label
            A label as somebody gave it.
        since
            When it was given. None: a label that lives today is itself, another is followed from where it ended.
        tell
            tell(split): the part that a ticket with this label belongs to, or None.

        Returns
        -------
        Trace
            Applied to its own result it changes nothing.
        """
        start = self._start(head, label, since)
        name, chain = label, []
        for change in self.all[start:]:
            if change.head != head or name not in change.before:
                continue
            chain.append(change)
            part = tell(change) if change.kind == "split" else next(iter(change.after), None)
            if part is None:
                return Trace(None, tuple(chain))
            name = part
        return Trace(name, tuple(chain))

    def now(self, head: str, label: str) -> str | None:
        """Return what a label is today; None where it was split or retired without an answer."""
        return self.trace(head, label).label

    def lives(self, head: str, label: str, after: int | None = None) -> bool:
        """Say whether a label is there after so many changes (by default, all); one that no change names, is."""
        turns = self._turns(head, label)
        passed = [begins for place, begins in turns if after is None or place < after]
        return passed[-1] if passed else not (turns and turns[0][1])

    def back(self, head: str, label: str, *, made: frozenset[str], known: frozenset[str]) -> str:
        """Return the name of today's label for one who speaks an older taxonomy.

        Parameters
        ----------
        head
            The label's head.
        label
            Today's.
        made
            Ids of the changes that the older taxonomy had already.
        known
            Its labels.

        Returns
        -------
        str
            Of a merged label the first old name, of a part what was split; what was added since has no older name.
        """
        name = label
        for place in range(len(self.all) - 1, -1, -1):
            change = self.all[place]
            if change.id in made or change.head != head or name not in change.begins or not change.before:
                continue
            if change.kind != "split" or name not in known:
                name = change.before[0]
        return name

    def apply(self, taxonomy: Taxonomy, *, strict: bool = True) -> Taxonomy:
        """Return the taxonomy after all changes.

        Parameters
        ----------
        taxonomy
            The labels before.
        strict
            Refuse a change that names what is not there; otherwise its results are there in any case.

        Returns
        -------
        Taxonomy
            With a version of its own, unless nothing changed.

        Raises
        ------
        TaxonomyRefused
            A label is unknown, or is there already, or a head would be left without one.
        """
        heads = {head: list(labels) for head, labels in taxonomy.heads.items()}
        for change in self.all:
            own = heads.setdefault(change.head, [])
            if strict:
                _refuse_strange(change, {each.name for each in own})
            heads[change.head] = _applied(change, own)
        kept = {head: tuple(labels) for head, labels in heads.items() if labels or head in taxonomy.heads}
        return Taxonomy(kept, tuple(self._in_order(head) for head in taxonomy.declared))

    def _in_order(self, head: Head) -> Head:
        """Return an ordinal head with the order of today's labels."""
        now = (self.now(head.name, label) for label in head.order)
        return replace(head, order=tuple(dict.fromkeys(label for label in now if label is not None)))

    def living(self, head: str) -> tuple[str, ...]:
        """Return the labels that a change made and that are there today."""
        made = dict.fromkeys(name for change in self.all if change.head == head for name in change.after)
        return tuple(name for name in made if self.lives(head, name))

    def touched(self) -> dict[str, frozenset[str]]:
        """Return each head's labels that a change names."""
        named: dict[str, set[str]] = defaultdict(set)
        for change in self.all:
            named[change.head] |= {*change.before, *change.after}
        return {head: frozenset(labels) for head, labels in named.items()}

    def _turns(self, head: str, label: str) -> list[tuple[int, bool]]:
        """Return the places of the changes at which a label begins (True) or ends (False).

        A split's part may have been there before: that begins it only where it had ended.
        """
        turns: list[tuple[int, bool]] = []
        for place, change in enumerate(self.all):
            if change.head != head or label not in change.begins | change.ends:
                continue
            begins = label in change.begins
            if not (begins and change.kind == "split" and (not turns or turns[-1][1])):
                turns.append((place, begins))
        return turns

    def _start(self, head: str, label: str, since: datetime | None) -> int:
        """Return the place of the first change that can concern a label given then."""
        seen = len(self.all) if since is None else sum(change.at <= since for change in self.all)
        if self.lives(head, label, seen):
            return seen
        turns = self._turns(head, label)
        ended = [place for place, begins in turns if not begins and place < seen]
        return ended[-1] if ended else turns[0][0] + 1  # otherwise given before it began: it means what it began as


def _contradiction(change: Change, earlier: tuple[Change, ...]) -> str | None:
    """Return why a change cannot follow the earlier ones, in words; None where it can."""
    before, head = Changes(earlier), change.head
    for other in earlier:
        if other.at == change.at and other.head == head and (both := _crossing(change, other)):
            return f"another change of the same instant has {min(both)!r} too; say it in one, or at two instants"
    for name in change.before:
        if not before.lives(head, name):
            ended = next(other for other in reversed(earlier) if other.head == head and name in other.ends)
            return f"{name!r} is no more: {ended.sentence}"
    known = before.touched().get(head, frozenset())
    for name in sorted(change.begins) if change.kind != "split" else ():
        if name in known and before.lives(head, name):
            return f"{name!r} is there already; merge into it, or choose another name"
    if change.kind == "retire" and change.after and not before.lives(head, change.after[0]):
        return f"{change.after[0]!r} is no more; retire it to a label that is there"
    return None


def _crossing(one: Change, other: Change) -> set[str]:
    """Return the labels for which it would matter which of two changes comes first."""
    return (set(one.before) & {*other.before, *other.after}) | (set(one.after) & set(other.before))


def _refuse_strange(change: Change, there: set[str]) -> None:
    where = f"taxonomy change of {change.head} ({change.sentence})"
    needed = {*change.before, *(change.after if change.kind == "retire" else ())}
    if strange := sorted(needed - there):
        known = ", ".join(sorted(there)) or "none"
        raise TaxonomyRefused(where, f"{strange[0]!r} is no label of {change.head}; it has: {known}")
    if change.kind != "split" and (taken := sorted(change.begins & there)):
        raise TaxonomyRefused(where, f"{taken[0]!r} is there already; merge into it, or choose another name")


def _applied(change: Change, labels: list[Label]) -> list[Label]:
    """Put the results where the first of the labels before stood, or at the end."""
    old = {each.name: each.description for each in labels}
    place = next((i for i, each in enumerate(labels) if each.name in change.before), len(labels))
    words = next((old[name] for name in change.before if name in old), "") if change.kind in {"rename", "merge"} else ""
    made = [
        Label(name, change.descriptions.get(name, old.get(name, words)))
        for name in change.after
        if change.kind != "retire" and (name in change.before or name not in old)
    ]
    kept = [each for each in labels[:place] if each.name not in change.before]
    return [*kept, *made, *(each for each in labels[place:] if each.name not in change.before)]
