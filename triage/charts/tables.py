"""A chart as a figure: the drawing, and the same values as a table for those who do not see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBERS = "Numbers"


@dataclass(frozen=True, slots=True)
class ValueTable:
    """What a chart shows, in rows; the first cell of each names it."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def figure(drawn: Markup, table: ValueTable) -> Markup:
    """Put a drawing and its table into a `figure`; the table opens on demand."""
    return Markup(
        '<figure class="chart">{}<details class="values"><summary>{}<span class="unseen">: {}</span></summary>'
        '<div class="scroll" tabindex="0" role="group" aria-label="{}">{}</div></details></figure>'
    ).format(drawn, NUMBERS, table.caption, table.caption, html_table(table))


def html_table(table: ValueTable) -> Markup:
    """Write a table."""
    heads = Markup("").join(Markup('<th scope="col">{}</th>').format(each) for each in table.columns)
    cells = Markup('<td class="number">%s</td>') * (len(table.columns) - 1)
    row = Markup('<tr><th scope="row">%s</th>') + cells + Markup("</tr>")  # one template: rows are many
    rows = Markup("").join(row % tuple(each) for each in table.rows)
    return Markup("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        table.caption, heads, rows
    )
