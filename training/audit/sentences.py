"""What the screen says of an audit: how much is certified, how many more tickets it may take, and a table."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from rich.table import Table

from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.audit.desk import HeadStatus

_WIDTH = 16
_BEYOND = 1e6


def name(status: HeadStatus) -> str:
    """Name a head, and its slice where it is divided."""
    slice_ = status.population.ladder.slice
    own = status.population.name
    return f"{own} ({in_words(slice_)})" if slice_ else own


def standing(status: HeadStatus) -> str:
    """Say in a few words what is certified, or about how many more tickets it takes."""
    found, more, alpha = status.certified, status.state.more, status.population.ladder.alpha
    said = []
    if found is not None:
        share = found.n / max(1, status.population.tickets)
        said.append(f"certified at {100 * alpha:g} % for {share:.0%} of the tickets")
    if status.left:
        return f"{status.left} of {len(status.population.rows)} tickets left; the test comes after the last"
    if not status.open:
        said.append("as far as it goes" if found else f"cannot be shown to be under {100 * alpha:g} % on these tickets")
    elif more is not None:
        further = "until the next threshold" if found else "to look at"
        said.append(
            f"about {more[0]} to {more[1]} more {further}" if more[0] < more[1] else f"about {more[1]} more {further}"
        )
    elif not found:
        said.append("nothing certified yet")
    return "; ".join(said)


def bar(status: HeadStatus) -> str:
    """Draw the wealth of the threshold under test, on a logarithmic scale that is full at 1 / delta."""
    if status.certified and not status.open:
        return "█" * _WIDTH
    path, delta = status.state.path, status.population.ladder.delta
    wealth = max(path[-1], 1e-9) if path else 1.0
    filled = round(_WIDTH * min(1.0, max(0.0, log(wealth) / log(1 / delta))))
    return "█" * filled + "░" * (_WIDTH - filled)


def line(status: HeadStatus) -> str:
    """Return one line for a head."""
    return f"{name(status):<24} {bar(status)} {standing(status)}"


def table(statuses: Sequence[HeadStatus]) -> Table:
    """Return the table at the end: by head what was asked, what was wrong, and what is certified."""
    found = Table("head", "asked", "wrong", "wealth (needed)", "applied from", "tickets", "", box=None, pad_edge=False)
    for each in statuses:
        certified = each.certified
        tested = max(each.state.steps, key=lambda step: step.asked, default=None)
        wealth = f"{_short(tested.wealth)} ({1 / each.population.ladder.delta:.0f})" if tested else "–"
        found.add_row(
            name(each),
            str(tested.asked if tested else 0),
            str(tested.wrong if tested else 0),
            wealth,
            f"{certified.threshold:.3f}" if certified else "–",
            f"{certified.n / max(1, each.population.tickets):.0%}" if certified else "–",
            standing(each),
        )
    return found


def _short(wealth: float) -> str:
    """Write a wealth; once every ticket is answered it may be beyond all numbers."""
    return f"{wealth:.3g}" if wealth < _BEYOND else "enough"
