"""The doctor's output in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.data_quality.findings import FEW_SHOT, FITTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.data_quality.doctor import Checkup

_COLOURS = {"fix": "bold red", "look": "yellow", "note": "dim"}
_WIDTH = 30
_SHOWN = 12


def show(checkup: Checkup) -> None:
    """Print labels as bars, findings with what to do, and the first tickets to label next."""
    console = Console(highlight=False)
    console.print(f"[bold]{checkup.tickets} tickets[/bold]")
    for head, counts in checkup.labels.items():
        console.print(_bars(head, counts))
    for finding in checkup.findings:
        colour = _COLOURS[finding.severity]
        console.print(f"[{colour}]{finding.severity:<5}[/{colour}]{escape(finding.sentence)}")
        examples = f" (for example {', '.join(finding.examples)})" if finding.examples else ""
        console.print(f"     [dim]{escape(finding.advice + examples)}[/dim]")
    if not checkup.findings:
        console.print("Nothing wrong was found.")
    if checkup.wanted:
        console.print(f"[bold]Label next[/bold] ({len(checkup.wanted)} tickets, {escape(checkup.wanted[0].why)}):")
        for each in checkup.wanted[:3]:
            console.print(f"     {escape(each.id)}  {escape(' '.join(each.text.split())[:90])}")


def _bars(head: str, counts: Mapping[str, int]) -> Table:
    """Draw a head's labels; one that is too rare for a head, or for a good one, is coloured."""
    table = Table(title=head, title_justify="left", box=None, show_header=False, padding=(0, 1))
    most = max(counts.values())
    for label, n in list(counts.items())[:_SHOWN]:
        colour = "red" if n < FEW_SHOT else "yellow" if n < FITTED else "green"
        table.add_row(escape(label), f"[{colour}]{'█' * max(1, round(_WIDTH * n / most))}[/{colour}]", str(n))
    if len(counts) > _SHOWN:
        table.add_row(f"and {len(counts) - _SHOWN} more", "", str(sum(list(counts.values())[_SHOWN:])))
    return table
