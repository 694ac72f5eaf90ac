"""Review the label queue in the terminal: one ticket at a time, one key each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import rich_click as click
from rich.markup import escape
from rich.panel import Panel

from triage.tickets.doubtful_labels import ACCEPT, KEEP
from triage.tickets.fact_values import labels_in
from triage.tickets.label_decisions import Decision, in_words, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from training.progress import Bars
    from triage.tickets.doubtful_labels import Suspect

_KEYS = "y = take it, n = keep the old label, s = skip, q = stop, or type another label"
_LIST_KEYS = "y = take it, n = keep the old list, s = skip, q = stop, or type the labels, with commas between (-: none)"


def ask(suspects: Sequence[Suspect], bars: Bars) -> list[Suspect]:
    """Show each undecided suspect and ask; return them all with what was decided. Stops at q, or where input ends."""
    decided = list(suspects)
    open_ = [i for i, each in enumerate(suspects) if each.decision is None]
    for done, i in enumerate(open_):
        each = suspects[i]
        bars.console.print(_page(each, done, len(open_)))
        try:
            asked = f"{each.head}: {in_words(each.label)} → {in_words(each.proposed)}?"
            answer = click.prompt(asked, default="s", err=True)
        except click.Abort:
            break
        answer = answer.strip()
        if answer == "q":
            break
        if answer == "n":
            decided[i] = replace(each, decision=KEEP)
        elif answer != "s":
            label = each.proposed if answer == "y" else _typed(each, answer)
            decided[i] = replace(each, decision=ACCEPT, proposed=label)
    return decided


def decisions(suspects: Iterable[Suspect], by: str, at: datetime) -> list[Decision]:
    """Turn what was decided into lines for an overlay; what was not decided is left out."""
    return [
        Decision(
            each.id, each.head, each.label, each.proposed if each.decision == ACCEPT else each.label, by, _text(at)
        )
        for each in suspects
        if each.decision in (ACCEPT, KEEP)
    ]


def new_labels(decisions: Iterable[Decision], queue: Iterable[Suspect]) -> dict[str, list[str]]:
    """Return by head the labels that were decided on and that no line of the queue has or proposes."""
    known = {(each.head, label) for each in queue for said in (each.label, each.proposed) for label in labels_in(said)}
    found: dict[str, dict[str, None]] = {}
    for each in decisions:
        own = {label: None for label in labels_in(each.label) if (each.head, label) not in known}
        found[each.head] = found.get(each.head, {}) | own
    return {head: list(labels) for head, labels in found.items() if labels}


def _typed(each: Suspect, answer: str) -> str | tuple[str, ...]:
    if not isinstance(each.proposed, tuple):
        return answer
    return listed(label for part in answer.split(",") if (label := part.strip()) not in {"", "-"})


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _page(each: Suspect, done: int, total: int) -> Panel:
    width = 20
    filled = width * done // max(total, 1)
    keys = _LIST_KEYS if isinstance(each.proposed, tuple) else _KEYS
    lines = [escape(each.text), "", *(f"· {escape(line)}" for line in each.evidence), "", f"[dim]{keys}[/dim]"]
    bar = f"{'█' * filled}{'░' * (width - filled)} {done} of {total}"
    return Panel("\n".join(lines), title=f"{escape(each.id)} · {each.score:.2f}", subtitle=bar)
