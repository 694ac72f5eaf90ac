"""Find tickets by the labels of any head: how a row keeps them, and what asks for one."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from serving.errors import FieldError, InvalidRequest, NotKnown
from serving.storage.tables import tickets
from triage.taxonomy.heads import can_be_declared
from triage.tickets.fact_values import Said, Tag

MOST_FILTERS = 10
_LONGEST = 250


def column_of(tags: Mapping[str, Tag]) -> str | None:
    """Return the labels of a ticket as its row keeps them, a line each; None without any."""
    lines = [f"{head}={label}" for head, tag in sorted(tags.items()) for label in _labels(tag.said)]
    return "\n" + "\n".join(lines) + "\n" if lines else None


def has(head: str, label: str) -> sa.ColumnElement[bool]:
    """Ask for the tickets that have a label, or one below it in a tree."""
    line = f"\n{head}={_plain(label)}"
    found = (tickets.c.labels.contains(line + end, autoescape=True) for end in ("\n", "/"))
    return sa.or_(*found)


def read_filters(given: list[str], heads: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Read `head=label` of a request.

    Raises `InvalidRequest`: one is not written so, or there are too many. Raises `NotKnown`: the desk has no such head.
    """
    pairs = tuple((head, label) for head, _, label in (each.partition("=") for each in given))
    wrong = any(not label or len(label) > _LONGEST or not can_be_declared(head) for head, label in pairs)
    if wrong or len(pairs) > MOST_FILTERS:
        said = f"Write head=label, such as label=topics=refund; {MOST_FILTERS} times at most."
        raise InvalidRequest([FieldError("label", said)])
    if strange := [head for head, _ in pairs if head not in heads]:
        raise NotKnown([FieldError("label", f"There is no head {strange[0]!r}: the heads are {', '.join(heads)}.")])
    return pairs


def _labels(said: Said) -> tuple[str, ...]:
    labels = said if isinstance(said, tuple) else (said,)
    return tuple(_plain(each) for each in labels if each)


def _plain(label: str) -> str:
    return " ".join(label.replace("\0", "").split())
