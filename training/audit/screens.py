"""The audit in the terminal: one ticket at a time, one key for each head; saved before the next ticket is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from rich.markup import escape
from rich.panel import Panel

from training.audit import agreement, sentences
from training.audit.answers import Answer, Verdict, append, read, text_digest
from training.audit.keyboard import QUIT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from training.audit.answers import Kind
    from training.audit.desk import DeskAudit, HeadQuestion, Question
    from training.audit.keyboard import Keys

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_KEYS = "n neither · c cannot tell · t type another label · s skip · u undo · q stop"
SKIP, UNDO = "s", "u"
_LIST_KEYS = (
    "digits tick · Enter save what is ticked · n none · c cannot tell · t another label · s skip · u undo · q stop"
)
_MOST_LINES = 12
"""Of heads and labels, whose standing is shown above a ticket."""


class Sitting:
    """One person at the screen, from the first ticket until he stops or nothing is left to ask.

    Parameters
    ----------
    desk
        The audit.
    log
        Where the answers are saved.
    labels
        By head the labels that may be typed.
    who
        Who answers.
    now
        The clock.
    """

    def __init__(
        self, desk: DeskAudit, log: Path, labels: Mapping[str, Sequence[str]], who: str, now: Callable[[], datetime]
    ) -> None:
        self.desk, self.log, self.labels, self.who, self.now = desk, log, labels, who, now
        self._mine: list[str] = []
        self._ticked: set[str] = set()

    def run(self, keys: Keys, console: Console) -> int:
        """Ask until the person stops, and return how many tickets were answered."""
        skipped: set[str] = set()
        while True:
            question = self.desk.question(skipped)
            if question is None and skipped:
                console.print("Only tickets that you skipped are left: here they are again (q stops).")
                skipped.clear()
                continue
            if question is None:
                return len(self._mine)
            given = self._ask(question, keys, console)
            if given == QUIT:
                return len(self._mine)
            if given == SKIP:
                skipped.add(question.row.id)
            elif given == UNDO:
                self._undo(console)
            elif isinstance(given, dict):
                self._save(question, given)

    def _ask(self, question: Question, keys: Keys, console: Console) -> dict[str, Verdict] | str:
        """Return a verdict for each head, or what else the person wants."""
        given: list[Verdict] = []
        note = ""
        self._ticked.clear()
        standing = self._standing()
        keys.fresh()
        while len(given) < len(question.heads):
            asked = question.heads[len(given)]
            _show(Shown(question, given, self._ticked), [*standing, self.keys_said(asked), note], console)
            key = keys.key()
            if key == UNDO and given:
                given.pop()
            elif key in {SKIP, UNDO, QUIT}:
                return key
            else:
                verdict, note = self._verdict(asked, key, keys)
                given += [verdict] if verdict else []
        return {each.head: verdict for each, verdict in zip(question.heads, given, strict=True)}

    def keys_said(self, asked: HeadQuestion) -> str:
        """Return the keys that mean something for a head, beside the digits."""
        if asked.several:
            return _LIST_KEYS
        return f"b both fine · {_KEYS}" if len(asked.options) > 1 else _KEYS

    def _verdict(self, asked: HeadQuestion, key: str, keys: Keys) -> tuple[Verdict | None, str]:
        """Return what a key means for a head; None and a note where it means nothing."""
        if asked.several:
            return self._list_verdict(asked, key, keys)
        shown = asked.options
        if key.isdigit() and 1 <= int(key) <= len(shown):
            return Verdict(kind="label", labels=(shown[int(key) - 1],), shown=shown), ""
        if key == "b" and len(shown) > 1:
            return Verdict(kind="both", labels=shown, shown=shown), ""
        if key == "n":
            return Verdict(kind="neither", shown=shown), ""
        if key == "c":
            return Verdict(kind="cannot_tell", shown=shown), ""
        if key != "t":
            return None, f"{key!r} is none of the keys here." if key.strip() else ""
        typed, note = self._typed(asked, keys)
        return (Verdict(kind="label", labels=(typed,), shown=shown) if typed else None), note

    def _list_verdict(self, asked: HeadQuestion, key: str, keys: Keys) -> tuple[Verdict | None, str]:
        """Return what a key means for a multi head: a digit ticks a label, or takes the tick back; Enter saves."""
        shown, ticked, note = asked.options, self._ticked, ""
        if key in {"\r", "\n", "n", "c"}:
            labels = tuple(sorted(ticked)) if key in {"\r", "\n"} else ()
            ticked.clear()
            kind: Kind = "cannot_tell" if key == "c" else "label" if labels else "neither"
            return Verdict(kind=kind, labels=labels, shown=shown), ""
        if key.isdigit() and 1 <= int(key) <= len(shown):
            ticked ^= {shown[int(key) - 1]}
        elif key == "t":
            typed, note = self._typed(asked, keys)
            ticked |= {typed} if typed else set()
        elif key.strip():
            note = f"{key!r} is none of the keys here."
        return None, note

    def _typed(self, asked: HeadQuestion, keys: Keys) -> tuple[str | None, str]:
        """Return a label that is typed; None and a note where there is no such label."""
        known = self.labels.get(asked.head, ())
        typed = keys.words(f"{asked.head}, one of {', '.join(map(_plain, known))} (empty: back): ")
        if not typed:
            return None, ""
        if typed in known:
            return typed, ""
        return None, f"{asked.head} has no label {typed!r}; it has: {', '.join(known)}. If none fits, press n."

    def _standing(self) -> list[str]:
        """Say where each head stands; of many, those first that are still open."""
        statuses = sorted(self.desk.statuses(), key=lambda each: not each.open)
        lines = [sentences.line(each) for each in statuses[:_MOST_LINES]]
        left = len(statuses) - len(lines)
        return [*lines, f"and {left} more"] if left else lines

    def _save(self, question: Question, given: Mapping[str, Verdict]) -> None:
        row = question.row
        at = self.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        answer = Answer(id=row.id, heads=given, who=self.who, at=at, text=text_digest(row.text), repeat=question.repeat)
        append(self.log, [answer])
        self.desk.take(answer)
        self._mine.append(row.id)

    def _undo(self, console: Console) -> None:
        if not self._mine:
            console.print("There is nothing to undo in this sitting.")
            return
        at = self.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        append(self.log, [Answer(id=self._mine.pop(), who=self.who, at=at, undo=True)])
        self.desk.reset(read(self.log))


def end(desk: DeskAudit, console: Console) -> None:
    """Print where every head stands, and how steady the answers are."""
    console.print(sentences.table(desk.statuses()))
    console.print(agreement.in_words(agreement.of_repeats(desk.answers)), markup=False)


def _said(verdict: Verdict) -> str:
    return _plain(", ".join(verdict.labels) or verdict.kind.replace("_", " "))


def _plain(text: str) -> str:
    """Take control characters out: a ticket's text must not steer the terminal."""
    return _CONTROL.sub("�", text.replace("\r\n", "\n"))


class Shown(NamedTuple):
    """What the screen shows: a question, the answers so far, and what is ticked of the list that is asked."""

    question: Question
    given: Sequence[Verdict]
    ticked: Collection[str]


def _show(shown: Shown, said: Sequence[str], console: Console) -> None:
    """Show a ticket, and which head is asked; `said`: where each head stands, the keys, a note on the key before."""
    question, given, ticked = shown
    if console.is_terminal:
        console.clear()
    *standing, keys, note = said
    text = Panel(escape(_plain(question.row.text)), title=escape(_plain(question.row.id)), title_align="left")
    rows = []
    for i, asked in enumerate(question.heads):
        named = [
            f"[b]{n}[/b] {'✓ ' * (asked.several and label in ticked)}{escape(_plain(label))}"
            for n, label in enumerate(asked.options, start=1)
        ]
        named += [f"✓ {escape(_plain(label))}" for label in sorted(set(ticked) - set(asked.options)) if asked.several]
        options = "   ".join(named)
        mark = "→" if i == len(given) else " "
        answer = f"[green]✓ {escape(_said(given[i]))}[/green]" if i < len(given) else options
        rows.append(f"{mark} [b]{asked.head}[/b]: {answer}")
    console.print(*(f"[dim]{escape(line)}[/dim]" for line in standing), text, *rows, f"[dim]{keys}[/dim]", sep="\n")
    if note:
        console.print(f"[red]{escape(note)}[/red]")
