"""Declared fields in requests and answers, and typing mistakes in their names by RapidFuzz."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from triage.fields import declaration
from triage.fields.declaration import TicketFields
from triage.fields.rules import FieldRule
from triage.reading.bounded_tables import text_of
from triage.tickets.fact_values import FieldValue

Source = Literal["subject", "description", "reply", "form", "person"]
Problem = Literal["format", "checksum", "range", "future"]


class FieldOut(Struct, kw_only=True):
    """A value of a declared field.

    `start` and `end` count characters (Unicode code points) of the `source` as it was sent: `text[start:end]` is
    `as_written`. A value of a reply, of a form or of a person has none. `problem` says why a value is not `valid`.
    """

    name: str
    value: str  # a date in ISO 8601, an amount as `1234.56 EUR`, a name of a dictionary in its own spelling
    valid: bool
    problem: Problem | None
    source: Source
    start: int | None
    end: int | None
    as_written: str


class MissingOut(Struct, kw_only=True):
    """A field that a ticket like this should have, and what its form calls it."""

    name: str
    label: str  # in the customer's language


def read(path: Path, heads: Sequence[str] = ()) -> TicketFields:
    """Read the fields of a desk, which may be asked for by labels of its heads.

    Raises `FieldsRefused`: a field cannot be used.
    """
    return declaration.parse(text_of(path), nearest, heads)


def default() -> TicketFields:
    """Return the fields that come with Firstline."""
    return declaration.default(nearest)


def nearest(written: str, names: Sequence[str], least: float) -> int | None:
    """Return which name is the nearest to a word, by letters left out, added, changed or swapped."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found = process.extractOne(written, names, scorer=OSA.normalized_similarity, score_cutoff=least)
    return None if found is None else int(found[2])


def fields_out(values: Iterable[FieldValue]) -> list[FieldOut]:
    """Return values as every answer shows them."""
    return [
        FieldOut(
            name=each.name,
            value=each.value,
            valid=each.problem is None,
            problem=each.problem,  # type: ignore[arg-type]
            source=each.source,  # type: ignore[arg-type]
            start=each.start,
            end=each.end,
            as_written=each.as_written,
        )
        for each in values
    ]


def stored_only(fields: TicketFields, shown: Sequence[FieldOut]) -> list[FieldOut]:
    """Return the values that may be kept."""
    kept = {rule.name for rule in fields.rules if rule.store}
    return [each for each in shown if each.name in kept]


def missing_out(rules: Iterable[FieldRule], language: str | None) -> list[MissingOut]:
    """Return fields as a form asks for them."""
    return [MissingOut(name=rule.name, label=rule.label(language)) for rule in rules]
