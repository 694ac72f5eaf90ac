"""Columns of an export that look like labels and that no head declares, and heads that no column is of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.taxonomy.heads import PRIORITY, SHIPPED, can_be_declared
from triage.tickets.closed_ticket import heads_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from triage.taxonomy.heads import Head
    from triage.tickets.closed_ticket import ClosedTicket

MOST = 200
_LONGEST, _FEWEST_ROWS = 60, 10
_WORDS = str | int


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """A column with few different values, most of them many times."""

    name: str
    labels: int
    rows: int

    @property
    def sentence(self) -> str:
        """What to write so that it is learnt."""
        head = self.name if can_be_declared(self.name) else "NAME"
        named = "" if head == self.name else f', and in the mapping under [columns] NAME = "{self.name}"'
        return (
            f"Column {self.name} looks like labels ({self.labels} values on {self.rows} tickets), and no head declares "
            f'it. To learn it, write into taxonomy.toml: [[heads]] name = "{head}"{named}'
        )


class UndeclaredColumns:
    """Counts the values of columns that are not read."""

    def __init__(self) -> None:
        self._values: dict[str, set[str] | None] = {}
        self._rows: Counter[str] = Counter()
        self._filled: Counter[str] = Counter()

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows have each of the columns."""
        return self._rows

    def add(self, name: str, value: object) -> None:
        """Take a value of a column."""
        self._rows[name] += 1
        found = self._values.setdefault(name, set())
        if found is None or value is None or value == "":
            return
        self._filled[name] += 1
        if not isinstance(value, _WORDS) or len(str(value)) > _LONGEST or len(found) > MOST:
            self._values[name] = None
        else:
            found.add(str(value))

    def like_labels(self) -> tuple[LabelColumn, ...]:
        """Return those that look like labels: at least two values, and ten rows with one a value."""
        found = [(name, len(values)) for name, values in self._values.items() if values]
        return tuple(
            LabelColumn(name, n, self._filled[name])
            for name, n in found
            if 1 < n <= MOST and self._filled[name] >= _FEWEST_ROWS * n
        )


def without_labels(tickets: Sequence[ClosedTicket], heads: Sequence[Head]) -> list[str]:
    """Say of each head that the desk declared itself and that no ticket has a label of how to name its column."""
    if tuple(heads) == SHIPPED or not tickets:
        return []
    found = {*heads_of(tickets), *(head for ticket in tickets for head in ticket.label_sets)}
    return [
        f"{head.name}: the taxonomy declares it, and no ticket has a label of it. If its column has another name, "
        f'write into the mapping (--mapping): [columns] {(head.levels or (head.name,))[0]} = "…"'
        for head in heads
        if head.name not in found and head.name != PRIORITY
    ]
